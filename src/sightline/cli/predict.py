"""`sightline predict`."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from sightline.cli.reading import chunks, input_lines, load_with
from sightline.errors import ConfigError, DataError
from sightline.tasks.translate import Translation, Translator

__all__ = ["run_predict"]

_LINES = 2048  # read and sorted by length together


def run_predict(folder: Path, path: Path | None, settings: Sequence[str], as_json: bool, threads: int | None) -> None:
    """One line in, one line out, in order; a terminal is answered line by line."""
    model = load_with(folder, settings, threads)
    if model.config.decoding.n_best > 1 and not as_json:
        raise ConfigError("several answers do not fit on one line: add --json")
    size = 1 if path is None and sys.stdin.isatty() else _LINES
    for first, texts in chunks(input_lines(path), size):
        for result in _predict(model, texts, first, as_json):
            print(json.dumps(result.to_dict(), ensure_ascii=False) if as_json else result.text)
        sys.stdout.flush()


def _predict(model: Translator, texts: list[str], first: int, attention: bool) -> list[Translation]:
    try:
        return model.predict(texts, attention=attention)
    except DataError as error:
        raise DataError(f"in lines {first} to {first + len(texts) - 1} of the input: {error}") from error
