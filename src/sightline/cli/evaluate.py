"""`sightline evaluate`."""

import json
from collections.abc import Sequence
from pathlib import Path

from sightline.cli.reading import load_with
from sightline.cli.train import Pairs
from sightline.metrics import METRICS
from sightline.tasks.translate import read_pairs

__all__ = ["run_evaluate"]


def run_evaluate(
    folder: Path,
    pairs: Pairs,
    metrics: Sequence[str] | None,
    bleu_tokenize: str,
    settings: Sequence[str],
    as_json: bool,
    threads: int | None,
) -> None:
    """Translate and score; every figure comes with its signature."""
    model = load_with(folder, settings, threads)
    scores = model.evaluate(read_pairs(pairs.files()), metrics or list(METRICS), bleu_tokenize=bleu_tokenize)
    if as_json:
        print(json.dumps({name: {"value": s.value, "signature": s.signature} for name, s in scores.items()}, indent=2))
        return
    for score in scores.values():
        print(f"{score.name:<12} {score.value:8.4f}   {score.signature}")
