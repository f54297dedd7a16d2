"""Labelled documents from files: a table, JSON lines, fastText's lines, or a folder for each class."""

import gzip
from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from sightline.data.counting import count
from sightline.data.documents.labels import Label
from sightline.data.files import read_lines
from sightline.data.records import Record, known_names, read_records, short
from sightline.data.tables import FilePlace, Source, Table, load
from sightline.errors import DataError

__all__ = ["Collection", "check_nul", "holds_documents", "read_documents"]

_JSON = (".jsonl", ".ndjson", ".json")
_TABLES = (".csv", ".tsv", ".parquet", ".pq")
_FASTTEXT = "__label__"


class Collection(NamedTuple):
    """Documents as they were read.

    Attributes:
        texts: of the documents.
        labels: of each; None where none were asked for.
        places: file and line of each, as far as they are known.
    """

    texts: list[str]
    labels: list[Label] | None
    places: list[FilePlace]


def read_documents(
    source: Source, *, text: str = "text", label: str | None = "label", separator: str | None = None
) -> Collection:
    """Documents with their labels.

    | what is given | how it is read |
    |---|---|
    | a folder | a folder in it for each class, with a document in each file |
    | `.jsonl`, `.ndjson`, `.json` | an object a line; `text` and `label` are keys, with dots into inner objects |
    | a file whose first line begins with `__label__` | fastText's lines: labels, then the text |
    | any other file, or a data frame | a table with a header (see `sightline.data.tables.load`) |

    Args:
        source: a path, or a data frame.
        text: the column or key of the texts.
        label: that of the labels; None to read texts alone.
        separator: what parts several labels of one document in a cell; None where each has one.

    Raises:
        DataError: when something cannot be read, a column is missing, a label is missing, or a text is empty.
    """
    if isinstance(source, str | PathLike):
        path = Path(source)
        if path.is_dir():
            return _from_folder(path, label is not None, several=separator is not None)
        if path.name.removesuffix(".gz").endswith(_JSON):
            return _from_json(path, text, label, separator)
        if _is_fasttext(path):
            return _from_fasttext(path, read_lines(path), label is not None, several=separator is not None)
    return _from_table(load(source), text, label, separator)


def holds_documents(path: Path) -> bool:
    """Whether a path is in one of these forms by its name or by how it begins; else it may hold plain text."""
    name = path.name.removesuffix(".gz")
    return path.is_dir() or name.endswith((*_JSON, *_TABLES)) or _is_fasttext(path)


def _from_table(table: Table, text: str, label: str | None, separator: str | None) -> Collection:
    columns: list[list[str | None]] = []
    for name in (text, label):
        if name is None:
            continue
        if name not in table.frame.columns:
            raise DataError(
                f"there is no column {name!r}. {known_names(name, table.frame.columns, 'column')} (--text, --label)",
                path=table.path,
                line=None if table.lines is None else 1,
            )
        column = table.frame[name]
        columns.append((column.fill_nan(None) if column.dtype.is_float() else column).cast(pl.String).to_list())
    places = [table.place(row) for row in range(table.frame.height)]
    labels = None
    if label is not None:
        labels = [_label(value, label, separator, place) for value, place in zip(columns[1], places, strict=True)]
    return _checked([value or "" for value in columns[0]], labels, places, table.path)


def _from_json(path: Path, text: str, label: str | None, separator: str | None) -> Collection:
    texts: list[str] = []
    labels: list[Label] = []
    places: list[FilePlace] = []
    for record in read_records(path, text):
        texts.append(record.text(text))
        places.append(FilePlace(path=str(path), line=record.line))
        if label is not None:
            labels.append(_json_label(record, label, separator))
    return _checked(texts, None if label is None else labels, places, path)


def _json_label(record: Record, key: str, separator: str | None) -> Label:
    """A text, a number, true or false; of several labels a list of them, or a text with separators."""
    value: Any = record.find(key)
    place = FilePlace(path=str(record.path), line=record.line)
    if isinstance(value, list) and separator is not None:
        return _set_of(map(str, value))
    if isinstance(value, list | dict):
        raise record.error(
            f"key {key!r} holds {short(value)}: expected one label; documents with several take data.kind: several"
        )
    return _label(None if value is None else str(value), key, separator, place)


def _label(value: str | None, name: str, separator: str | None, place: FilePlace) -> Label:
    if separator is not None:
        return _set_of((value or "").split(separator))
    if value is None or not value.strip():
        raise DataError(
            f"the label ({name!r}) is missing: fill it, or delete the document; where documents may have several "
            "labels, or none, set data.kind=several",
            **place,
        )
    return value.strip()


def _set_of(names: Iterable[str]) -> tuple[str, ...]:
    """Names in order, each once, so that equal sets are the same label."""
    return tuple(sorted({name.strip() for name in names} - {""}))


def _is_fasttext(path: Path) -> bool:
    """Whether a file is in fastText's form."""
    try:
        with gzip.open(path) if path.name.endswith(".gz") else path.open("rb") as file:
            begin = file.read(len(_FASTTEXT) + 3)
    except (OSError, EOFError):
        return False  # what is wrong with it, whoever reads it will tell
    return begin.removeprefix(b"\xef\xbb\xbf").startswith(_FASTTEXT.encode())


def _from_fasttext(path: Path, lines: Sequence[str], labelled: bool, *, several: bool) -> Collection:
    texts: list[str] = []
    labels: list[Label] = []
    places: list[FilePlace] = []
    for number, line in enumerate(lines, 1):
        names: list[str] = []
        rest = line
        while rest.startswith(_FASTTEXT):
            name, *more = rest.split(maxsplit=1)
            names.append(name.removeprefix(_FASTTEXT))
            rest = more[0] if more else ""
        place = FilePlace(path=str(path), line=number)
        if not names or (len(names) > 1 and not several):
            raise DataError(
                f"the line has {count(len(names), 'label')}: expected one, as in '__label__good text'"
                f"{'; documents with several take data.kind: several' if names else ''}",
                **place,
            )
        texts.append(rest)
        labels.append(_set_of(names) if several else names[0])
        places.append(place)
    return _checked(texts, labels if labelled else None, places, path)


def _from_folder(path: Path, labelled: bool, *, several: bool) -> Collection:
    folders = sorted(inner for inner in path.iterdir() if inner.is_dir() and not inner.name.startswith("."))
    if not folders:
        raise DataError("the folder holds no folders: expected one for each class, with its documents in it", path=path)
    texts: list[str] = []
    labels: list[Label] = []
    places: list[FilePlace] = []
    for folder in folders:
        for file in sorted(inner for inner in folder.iterdir() if inner.is_file() and not inner.name.startswith(".")):
            texts.append("\n".join(read_lines(file)))
            labels.append((folder.name,) if several else folder.name)
            places.append(FilePlace(path=str(file)))
    return _checked(texts, labels if labelled else None, places, path)


def _checked(
    texts: list[str], labels: list[Label] | None, places: list[FilePlace], path: str | PathLike[str] | None
) -> Collection:
    """The same; an empty text would be learned from as if it said something."""
    if not texts:
        raise DataError(
            "there are no documents: the file has nothing below its header, or the folders are empty", path=path
        )
    empty = [i for i, text in enumerate(texts) if not text.strip()]
    if empty and labels is not None:
        raise DataError(
            f"the text is empty; {count(len(empty), 'such document')}: fill them, or delete these documents",
            **places[empty[0]],
        )
    check_nul(texts, places)
    return Collection(texts, labels, places)


def check_nul(texts: Sequence[str], places: Sequence[FilePlace]) -> None:
    """Raises DataError, with its place, for a text with a NUL character, which no text has."""
    bad = next((i for i, text in enumerate(texts) if "\0" in text), None)
    if bad is not None:
        raise DataError("the text holds a NUL character: the file may be binary, or damaged", **places[bad])
