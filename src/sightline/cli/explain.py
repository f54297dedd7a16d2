"""`sightline explain`."""

import json
from collections.abc import Sequence
from pathlib import Path

from sightline.cli.reading import input_lines, load_with
from sightline.errors import ConfigError
from sightline.explain import html_report, merge_words, text_heatmap
from sightline.tasks.translate import Translation

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
    model = load_with(folder, settings, threads)
    if model.config.model.type == "recurrent" and model.config.model.attention == "none":
        raise ConfigError(f"{folder}: this model has no attention to show; it was trained with attention 'none'")
    results = model.predict(list(input_lines(path)))
    if as_json:
        for result in results:
            print(json.dumps(result.to_dict(), ensure_ascii=False))
    if output is None:
        if not as_json:
            print("\n\n".join(_text(result, words) for result in results))
    elif output.suffix == ".html":
        html_report(results, output)
    else:
        _pictures([result for result in results if result.text], output, words)


def _text(result: Translation, words: bool) -> str:
    if not result.text:
        return f"{result.source}\n-> (nothing)"
    cross = result.attention["cross"].mean()
    return f"{result.source}\n-> {result.text}\n{text_heatmap(merge_words(cross) if words else cross)}"


def _pictures(results: Sequence[Translation], output: Path, words: bool) -> None:
    for i, result in enumerate(results, 1):
        name = output if len(results) == 1 else output.with_stem(f"{output.stem}-{i}")
        result.plot(name, words=words)
        print(name)
