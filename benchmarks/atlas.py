"""The pictures of docs/attention.md: one answer's attention under every mechanism, each trained on the same dates.

    python benchmarks/atlas.py docs/atlas [--only NAME ...] [--updates 600]

The dates are English and Italian by CLDR's medium form, "Mar 29, 2011" and "29 mar 2011", character by character.
Prints for each mechanism the share of right answers among unseen dates: a picture of a model that has not learned would
say nothing of its mechanism.
"""

import argparse
import random
from datetime import date, timedelta
from pathlib import Path

import torch
from babel.dates import format_date

from sightline import Translator
from sightline.attention import ESTIMATORS, SCORES
from sightline.tasks.translate import (
    RecurrentConfig,
    TokenizerConfig,
    TrainingConfig,
    TransformerConfig,
    TranslateConfig,
)

SHOWN = date(2011, 3, 29)
OPTIONS: dict[str, dict[str, object]] = {
    **{name: {"attention": name} for name in SCORES},
    **{name: {"attention": "bilinear", "selection": name} for name in ("sparsemax", "entmax15", "local_m", "local_p")},
    "monotonic": {"selection": "monotonic", "decoder": "bahdanau"},
    **{name: {"selection": "argmax", "estimator": name} for name in ESTIMATORS},
    "coverage": {"coverage": True},
    "pointer": {"pointer": True, "shared_embeddings": True},
}


def pair(day: date) -> tuple[str, str]:
    return format_date(day, "medium", "en_US"), format_date(day, "medium", "it_IT")


def pairs() -> tuple[list[tuple[str, str]], list[tuple[str, str]], list[tuple[str, str]]]:
    """To train on, to validate and to test, the same each time; the date that is shown is in none of them."""
    days = [date(1900, 1, 1) + timedelta(days) for days in range(73000)]
    random.Random(1).shuffle(days)
    chosen = [pair(day) for day in days if day != SHOWN]
    return chosen[:8000], chosen[8000:8200], chosen[8200:8700]


def configuration(name: str, updates: int) -> TranslateConfig:
    """All alike but for the mechanism."""
    if name == "multihead":
        model = TransformerConfig(width=64, heads=4, hidden=128, encoder_layers=2, decoder_layers=1, dropout=0.1)
    else:
        sizes = {"decoder": "luong", "input_feeding": False, "embedding_width": 64, "width": 128, "dropout": 0.1}
        model = RecurrentConfig.model_validate({**sizes, **OPTIONS[name]})
    exact = name in ("marginal", "pointer")
    return TranslateConfig(
        source_tokenizer=TokenizerConfig(kind="char"),
        shared_vocabulary=True,
        model=model,
        training=TrainingConfig(
            updates=updates,
            batch_tokens=1024,
            optimizer="muon",
            learning_rate=0.004,
            schedule="cosine",
            label_smoothing=0.0 if exact else 0.05,
            validate_every=updates,
            metric="exact_match",
        ),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", nargs="*", default=[*OPTIONS, "multihead"])
    parser.add_argument("--updates", type=int, default=600)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    train, valid, test = pairs()
    phrase, _ = pair(SHOWN)
    for name in arguments.only:
        translator = Translator.from_config(configuration(name, arguments.updates)).fit(train, valid)
        exact = translator.evaluate(test, ["exact_match"])["exact_match"].value
        answer = translator.predict([phrase])[0]
        answer.plot(arguments.out / f"{name}.png", words=False)
        print(f"{name}: {exact:.3f} right, {phrase!r} -> {answer.text!r}", flush=True)


if __name__ == "__main__":
    main()
