"""`sightline evaluate`."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from sightline.cli.pairs import Pairs
from sightline.cli.reading import load_translator
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
    instead = "how good its forecasts are, sightline forecast says, or cross_validation in Python"
    model = load_translator(folder, settings, threads, instead)
    given = read_pairs(pairs.files())
    tokenised = sum(pair.target.endswith(" .") for pair in given)
    if "bleu" in (metrics or METRICS) and bleu_tokenize != "none" and 2 * tokenised > len(given):
        print(
            f"note: {tokenised:,} of {len(given):,} references end in ' .' and look tokenised: published BLEU of "
            "tokenised text is that of --bleu-tokenize none",
            file=sys.stderr,
        )
    inputs = len({pair.source for pair in given})
    scores = model.evaluate(given, metrics or list(METRICS), bleu_tokenize=bleu_tokenize)
    if as_json:
        figures = {name: {"value": s.value, "signature": s.signature} for name, s in scores.items()}
        print(json.dumps({"inputs": inputs, "references": len(given), **figures}, indent=2))
        return
    print(f"{inputs:,} inputs, {len(given):,} references")
    for score in scores.values():
        print(f"{score.name:<12} {score.value:8.4f}   {score.signature}")
