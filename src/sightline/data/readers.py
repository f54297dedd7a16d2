"""Pairs of texts from files: strict, so that a mistake is told with its line and never trained on.

| layout | reader |
|---|---|
| two files with one text a line | `read_parallel` |
| one table with columns parted by tabs | `read_tsv` |
| one JSON object a line | `read_jsonl` |

Every reader takes UTF-8, with or without byte order mark, plain or compressed by gzip.
"""

from collections.abc import Sequence
from os import PathLike, fspath
from typing import NamedTuple

from sightline.data.counting import count
from sightline.data.files import read_lines
from sightline.data.records import known_names, read_records, short
from sightline.errors import ConfigError, DataError

__all__ = ["Pair", "read_jsonl", "read_parallel", "read_tsv"]


class Pair(NamedTuple):
    """A text and what it is to be turned into."""

    source: str
    target: str


def read_parallel(source_path: str | PathLike[str], target_path: str | PathLike[str]) -> list[Pair]:
    """Pairs from two files, where line n of one belongs to line n of the other.

    Raises:
        DataError: when a file cannot be read (see `read_lines`), when the counts of lines differ, or at a blank line.
    """
    sources, targets = read_lines(source_path), read_lines(target_path)
    if len(sources) != len(targets):
        raise DataError(
            f"{fspath(source_path)} has {len(sources)} lines and {fspath(target_path)} has {len(targets)}, but line n "
            f"of one must belong to line n of the other. To find the first that does not, read them side by side: "
            f"{_side_by_side(source_path, target_path)}"
        )
    pairs = [Pair(*both) for both in zip(sources, targets, strict=True)]
    for path, other, texts, others in (
        (source_path, target_path, sources, targets),
        (target_path, source_path, targets, sources),
    ):
        blank = [index for index, text in enumerate(texts) if not text or text.isspace()]
        if blank:
            facing = others[blank[0]]
            across = "so is its partner" if not facing.strip() else f"its partner in {fspath(other)} is {short(facing)}"
            raise DataError(
                f"the line is blank, and {across}; {count(len(blank), 'line')} blank in this file. Fill them, or "
                "delete these lines from both files",
                path=path,
                line=blank[0] + 1,
            )
    return pairs


def read_tsv(path: str | PathLike[str], source_column: int | str, target_column: int | str) -> list[Pair]:
    """Pairs from two columns of a file whose columns are parted by tabs; quotes have no special meaning.

    Args:
        path: the file.
        source_column: the column's number, from 1, in a file without header; or its name in the header line.
        target_column: likewise.

    Raises:
        ConfigError: for a number below 1, or a number beside a name.
        DataError: when the file cannot be read, a column is missing, a name is there twice, or a cell is blank.
    """
    lines = read_lines(path)
    (source, target), first = _find_columns(lines[0], source_column, target_column, path)
    last = max(source, target)
    pairs: list[Pair] = []
    short: list[int] = []
    for number, line in enumerate(lines[first - 1 :], first):
        cells = line.split("\t")
        if len(cells) > last:
            pairs.append(Pair(cells[source], cells[target]))
        else:
            short.append(number)
    if short:
        found = lines[short[0] - 1].split("\t")
        what = "the line is blank" if found == [""] else f"the line has {count(len(found), 'column')}"
        raise DataError(
            f"{what}, and column {last + 1} is asked for; {count(len(short), 'line')} too short. Columns are parted by "
            "tabs (not spaces or commas): mend these lines, delete them, or ask for another column",
            path=path,
            line=short[0],
        )
    if not pairs:
        raise DataError("there is nothing below the header line: expected one pair a line", path=path, line=1)
    _refuse_blank(pairs, path, first, [f"column {column!r}" for column in (source_column, target_column)])
    return pairs


def read_jsonl(path: str | PathLike[str], source_key: str, target_key: str) -> list[Pair]:
    """Pairs from a file with one JSON object a line.

    Args:
        path: the file.
        source_key: the key of the text, with dots for objects within objects: `"translation.en"` finds the text in
            `{"translation": {"en": "Hello"}}`. A key that itself holds the dots is found as well.
        target_key: likewise.

    Raises:
        DataError: when the file cannot be read, a line is not a JSON object, a key is missing, or its value is not a
            text with something in it.
    """
    pairs = [Pair(*(record.text(key) for key in (source_key, target_key))) for record in read_records(path, source_key)]
    _refuse_blank(pairs, path, 1, [f"the text of key {key!r}" for key in (source_key, target_key)])
    return pairs


def _find_columns(
    top: str, source_column: int | str, target_column: int | str, path: str | PathLike[str]
) -> tuple[tuple[int, int], int]:
    """Places of both columns, from 0, and the number of the first line below the header, if there is one."""
    if isinstance(source_column, str) and isinstance(target_column, str):
        header = top.split("\t")
        return (_find_column(header, source_column, path), _find_column(header, target_column, path)), 2
    if isinstance(source_column, int) and isinstance(target_column, int):
        if min(source_column, target_column) < 1:
            raise ConfigError(f"columns {source_column} and {target_column}: columns are counted from 1")
        return (source_column - 1, target_column - 1), 1
    raise ConfigError(
        f"columns {source_column!r} and {target_column!r}: give both by number (a file without header) or both by name"
    )


def _find_column(header: Sequence[str], name: str, path: str | PathLike[str]) -> int:
    """Place of a name in the header line, from 0."""
    times = header.count(name)
    if times == 1:
        return header.index(name)
    if times > 1:
        raise DataError(f"{times} columns are named {name!r}: rename all but one, or use numbers", path=path, line=1)
    raise DataError(f"there is no column {name!r}. {known_names(name, header, 'column')}", path=path, line=1)


def _refuse_blank(pairs: Sequence[Pair], path: str | PathLike[str], first: int, names: Sequence[str]) -> None:
    """Refuse texts without anything to read in them."""
    blank = [index for index, pair in enumerate(pairs) if not pair.source.strip() or not pair.target.strip()]
    if blank:
        sides = [name for name, text in zip(names, pairs[blank[0]], strict=True) if not text.strip()]
        raise DataError(
            f"{' and '.join(sides)} is blank; {count(len(blank), 'line')} with a blank text: fill them or delete these "
            "lines",
            path=path,
            line=first + blank[0],
        )


def _side_by_side(source_path: str | PathLike[str], target_path: str | PathLike[str]) -> str:
    """A shell command that shows two files with numbered lines."""
    names = [fspath(path) for path in (source_path, target_path)]
    shown = [f"<(zcat {name})" if name.endswith(".gz") else name for name in names]
    return f"paste {shown[0]} {shown[1]} | less -N"
