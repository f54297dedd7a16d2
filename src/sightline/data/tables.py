"""A file or a data frame as one kind of table, which knows where its rows stand in the file."""

import csv
from dataclasses import dataclass
from os import PathLike, fspath
from typing import Any, TypedDict

import narwhals as nw
import polars as pl

from sightline.data.counting import count
from sightline.data.files import read_lines
from sightline.errors import DataError

__all__ = ["FilePlace", "Source", "Table", "load"]

# A path, a pandas or polars data frame, or another one that narwhals knows. Their types cannot be named here without
# importing pandas.
Source = str | PathLike[str] | Any

_PARQUET = (".parquet", ".pq")
_ROW = "\nrow"  # no header line can hold it


class FilePlace(TypedDict, total=False):
    """A place in a file, as far as it is known."""

    path: str
    line: int


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Columns, and the file that they are from.

    Attributes:
        frame: the columns; those of a CSV file are all texts, so that what is no number can be told as it was written.
        path: the file, if there is one.
        lines: the line of each row, counted from 1, if there are lines.
        separator: what parts the cells of a line, if there are lines.
    """

    frame: pl.DataFrame
    path: str | None = None
    lines: pl.Series | None = None
    separator: str | None = None

    def place(self, row: int | None = None) -> FilePlace:
        """The file, and the line of a row."""
        place = FilePlace() if self.path is None else FilePlace(path=self.path)
        if row is not None and (line := self.line(row)) is not None:
            place["line"] = line
        return place

    def line(self, row: int) -> int | None:
        """The line of a row, if there are lines."""
        return None if self.lines is None else int(self.lines[row])


def load(source: Source) -> Table:
    """The table in a CSV or Parquet file, or in a data frame.

    A file is Parquet if its name ends in .parquet or .pq; else it is CSV with a header, parted by commas, semicolons
    or tabs, plain or gzip. Lines without anything in them are left out.

    Raises:
        DataError: when a file cannot be read; when a column's name stands twice; when the source is something else.
    """
    if not isinstance(source, str | PathLike):
        return Table(_from_frame(source))
    path = fspath(source)
    if path.endswith(_PARQUET):
        try:
            return Table(pl.read_parquet(path, glob=False), path)
        except FileNotFoundError as error:
            raise DataError("there is no such file: check the name and the folder", path=path) from error
        except (pl.exceptions.PolarsError, OSError) as error:
            raise DataError(f"the file cannot be read as Parquet ({_first_line(error)})", path=path) from error
    return _from_csv(path)


def _from_csv(path: str) -> Table:
    separator = ","
    try:
        header = pl.read_csv(path, n_rows=0, infer_schema=False, glob=False).columns
        separator = max(",;\t", key=",".join(header).count)
        frame = pl.read_csv(path, separator=separator, infer_schema=False, glob=False, row_index_name=_ROW)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _not_csv(path, separator, error) from error
    names = frame.columns[1:]
    if any("\ufffd" in name for name in names):
        read_lines(path)  # the header is not UTF-8: this says which byte
    for name in names:
        original = name.removesuffix("_duplicated_0")
        if original != name and original in names:
            raise DataError(f"two columns are named {original!r}: rename one", path=path, line=1)
    # A cell in quotes may hold ends of lines: what stands below it stands so many lines further down.
    breaks = frame.select(pl.sum_horizontal(pl.col(names).str.count_matches("\n").fill_null(0)).cast(pl.Int64))
    first = 2 + sum(name.count("\n") for name in names)
    lines = frame[_ROW].cast(pl.Int64) + first + breaks.to_series().cum_sum().shift(1, fill_value=0)
    there = ~frame.select(pl.all_horizontal(pl.col(names).is_null())).to_series()
    return Table(frame.select(names).filter(there), path, lines.filter(there), separator)


def _not_csv(path: str, separator: str, error: Exception) -> DataError:
    """What is wrong with a file, as exactly as it can be found out."""
    rows = csv.reader(read_lines(path), delimiter=separator)  # raises where the fault is in the file itself
    width = len(next(rows))
    for row in rows:
        if len(row) > width:
            return DataError(
                f"the line has {count(len(row), 'cell')}, and the header has {width}: put texts with {separator!r} in "
                'them in double quotes ("), or delete the cells that are too many',
                path=path,
                line=rows.line_num,
            )
    return DataError(f"the file cannot be read as CSV ({_first_line(error)}): mend it", path=path)


def _from_frame(source: Any) -> pl.DataFrame:
    try:
        frame = nw.from_native(source, eager_only=True)
        if frame.implementation.is_polars():
            return frame.to_native()
        return pl.DataFrame([_from_series(frame[name]).alias(str(name)) for name in frame.columns])
    except TypeError as error:
        lazy = ": call its .collect() first" if isinstance(source, pl.LazyFrame) else ""
        raise DataError(
            f"expected a path or a pandas or polars data frame, found {type(source).__name__}{lazy}"
        ) from error
    except (nw.exceptions.DuplicateError, pl.exceptions.DuplicateError) as error:
        raise DataError(f"two columns of the data frame have the same name: rename one ({error})") from error


def _from_series(series: nw.Series[Any]) -> pl.Series:
    """Columns of numbers and times are taken as arrays; all others value by value, as texts."""
    dtype = series.dtype
    if dtype.is_numeric() and dtype != nw.Decimal:
        return pl.Series(series.to_numpy())
    if isinstance(dtype, nw.Datetime):
        times = pl.Series(series.to_numpy().astype("datetime64[us]"))
        return times if dtype.time_zone is None else _in_zone(times.dt.replace_time_zone("UTC"), dtype.time_zone)
    values: list[Any] = [
        None if null else value for value, null in zip(series.to_list(), series.is_null().to_list(), strict=True)
    ]
    if dtype == nw.Boolean:
        return pl.Series(values, dtype=pl.Boolean)
    return pl.Series([None if value is None else str(value) for value in values], dtype=pl.String)


def _in_zone(times: pl.Series, zone: str) -> pl.Series:
    """The same moments by the clock of a zone, if it is one that has a name; a mere offset has none."""
    try:
        return times.dt.convert_time_zone(zone)
    except pl.exceptions.ComputeError:
        return times


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
