"""`sightline evaluate`."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sightline.cli.documents import judged, judgement_lines, name_columns, picture_judgement
from sightline.cli.pairs import Pairs
from sightline.cli.reading import with_decoding
from sightline.cli.series import error_lines
from sightline.cli.series_pictures import picture_backtest, picture_errors
from sightline.data.counting import count
from sightline.errors import ConfigError
from sightline.files import make_folder
from sightline.metrics import METRICS
from sightline.tasks.classify import Classifier
from sightline.tasks.forecast import Forecaster
from sightline.tasks.loading import load
from sightline.tasks.translate import Translator, read_pairs
from sightline.training import set_threads

__all__ = ["Asked", "run_evaluate"]


class Asked(NamedTuple):
    """What a model is to be judged by: of its task there is more or less to ask.

    Attributes:
        pairs: of texts; of a table of series its file alone.
        metrics: names of those of translations; None for all.
        bleu_tokenize: sacrebleu's tokenizer.
        decoding: options of the search for an answer.
        level: of intervals, in per cent.
        as_json: whether to answer in JSON.
        output: a folder for pictures of the figures.
        folds: of a cross-validation of classifiers like this one.
        text: column of documents, in place of that in training.
        label: of their labels, likewise.
    """

    pairs: Pairs
    metrics: Sequence[str] | None
    bleu_tokenize: str
    decoding: Sequence[str]
    level: Sequence[float]
    as_json: bool
    output: Path | None
    folds: int | None
    text: str | None
    label: str | None


def run_evaluate(folder: Path, asked: Asked, threads: int | None) -> None:
    """Answer and score, as the model's task has it."""
    set_threads(threads)
    model = load(folder)
    if model.config.task != "classify" and (asked.folds, asked.text, asked.label) != (None, None, None):
        raise ConfigError("--folds, --text and --label are for classifiers: leave them out")
    _WAYS[model.config.task](model, asked)


def _forecasts(model: Forecaster, asked: Asked) -> None:
    """How good forecasts of what came since training are."""
    source, target, table = asked.pairs
    if asked.decoding or asked.metrics or source or target:
        raise ConfigError("--source, --target, --metric and options of decoding are for translations: leave them out")
    if table is None:
        raise ConfigError("what came since training? name the series up to now by --data table.csv")
    output = asked.output and make_folder(asked.output)
    backtest = model.evaluate(table, level=asked.level)
    if output is not None:
        picture_backtest(backtest, output / "backtest.png")
        picture_errors(backtest, output / "error-by-step.png")
    if asked.as_json:
        print(json.dumps({"forecasts": len(backtest.cutoffs), **backtest.metrics()}, indent=2))
        return
    series = len(set(backtest.cutoffs[:, 0].tolist()))
    print(f"{count(len(backtest.cutoffs), 'forecast')} of {count(series, 'series')} since training")
    print("\n".join(error_lines(backtest)))


def _translations(model: Translator, asked: Asked) -> None:
    """Every figure comes with its signature."""
    if asked.level:
        raise ConfigError("--level is for forecasts: a translation has no intervals")
    if asked.output is not None:
        raise ConfigError("--output is for pictures of forecasts and of labels: for translations leave it out")
    model = with_decoding(model, asked.decoding)
    given = read_pairs(asked.pairs.files())
    tokenised = sum(pair.target.endswith(" .") for pair in given)
    if "bleu" in (asked.metrics or METRICS) and asked.bleu_tokenize != "none" and 2 * tokenised > len(given):
        print(
            f"note: {tokenised:,} of {len(given):,} references end in ' .' and look tokenised: published BLEU of "
            "tokenised text is that of --bleu-tokenize none",
            file=sys.stderr,
        )
    inputs = len({pair.source for pair in given})
    scores = model.evaluate(given, asked.metrics or list(METRICS), bleu_tokenize=asked.bleu_tokenize)
    if asked.as_json:
        figures = {name: {"value": s.value, "signature": s.signature} for name, s in scores.items()}
        print(json.dumps({"inputs": inputs, "references": len(given), **figures}, indent=2))
        return
    print(f"{inputs:,} inputs, {len(given):,} references")
    for score in scores.values():
        print(f"{score.name:<12} {score.value:8.4f}   {score.signature}")


def _labels(model: Classifier, asked: Asked) -> None:
    """Beside accuracy what tells more: each class, how far probabilities can be trusted, errors by length."""
    source, target, data = asked.pairs
    if asked.decoding or asked.level or asked.metrics or source or target:
        raise ConfigError("a classifier is evaluated by --data alone: its labelled documents, as in training")
    if data is None:
        raise ConfigError("which documents? name those with labels by --data test.csv")
    output = asked.output and make_folder(asked.output)
    name_columns(model, asked.text, asked.label)
    judgement = judged(model, data, asked.folds)
    if output is not None:
        picture_judgement(judgement, output)
    if not asked.as_json:
        print("\n".join(judgement_lines(judgement)))
        return
    figures: dict[str, Any] = dict(judgement.metrics)
    figures["beside"] = judgement.beside
    figures["classes"] = {name: one._asdict() for name, one in judgement.classes.items()}
    if judgement.confusion is not None:
        figures["confusion"] = judgement.confusion.tolist()
    print(json.dumps(figures, indent=2, ensure_ascii=False))


_WAYS: dict[str, Callable[[Any, Asked], None]] = {
    "translate": _translations,
    "forecast": _forecasts,
    "classify": _labels,
}
