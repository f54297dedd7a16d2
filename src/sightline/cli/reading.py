"""What commands share: texts line by line, pairs from files, a model with options changed."""

import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from sightline.data import read_lines
from sightline.errors import ConfigError, DataError
from sightline.tasks import load
from sightline.tasks.config import parse_config, set_option
from sightline.tasks.translate import TranslateConfig, Translator
from sightline.training import set_threads

__all__ = ["chunks", "input_lines", "load_with"]


def input_lines(path: Path | None) -> Iterator[str]:
    """Lines of a file, or of standard input as they come; raises DataError where a line is not UTF-8."""
    if path is not None:
        yield from read_lines(path)
        return
    for number, line in enumerate(sys.stdin.buffer, 1):
        try:
            yield line.decode("utf-8").removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError as error:
            raise DataError(
                f"not valid UTF-8 at byte {error.start + 1}: convert it, such as by iconv -t UTF-8",
                path="standard input",
                line=number,
            ) from error


def chunks(lines: Iterator[str], size: int) -> Iterator[tuple[int, list[str]]]:
    """Some lines at a time, with the number of the first, counted from 1."""
    first = 1
    while some := list(islice(lines, size)):
        yield first, some
        first += len(some)


def load_with(folder: Path, settings: Sequence[str], threads: int | None) -> Translator:
    """The model in a folder, with decoding options changed."""
    set_threads(threads)
    model = load(folder)
    values: dict[str, Any] = model.config.model_dump()
    for option in settings:
        if not option.startswith("decoding."):
            raise ConfigError(f"cannot set {option!r} of a trained model: only decoding options can be changed")
        set_option(values, option)
    model.config = parse_config(values, TranslateConfig)
    return model
