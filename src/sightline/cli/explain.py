"""`sightline explain`."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from sightline.cli.reading import input_lines, input_name, load_translator
from sightline.errors import ConfigError, DataError
from sightline.explain import html_report, merge_words, text_heatmap
from sightline.tasks.translate import TextTooLongError, Translation

__all__ = ["run_explain"]


def run_explain(
    folder: Path,
    path: Path | None,
    output: Path | None,
    words: bool,
    settings: Sequence[str],
    as_json: bool,
    threads: int | None,
) -> None:
    """The attention of every input: a page, pictures, JSON, or text."""
    if output is not None and output.suffix not in (".html", ".png", ".svg"):
        raise ConfigError(f"{output}: name a file that ends in .html, .png or .svg")
    if not words and (as_json or (output is not None and output.suffix == ".html")):
        raise ConfigError(
            "--pieces is for pictures and the terminal: a page shows words, and JSON has the pieces anyway"
        )
    model = load_translator(folder, settings, threads, "this command shows what translations saw")
    if model.config.model.type == "recurrent" and model.config.model.attention == "none":
        raise ConfigError(f"{folder}: this model has no attention to show; it was trained with attention 'none'")
    try:
        results = model.predict(list(input_lines(path)))
    except TextTooLongError as error:
        raise DataError(error.what, path=input_name(path), line=error.index + 1) from error
    if not results:
        raise DataError("there is no text to explain: it is empty", path=input_name(path))
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


def _text(result: Translation, words: bool) -> str:
    if not result.attention:
        return "(a blank line)"
    cross = result.attention["cross"].mean()
    answer = result.text or "(nothing)"
    return f"{result.source}\n-> {answer}\n{text_heatmap(merge_words(cross) if words else cross)}"


def _pictures(results: Sequence[Translation], output: Path, words: bool) -> None:
    """A picture of each line; of several, each has its line's number in its name."""
    for number, result in enumerate(results, 1):
        if not result.attention:
            print(f"note: line {number} is blank, so there is no picture of it", file=sys.stderr)
            continue
        name = output if len(results) == 1 else output.with_stem(f"{output.stem}-{number}")
        result.plot(name, words=words)
        print(f"wrote {name}")
