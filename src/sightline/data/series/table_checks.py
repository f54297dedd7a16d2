"""What can be wrong with the columns of a table."""

import numpy as np
import polars as pl

from sightline.data.series.columns import Columns, nearest
from sightline.data.series.findings import Finding
from sightline.data.series.times import parse_times
from sightline.data.tables import Table

__all__ = ["check_columns"]

_ID = Columns().id
_SHOWN = 10


def check_columns(table: Table, columns: Columns) -> list[Finding]:
    """All that is wrong with the columns; the rest cannot be read then."""
    return (
        _check_absent(table, columns)
        or _check_nothing_there(table, columns)
        or _check_two_forms(table, columns)
        or _check_unused(table, columns)
    )


def _check_absent(table: Table, columns: Columns) -> list[Finding]:
    names = table.frame.columns
    return [
        Finding(
            "columns",
            f"there is no column {name!r}; those that exist: {_list(names)}{nearest(name, names)}",
            _how_to_name(name, columns, table),
            fatal=True,
            **table.place(),
        )
        for name in _needed(table, columns)
        if name not in names
    ]


def _check_nothing_there(table: Table, columns: Columns) -> list[Finding]:
    if not table.frame.height:
        what = "there is nothing below the header"
    elif not columns.targets(table.frame.columns):
        what = "there is no column for a target"
    else:
        return []
    return [Finding("columns", what, "give a table with series in it", fatal=True, **table.place())]


def _check_two_forms(table: Table, columns: Columns) -> list[Finding]:
    if not columns.is_wide or columns.id not in table.frame.columns:
        return []
    return [
        Finding(
            "columns",
            f"there is a column {columns.id!r}, which says which series a row belongs to, beside several targets",
            "name one target; or if each column is a series of its own, leave out or rename this one",
            fatal=True,
            **table.place(),
        )
    ]


def _check_unused(table: Table, columns: Columns) -> list[Finding]:
    used = {columns.id, *_needed(table, columns)}
    unused = [name for name in table.frame.columns if name not in used]
    if not unused:
        return []
    return [
        Finding(
            "unused columns",
            f"not used: {_list(unused)}",
            "nothing, or list those that matter as past, future or static covariates",
            **table.place(),
        )
    ]


def _needed(table: Table, columns: Columns) -> list[str]:
    """Columns that have to be there; the id only where it was named."""
    own_id = [columns.id] if columns.id != _ID and not columns.is_wide else []
    return [columns.time, *columns.targets(table.frame.columns), *columns.covariates, *own_id]


def _list(names: list[str]) -> str:
    return ", ".join(map(repr, names[:_SHOWN])) + (", ..." if len(names) > _SHOWN else "")


def _how_to_name(name: str, columns: Columns, table: Table) -> str:
    if name == columns.time:
        dates = [other for other in table.frame.columns if _holds_dates(table, other)]
        found = f": --time {dates[0]}, in Python time={dates[0]!r}" if dates else " (time)"
        return f"name the column of timestamps{found}; in pandas, an index becomes a column with frame.reset_index()"
    if name in columns.targets([]):
        return "name the column to forecast (target), or several, or '*' for all, if each column is a series of its own"
    return "write the name as it stands in the table" + ("" if name in columns.covariates else " (id)")


def _holds_dates(table: Table, name: str) -> bool:
    times = parse_times(Table(table.frame.select(pl.col(name).head(100))), name)
    return np.issubdtype(times.values.dtype, np.datetime64) and not times.findings
