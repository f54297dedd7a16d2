"""The pictures of docs/attention.md: one answer's attention under every mechanism, each trained on the demo's dates.

    make demo                                                    # writes the phrases
    python benchmarks/atlas.py demo-output/data docs/atlas [--only NAME ...]

Prints for each the share of right answers among unseen dates: a picture of a model that has not learned would say
nothing of its mechanism.
"""

import argparse
import re
from pathlib import Path

import torch

from sightline import Translator
from sightline.data import read_tsv
from sightline.tasks.translate import (
    RecurrentConfig,
    TokenizerConfig,
    TrainingConfig,
    TransformerConfig,
    TranslateConfig,
)

PHRASE = "Mar 29, 2011"
DATE = re.compile(r"\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)")
SCORES = ("additive", "concat", "dot", "scaled_dot", "bilinear", "cosine", "location")
OPTIONS: dict[str, dict[str, object]] = {
    **{name: {"attention": name} for name in SCORES},
    **{name: {"attention": "bilinear", "selection": name} for name in ("sparsemax", "entmax15", "local_m", "local_p")},
    "monotonic": {"selection": "monotonic", "decoder": "bahdanau"},
    **{name: {"selection": "argmax", "estimator": name} for name in ("gumbel", "reinforce", "marginal")},
    "coverage": {"coverage": True},
    "pointer": {"pointer": True, "shared_embeddings": True},
}


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
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", nargs="*", default=[*OPTIONS, "multihead"])
    parser.add_argument("--updates", type=int, default=500)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    train, valid, test = (
        [tuple(pair) for pair in read_tsv(arguments.data / f"{part}.tsv", 1, 2) if DATE.search(pair.source)]
        for part in ("train", "valid", "test")
    )
    for name in arguments.only:
        translator = Translator.from_config(configuration(name, arguments.updates)).fit(train, valid)
        exact = translator.evaluate(test, ["exact_match"])["exact_match"].value
        answer = translator.predict([PHRASE])[0]
        answer.plot(arguments.out / f"{name}.png", words=False)
        print(f"{name}: {exact:.3f} right, {PHRASE!r} -> {answer.text!r}", flush=True)


if __name__ == "__main__":
    main()
