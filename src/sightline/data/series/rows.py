"""The cells of a table as rows of series, in order of time."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sightline.data.counting import count
from sightline.data.series.cells import parse_numbers
from sightline.data.series.columns import Columns
from sightline.data.series.findings import Finding, Place, tell_time
from sightline.data.series.frequency import Timestamps
from sightline.data.tables import Table

__all__ = ["Rows", "arrange", "long_rows", "wide_rows"]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Observations, one series after the other.

    Attributes:
        ids: the series.
        codes: the index of each row's series.
        times: each row's timestamp.
        target: what is to be forecast, NaN where it is missing.
        origin: each row's row in the table.
        table: where they are from.
    """

    ids: tuple[str, ...]
    codes: NDArray[np.int64]
    times: Timestamps
    target: NDArray[np.float64]
    origin: NDArray[np.int64]
    table: Table

    @property
    def firsts(self) -> NDArray[np.bool_]:
        """True where a series begins."""
        return np.diff(self.codes, prepend=-1) != 0

    def place(self, row: int | np.int64) -> Place:
        """Where a row is."""
        series, time = self.ids[self.codes[row]], tell_time(self.times[row])
        return Place(series=series, time=time, **self.table.place(int(self.origin[row])))

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Rows":
        """Some of the rows, or all in another order."""
        return Rows(self.ids, self.codes[rows], self.times[rows], self.target[rows], self.origin[rows], self.table)


def long_rows(table: Table, columns: Columns, times: Timestamps) -> tuple[Rows, list[Finding]]:
    """The rows of a table in long form, as they stand; without the id column they are one series, named as the target.

    Example:
        >>> table = Table(pl.DataFrame({"unique_id": ["b", "a", "b"], "y": [1.0, 2.0, 3.0]}))
        >>> rows, _ = long_rows(table, Columns(), np.array([5, 5, 6]))
        >>> rows.ids, rows.codes.tolist()
        (('b', 'a'), [0, 1, 0])
    """
    (name,) = columns.targets(table.frame.columns)
    target, findings = parse_numbers(table, name)
    ids, codes = (name,), np.zeros(len(times), np.int64)
    if columns.id in table.frame.columns:
        column = table.frame[columns.id].cast(pl.String)
        if column.null_count():
            findings.append(
                Finding(
                    "ids",
                    f"column {columns.id!r} says nothing; {count(column.null_count(), 'such row')}",
                    "write which series the row belongs to",
                    fatal=True,
                    **table.place(column.is_null().arg_true()[0]),
                )
            )
            column = column.fill_null("")
        names = column.unique(maintain_order=True)
        ids, codes = tuple(names), column.replace_strict(names, np.arange(len(names))).to_numpy()
    return Rows(ids, codes, times, target, np.arange(len(times)), table), findings


def wide_rows(table: Table, columns: Columns, times: Timestamps) -> tuple[Rows, list[Finding]]:
    """The rows of a table in wide form, column by column; empty cells before a series begins are left out, and told.

    Example:
        >>> table = Table(pl.DataFrame({"a": [1.0, 2.0], "b": [None, 3.0]}))
        >>> rows, findings = wide_rows(table, Columns(target=["a", "b"]), np.array([5, 6]))
        >>> rows.codes.tolist(), rows.target.tolist(), len(findings)
        ([0, 0, 1], [1.0, 2.0, 3.0], 1)
    """
    ids = columns.targets(table.frame.columns)
    findings: list[Finding] = []
    targets = np.empty((len(ids), len(times)))
    for row, name in zip(targets, ids, strict=True):
        row[:], found = parse_numbers(table, name)
        findings += found
    rows = Rows(
        ids,
        np.repeat(np.arange(len(ids)), len(times)),
        np.tile(times, len(ids)),
        targets.reshape(-1),
        np.tile(np.arange(len(times)), len(ids)),
        table,
    )
    order = np.argsort(times, kind="stable")
    seen = np.zeros(targets.shape, bool)
    seen[:, order] = np.maximum.accumulate(~np.isnan(targets[:, order]), axis=1)
    late = seen.any(1) & ~seen.all(1)
    if late.any():
        findings.append(
            Finding(
                "late beginnings",
                f"{count(int(late.sum()), 'series')} of {len(ids)} begin later than "
                "the table: the empty cells before are left out",
                "nothing, if these series did begin later",
                series=ids[int(late.argmax())],
            )
        )
        rows = rows.take((seen | ~seen.any(1, keepdims=True)).reshape(-1))
    return rows, findings


def arrange(rows: Rows) -> tuple[Rows, list[Finding]]:
    """The rows in order of time within each series; told if they were not."""
    together = rows.take(np.argsort(rows.codes, kind="stable"))
    is_back = np.diff(together.times.astype(np.int64), prepend=0) < 0
    is_back &= ~together.firsts
    if not is_back.any():
        return together, []
    finding = Finding(
        "order",
        f"the row is earlier than the one before it; {count(int(is_back.sum()), 'such row')}: all rows were sorted",
        "nothing, or sort the table by time",
        **together.place(is_back.argmax()),
    )
    return rows.take(np.lexsort((rows.times, rows.codes))), [finding]
