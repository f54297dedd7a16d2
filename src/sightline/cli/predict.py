"""`sightline predict`."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from sightline.cli.documents import name_columns, print_labels
from sightline.cli.reading import (
    chunks,
    chunks_as_they_come,
    input_lines,
    input_name,
    is_being_written,
    warn,
    with_decoding,
)
from sightline.cli.series import csv_of
from sightline.errors import ConfigError, DataError
from sightline.tasks.classify import Classifier
from sightline.tasks.forecast import Forecaster
from sightline.tasks.loading import load
from sightline.tasks.translate import TextTooLongError, Translation, Translator
from sightline.training import set_threads

__all__ = ["Asked", "run_predict"]


class Asked(NamedTuple):
    """What is asked of a model: of its task there is more or less to ask.

    Attributes:
        input: a file; None for standard input.
        decoding: options of the search for an answer.
        level: of intervals, in per cent.
        future: a file of future covariates.
        as_json: whether to answer in JSON lines.
        text: column of documents, in place of that in training.
    """

    input: Path | None
    decoding: Sequence[str]
    level: Sequence[float]
    future: Path | None
    as_json: bool
    text: str | None


def run_predict(folder: Path, asked: Asked, threads: int | None) -> None:
    """The answers of a model to a file, as its task has it."""
    set_threads(threads)
    model = load(folder)
    if asked.text is not None and model.config.task != "classify":
        raise ConfigError("--text is for classifiers: leave it out")
    _ANSWERS[model.config.task](model, asked)


def _forecast(model: Forecaster, asked: Asked) -> None:
    """What comes after the end of each series, as a table."""
    if asked.decoding:
        raise ConfigError("--beam, --method, --n-best and --set are for translations: a forecast takes none of them")
    if asked.input is None:
        raise ConfigError("what is to be forecast? name the series up to now by --input data.csv")
    frame = model.predict(asked.input, future=asked.future, level=asked.level, say=warn)
    if asked.as_json:
        print(frame.write_ndjson(), end="")
    else:
        print(csv_of(frame).decode(), end="")


def _translate(model: Translator, asked: Asked) -> None:
    """One line in, one line out, in order; who writes line by line is answered line by line.

    A line that is too long is answered by a blank one, and counts as an error once all others are answered.
    """
    if asked.level or asked.future:
        raise ConfigError("--level and --future-data are for forecasts: a translation takes none of them")
    path, as_json = asked.input, asked.as_json
    model = with_decoding(model, asked.decoding)
    method = model.config.decoding.method
    if model.config.decoding.n_best > 1 and not as_json:
        raise ConfigError("several answers do not fit on one line: add --json")
    # A pipe or a terminal is answered as it writes, but for draws, which are to be the same whatever its pace.
    waits = path is None and method != "sample" and is_being_written()
    cut_off: list[int] = []
    refused: list[DataError] = []
    for first, texts in chunks_as_they_come() if waits else chunks(input_lines(path)):
        results, too_long = _answers(model, texts, attention=as_json, seed=model.config.seed + first - 1)
        for result in results:
            print(_line(result, as_json))
        sys.stdout.flush()
        cut_off += [first + i for i, result in enumerate(results) if result.cut_off]
        refused += [DataError(error.what, path=input_name(path), line=first + error.index) for error in too_long]
    if cut_off:
        print(
            f"note: {len(cut_off):,} answers, the first in line {cut_off[0]}, reached the longest length allowed and "
            "were ended there; decoding.length_factor and decoding.length_extra set it",
            file=sys.stderr,
        )
    if refused:
        raise DataError(f"{refused[0]}\n{len(refused):,} too long in all, each answered by an empty line")


def _answers(
    model: Translator, texts: Sequence[str], *, attention: bool, seed: int
) -> tuple[list[Translation], list[TextTooLongError]]:
    """A translation of each text, and what is wrong with those that have a blank one for their length."""
    taken, refused = list(texts), list[TextTooLongError]()
    while True:
        try:
            results = model.predict(taken, attention=attention, seed=seed)
        except TextTooLongError as error:  # before anything is translated
            taken[error.index] = ""
            refused.append(error)
        else:
            return [replace(result, source=text) for result, text in zip(results, texts, strict=True)], refused


def _line(result: Translation, as_json: bool) -> str:
    if as_json:
        return json.dumps(result.to_dict(), ensure_ascii=False)
    return result.text.replace("\r", "\\r").replace("\n", "\\n")  # an answer takes one line, whatever it was trained on


def _label(model: Classifier, asked: Asked) -> None:
    """The label of each document."""
    if asked.decoding or asked.level or asked.future:
        raise ConfigError("a classifier takes none of --beam, --method, --n-best, --set, --level and --future-data")
    name_columns(model, asked.text, None)
    print_labels(model, asked.input, as_json=asked.as_json)


_ANSWERS: dict[str, Callable[[Any, Asked], None]] = {
    "translate": _translate,
    "forecast": _forecast,
    "classify": _label,
}
