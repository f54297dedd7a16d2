"""Records of JSON, one a line, read strictly."""

import json
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from os import PathLike
from typing import Any, NamedTuple

from sightline.data.files import read_lines
from sightline.errors import DataError

__all__ = ["Record", "known_names", "read_records", "short"]

_SHOWN = 20


class Record(NamedTuple):
    """One object, with its place.

    Attributes:
        value: what JSON made of it.
        path: the file.
        line: its line, counted from 1.
    """

    value: Any
    path: str | PathLike[str]
    line: int

    def find(self, key: str) -> Any:
        """The value that a key leads to: with dots into objects within objects, or a key that itself holds the dots.

        Raises:
            DataError: where there is no such key.
        """
        value = self.value
        for part in [key] if isinstance(value, dict) and key in value else key.split("."):
            if not isinstance(value, dict):
                raise self.error(f"key {key!r} leads to {short(value)}, where an object with key {part!r} is expected")
            if part not in value:
                raise self.error(f"key {part!r} is missing. {known_names(part, list(value), 'key')}")
            value = value[part]
        return value

    def text(self, key: str) -> str:
        """The text that a key leads to.

        Raises:
            DataError: where there is none, or one with NUL or half a character in it, which only an escape can bring.
        """
        text = self.find(key)
        if not isinstance(text, str):
            raise self.error(f"key {key!r} holds {short(text)}: expected a text in quotes")
        if "\0" in text:
            raise self.error("a text holds the NUL character (\\u0000): delete it")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            half = f"\\u{ord(text[error.start]):04x}"
            raise self.error(
                f"a text holds {half}, a lone surrogate, which is half a character: write the other half as well, or "
                "delete it"
            ) from error
        return text

    def error(self, what: str) -> DataError:
        """What is wrong with it, and where it stands."""
        return DataError(what, path=self.path, line=self.line)


def read_records(path: str | PathLike[str], example: str) -> Iterator[Record]:
    """The objects in a file, one a line.

    Args:
        path: the file.
        example: a key that they should have.

    Raises:
        DataError: when the file cannot be read (see `read_lines`), or a line is not JSON.
    """
    for number, line in enumerate(read_lines(path), 1):
        try:
            yield Record(json.loads(line), path, number)
        except (ValueError, RecursionError) as error:
            what = "the line is blank" if not line.strip() else f"the line is not JSON ({error})"
            raise DataError(
                f"{what}: expected one whole object a line, such as {{{example!r}: ...}}; a file that is one JSON "
                "array becomes lines with `jq -c '.[]'`",
                path=path,
                line=number,
            ) from error


def known_names(name: str, names: Sequence[str], what: str) -> str:
    """The names that exist, and the one that may be meant."""
    near = get_close_matches(name, names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    shown = ", ".join(repr(known) for known in names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
    return f"The {what}s that exist: {shown or 'none'}{hint}"


def short(value: Any) -> str:
    """A value as JSON, cut to a length that fits in a message."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else text[:37] + "..."
