"""`sightline explain`."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from sightline.cli.documents import draw_documents, explain_documents, explained, name_columns, report_documents
from sightline.cli.reading import input_lines, input_name, warn, with_decoding
from sightline.cli.series import csv_of, spoken_verdicts
from sightline.cli.series_pictures import picture_attention
from sightline.data.series import Panel
from sightline.errors import ConfigError, DataError
from sightline.explain import PlaceSurvey, Survey, html_report, merge_words, survey, survey_places, text_heatmap
from sightline.files import write_atomic
from sightline.tasks.classify import Classifier
from sightline.tasks.forecast import Forecaster
from sightline.tasks.forecast.reading import read_panel
from sightline.tasks.forecast.showing import explanations_page
from sightline.tasks.loading import load
from sightline.tasks.translate import TextTooLongError, Translation, Translator
from sightline.training import set_threads

__all__ = ["Asked", "run_explain"]


class Asked(NamedTuple):
    """What is asked to be shown: of its task there is more or less to ask.

    Attributes:
        input: a file; None for standard input.
        output: a page, picture or table; None for the terminal.
        words: show words, not the model's own units.
        summary: show what all have in common.
        verdict: find out whether it is to be believed.
        decoding: options of the search for an answer.
        future: a file of future covariates.
        as_json: whether to answer in JSON lines.
        text: column of documents, in place of that in training.
    """

    input: Path | None
    output: Path | None
    words: bool
    summary: bool
    verdict: bool
    decoding: Sequence[str]
    future: Path | None
    as_json: bool
    text: str | None


def run_explain(folder: Path, asked: Asked, threads: int | None) -> None:
    """What every answer came from, as the model's task has it."""
    set_threads(threads)
    model = load(folder)
    if asked.summary and (asked.output is not None or not asked.words):
        raise ConfigError("--summary is text or JSON, and has no pieces: leave out --output and --pieces")
    if asked.text is not None and model.config.task != "classify":
        raise ConfigError("--text is for classifiers: leave it out")
    _WAYS[model.config.task](model, asked)


def _forecasts(model: Forecaster, asked: Asked) -> None:
    """What each step ahead used of the past, as a table or a picture."""
    if asked.decoding or not asked.words:
        raise ConfigError("--beam and --pieces are for translations: a forecast takes neither")
    if asked.input is None:
        raise ConfigError("which forecasts are to be explained? name the series up to now by --input data.csv")
    output = asked.output
    if output is not None and output.suffix not in (".csv", ".html", ".png", ".svg"):
        raise ConfigError(
            f"{output}: what forecasts used comes as a table, a picture or a page: name a .csv, .png, .svg or .html "
            "file"
        )
    panel = read_panel(model.config, asked.input, lambda finding: warn(str(finding)), known=model.parts.series)
    notes: list[str] = []
    if any((model.config.data.future, model.config.data.calendar, model.config.data.static)):
        notes.append("note: what is known ahead, of the calendar and of a series has its say too, and is not in it")
        warn(notes[0])
    if asked.summary:
        every = model.explanations(panel, future=asked.future, series=len(panel.ids), verdict=asked.verdict)
        _print_survey(survey_places(each.seen() for each in every), as_json=asked.as_json)
        return
    if output is not None and output.suffix == ".html":
        found = model.explanations(panel, future=asked.future, verdict=asked.verdict)
        if len(found) < len(panel.ids):
            notes.append(f"the first {len(found)} of {len(panel.ids):,} series")
        explanations_page(found, output, notes=notes)
    else:
        _used(model.explain(panel, future=asked.future), panel, asked)
        found = model.explanations(panel, future=asked.future) if asked.verdict else []
    for line in spoken_verdicts(found, panel) if asked.verdict else ():
        warn(line)
    if output is not None:
        print(f"wrote {output}")


def _used(frame: pl.DataFrame, panel: Panel, asked: Asked) -> None:
    """The weights of all series as a table, or a picture of the first few."""
    if asked.output is None:
        print(frame.write_ndjson() if asked.as_json else csv_of(frame).decode(), end="", flush=True)
    elif asked.output.suffix == ".csv":
        write_atomic(asked.output, csv_of(frame))
    else:
        picture_attention(panel, frame, asked.output)


def _translations(model: Translator, asked: Asked) -> None:
    """The attention of every input: a page, pictures, JSON, or text."""
    path, output, words, as_json = asked.input, asked.output, asked.words, asked.as_json
    if asked.future:
        raise ConfigError("--future-data is for forecasts: a translation takes none")
    _check_page(output)
    if not words and (as_json or (output is not None and output.suffix == ".html")):
        raise ConfigError(
            "--pieces is for pictures and the terminal: a page shows words, and JSON has the pieces anyway"
        )
    model = with_decoding(model, asked.decoding)
    if model.config.model.type == "recurrent" and model.config.model.attention == "none":
        raise ConfigError("this model has no attention to show; it was trained with attention 'none'")
    try:
        shown = output is None or output.suffix == ".html"
        results = model.explain(list(input_lines(path)), verdict=asked.verdict and shown)
    except TextTooLongError as error:
        raise DataError(error.what, path=input_name(path), line=error.index + 1) from error
    if not results:
        raise DataError("there is no text to explain: it is empty", path=input_name(path))
    if asked.summary:
        _print_survey(survey(results), as_json=as_json)
        return
    if as_json:
        for result in results:
            print(json.dumps(result.to_dict(), ensure_ascii=False))
    if output is None:
        if not as_json:
            print("\n\n".join(_text(result, words) for result in results))
    elif output.suffix == ".html":
        html_report(results, output)
        print(f"wrote {output}")
    else:
        _pictures(results, output, words)


def _print_survey(found: Survey | PlaceSurvey, *, as_json: bool) -> None:
    print(json.dumps(asdict(found), ensure_ascii=False) if as_json else found)


def _check_page(output: Path | None) -> None:
    if output is not None and output.suffix not in (".html", ".png", ".svg"):
        raise ConfigError(f"{output}: name a file that ends in .html, .png or .svg")


def _text(result: Translation, words: bool) -> str:
    if not result.attention:
        return "(a blank line)"
    cross = result.attention["cross"].mean()
    answer = result.text or "(nothing)"
    lines = [result.source, f"-> {answer}", text_heatmap(merge_words(cross) if words else cross)]
    return "\n".join([*lines, str(result.verdict)] if result.verdict else lines)


def _pictures(results: Sequence[Translation], output: Path, words: bool) -> None:
    """A picture of each line; of several, each has its line's number in its name."""
    for number, result in enumerate(results, 1):
        if not result.attention:
            print(f"note: line {number} is blank, so there is no picture of it", file=sys.stderr)
            continue
        name = output if len(results) == 1 else output.with_stem(f"{output.stem}-{number}")
        result.plot(name, words=words)
        print(f"wrote {name}")


def _labels(model: Classifier, asked: Asked) -> None:
    """The words that spoke for each document's label, and those against it."""
    if asked.decoding or asked.future or not asked.words:
        raise ConfigError("a classifier takes none of --beam, --future-data and --pieces")
    _check_page(asked.output)
    name_columns(model, asked.text, None)
    if asked.summary:
        seen = (each.seen() for each in explained(model, asked.input, verdict=asked.verdict))
        _print_survey(survey_places(seen), as_json=asked.as_json)
    elif asked.output is None:
        explain_documents(model, asked.input, as_json=asked.as_json, verdict=asked.verdict)
    elif asked.output.suffix == ".html":
        report_documents(model, asked.input, asked.output, verdict=asked.verdict)
    else:
        draw_documents(model, asked.input, asked.output)


_WAYS: dict[str, Callable[[Any, Asked], None]] = {
    "translate": _translations,
    "forecast": _forecasts,
    "classify": _labels,
}
