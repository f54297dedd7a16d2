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

__all__ = ["chunks", "input_lines", "input_name", "load_with"]


def input_lines(path: Path | None) -> Iterator[str]:
    """Lines of a file, or of standard input as they come; raises DataError where a line is not UTF-8."""
    if path is not None:
        yield from read_lines(path)
        return
    for number, line in enumerate(sys.stdin.buffer, 1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise DataError(
                f"byte {error.start + 1} of the line (0x{line[error.start]:02X}) is not UTF-8: convert the input, "
                "such as by  iconv -f WINDOWS-1252 -t UTF-8",
                path=input_name(path),
                line=number,
            ) from error
        yield text.removesuffix("\n").removesuffix("\r")


def input_name(path: Path | None) -> str:
    """What messages call the input."""
    return "standard input" if path is None else str(path)


def chunks(lines: Iterator[str], size: int) -> Iterator[tuple[int, list[str]]]:
    """Some lines at a time, with the number of the first, counted from 1."""
    first = 1
    while some := list(islice(lines, size)):
        yield first, some
        first += len(some)


def load_with(folder: Path, settings: Sequence[str], threads: int | None) -> Translator:
    """The model in a folder, with decoding options, or the seed that sampling draws by, changed."""
    set_threads(threads)
    model = load(folder)
    values: dict[str, Any] = model.config.model_dump()
    for option in settings:
        if not option.startswith(("decoding.", "seed=")):
            raise ConfigError(f"cannot set {option!r} of a trained model: only decoding.* and seed can be changed")
        set_option(values, option)
    model.config = parse_config(values, TranslateConfig)
    return model
