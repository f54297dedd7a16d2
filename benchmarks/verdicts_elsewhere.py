"""How often the verdict is right on translations and forecasts where it is known what an answer rests on.

    python benchmarks/verdicts_elsewhere.py pairs [--model recurrent|transformer] [--updates 2000] [--cases 200]
    python benchmarks/verdicts_elsewhere.py series [--scaling none] [--cases 200]

- pairs: words of 8 to 16 random letters and their reversal, one model; each letter of an answer rests on one of the
  input. Judged are unseen words that come out right.
- series: copies of one of four covariates at one lag, as in `planted_evidence.py`, a model for each; judged is the
  forecast from the last window.

As in `verdicts.py`, the verdict should be "supported" on the model's own attention, and "not supported" where the same
answer comes with attention that is uniform, or permuted.
"""

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable

import torch
from planted_evidence import COVARIATES, plant, trained
from torch import Tensor

from sightline import Translator
from sightline.models.forecast import Window
from sightline.results import Verdict
from sightline.tasks.forecast.believing import believe as believe_forecast
from sightline.tasks.forecast.explaining import used
from sightline.tasks.translate import RecurrentConfig, TrainingConfig, TransformerConfig
from sightline.tasks.translate.believing import believe as believe_answer

MODELS = {
    "recurrent": RecurrentConfig(width=128, embedding_width=64, input_feeding=False, dropout=0.0),
    "transformer": TransformerConfig(
        width=64, heads=4, hidden=128, encoder_layers=2, decoder_layers=2, dropout=0.0, positions="rotary"
    ),
}

# The attention, `[T, S]`, to the verdict on it.
Judge = Callable[[Tensor], Verdict | None]


def pairs(model: str, updates: int, cases: int) -> Iterable[tuple[Judge, Tensor]]:
    """Of each answer how it is judged, and its own attention."""
    chance = random.Random(1)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(8, 16))) for _ in range(12000)]
    training = TrainingConfig(updates=updates, learning_rate=0.003, schedule="cosine", patience=None)
    translator = Translator(model=MODELS[model], tokenizer="char", training=training)
    translator.fit([(word, word[::-1]) for word in words[cases:]], say=print)
    network, source, target = translator.parts
    results = translator.explain(words[:cases], verdict=False)
    right = [result for result in results if result.text == result.source[::-1]]
    print(f"{len(right)} of {cases} answers right")
    for result in right:
        (ids,), (answer,) = source.encode_batch([result.source]), target.encode_batch([result.text])
        cross = torch.from_numpy(result.attention["cross"].mean().weights)
        yield lambda weights, ids=ids, answer=answer: believe_answer(network, ids, answer, weights), cross


def series(scaling: str, cases: int) -> Iterable[tuple[Judge, Tensor]]:
    """Likewise."""
    for seed in range(cases):
        torch.manual_seed(seed)
        found = plant(seed, 1)
        network = trained(found, heads=8, scaling=scaling).eval()
        last = Window(*(part[-1:] for part in found.window))
        with torch.inference_mode():
            own = used(network, network(last, need_weights=True))[0]
        yield (
            lambda weights, network=network, last=last, shape=own.shape: believe_forecast(
                network, last, weights.view(shape), [1] * COVARIATES
            ),
            own.flatten(1),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["pairs", "series"])
    parser.add_argument("--model", default="recurrent", choices=list(MODELS))
    parser.add_argument("--updates", type=int, default=2000)
    parser.add_argument("--scaling", default="none")
    parser.add_argument("--cases", type=int, default=200)
    options = parser.parse_args()
    if options.what == "pairs":
        cases = pairs(options.model, options.updates, options.cases)
    else:
        cases = series(options.scaling, options.cases)
    generator = torch.Generator().manual_seed(1)
    kinds = {"its own": Counter[str](), "uniform": Counter[str](), "permuted": Counter[str]()}
    seconds, judged = 0.0, 0
    for judge, own in cases:
        orders = torch.rand(own.shape, generator=generator).argsort(-1)
        changed = (own, torch.full_like(own, 1 / own.shape[-1]), own.gather(-1, orders))
        begin = time.perf_counter()
        for name, weights in zip(kinds, changed, strict=True):
            found = judge(weights)
            kinds[name][found.kind if found else "nothing"] += 1
        seconds, judged = seconds + time.perf_counter() - begin, judged + 1
    for name, counted in kinds.items():
        print(f"{name}: {', '.join(f'{kind} {n / judged:.1%}' for kind, n in counted.most_common())}")
    print(f"{judged} cases, {seconds / judged / len(kinds):.2f} s each")


if __name__ == "__main__":
    main()
