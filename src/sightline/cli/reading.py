"""What commands share: texts line by line, pairs from files, a model with options changed."""

import os
import signal
import stat
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from sightline.data import read_lines
from sightline.errors import ConfigError, DataError
from sightline.tasks.config import parse_config, set_option
from sightline.tasks.translate import TranslateConfig, Translator

__all__ = [
    "chunks",
    "chunks_as_they_come",
    "input_lines",
    "input_name",
    "is_being_written",
    "warn",
    "with_decoding",
]

_FEW, _MANY = 64, 2048  # lines that are read, and sorted by length, together
_BLOCK = 2**16  # bytes


def input_lines(path: Path | None) -> Iterator[str]:
    """Lines of a file, or of standard input; raises DataError where a line is not UTF-8."""
    if path is not None:
        yield from read_lines(path)
        return
    for number, line in enumerate(sys.stdin.buffer, 1):
        yield _decoded(line.removesuffix(b"\n"), number)


def _decoded(line: bytes, number: int) -> str:
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"byte {error.start + 1} of the line (0x{line[error.start]:02X}) is not UTF-8: convert the input, "
            "such as by  iconv -f WINDOWS-1252 -t UTF-8",
            path=input_name(None),
            line=number,
        ) from error
    return text.removesuffix("\r")


def warn(line: str) -> None:
    """Tell people something beside the answer."""
    print(line, file=sys.stderr)


def input_name(path: Path | None) -> str:
    """What messages call the input."""
    return "standard input" if path is None else str(path)


def is_being_written() -> bool:
    """Whether standard input is a pipe or a terminal, and not a file."""
    try:
        return not stat.S_ISREG(os.fstat(sys.stdin.fileno()).st_mode)
    except OSError:  # it is no file of the system's at all
        return False


def chunks(lines: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
    """Some lines at a time, with the number of the first, counted from 1: few at the start, so that there is an answer
    soon, then more."""
    first, size = 1, _FEW
    while some := list(islice(lines, size)):
        yield first, some
        first, size = first + len(some), min(2 * size, _MANY)


def chunks_as_they_come() -> Iterator[tuple[int, list[str]]]:
    """The same of standard input that somebody is still writing: what is there does not wait for more."""
    if sys.platform != "win32":  # polars, once imported, lets Ctrl-C wait until a read is over
        signal.siginterrupt(signal.SIGINT, True)
    first, rest = 1, b""
    while block := os.read(sys.stdin.fileno(), _BLOCK):
        *whole, rest = (rest + block).split(b"\n")
        if whole:
            yield first, [_decoded(line, first + i) for i, line in enumerate(whole)]
            first += len(whole)
    if rest:
        yield first, [_decoded(rest, first)]


def with_decoding(model: Translator, settings: Sequence[str]) -> Translator:
    """The same translator with decoding options, or the seed that sampling draws by, changed."""
    values: dict[str, Any] = model.config.model_dump()
    for option in settings:
        if not option.startswith(("decoding.", "seed=")):
            raise ConfigError(f"cannot set {option!r} of a trained model: only decoding.* and seed can be changed")
        set_option(values, option)
    model.config = parse_config(values, TranslateConfig)
    return model
