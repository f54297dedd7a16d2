"""Covariates that are known ahead, from a table."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sightline.data.counting import count
from sightline.data.series.cells import parse_categories, parse_numbers
from sightline.data.series.columns import Columns, nearest
from sightline.data.series.findings import Finding, tell_time
from sightline.data.series.frequency import Frequency, Timestamps
from sightline.data.series.times import parse_times
from sightline.data.tables import Source, Table, load
from sightline.errors import DataError

__all__ = ["read_future"]


class _Known(Protocol):
    """What has to be known of the series."""

    @property
    def columns(self) -> Columns: ...
    @property
    def frequency(self) -> Frequency: ...
    @property
    def ids(self) -> tuple[str, ...]: ...
    @property
    def categories(self) -> Mapping[str, tuple[str, ...]]: ...


def read_future(source: Source, panel: _Known, ends: Timestamps, horizon: int) -> NDArray[np.float64]:
    """The future covariates of each series for the steps ahead, `[N, horizon, F]`.

    Args:
        source: a file or data frame.
        panel: the series.
        ends: the first step ahead of each series.
        horizon: how many steps.

    Raises:
        DataError: when one is missing, comes twice, or cannot be read; when a series is unknown.
    """
    table = load(source)
    columns, frequency = panel.columns, panel.frequency
    times = _read_times(table, columns, frequency)
    values = np.column_stack([_read_column(table, name, panel) for name in columns.future])
    if not columns.is_wide and columns.id in table.frame.columns:
        codes, rows = _read_codes(table, columns.id, panel.ids), np.arange(len(times))
    else:
        codes = np.repeat(np.arange(len(ends)), len(times))
        rows = np.tile(np.arange(len(times)), len(ends))
    steps = frequency.position(ends[codes], times[rows])
    needed = (frequency.step(ends[codes], steps) == times[rows]) & (steps >= 0) & (steps < horizon)
    codes, rows, steps = codes[needed], rows[needed], steps[needed]
    found = np.zeros((len(ends), horizon), np.int64)
    np.add.at(found, (codes, steps), 1)
    ahead = np.full((len(ends), horizon, len(columns.future)), np.nan)
    ahead[codes, steps] = values[rows]
    _refuse_wrong_count(found, panel, ends, table)
    missing = np.argwhere(np.isnan(ahead))
    if len(missing):
        code, step, column = missing[0]
        raise DataError(
            f"series {panel.ids[code]!r} at {tell_time(frequency.step(ends[code], step))}: covariate "
            f"{columns.future[column]!r} is missing, and has to be known for {count(horizon, 'step')} ahead: write it",
            path=table.path,
        )
    return ahead


def _read_times(table: Table, columns: Columns, frequency: Frequency) -> Timestamps:
    for name in (columns.time, *columns.future):
        if name not in table.frame.columns:
            raise DataError(
                f"there is no column {name!r} among the future covariates{nearest(name, table.frame.columns)}",
                path=table.path,
            )
    times = parse_times(table, columns.time)
    _refuse_fatal(times.findings)
    if np.issubdtype(times.values.dtype, np.integer) != frequency.is_integer:
        kinds = ("dates", "whole numbers")
        raise DataError(
            f"column {columns.time!r} holds {kinds[not frequency.is_integer]}, and the series have "
            f"{kinds[frequency.is_integer]}: write timestamps of the same kind",
            path=table.path,
        )
    return times.values


def _read_column(table: Table, name: str, panel: _Known) -> NDArray[np.float64]:
    if name in panel.categories:
        values, _, findings = parse_categories(table, name, panel.categories[name])
    else:
        values, findings = parse_numbers(table, name)
    _refuse_fatal(findings)
    return values


def _refuse_fatal(findings: Sequence[Finding]) -> None:
    for finding in findings:
        if finding.fatal:
            raise finding.error()


def _read_codes(table: Table, name: str, ids: Sequence[str]) -> NDArray[np.int64]:
    names = table.frame[name].cast(pl.String)
    codes = names.replace_strict(list(ids), list(range(len(ids))), default=None, return_dtype=pl.Int64)
    if codes.null_count():
        row = codes.is_null().arg_true()[0]
        raise DataError(
            f"series {names[row]!r} is not among the {count(len(ids), 'series')} whose past is known"
            f"{nearest(str(names[row]), ids)}: leave its rows out",
            path=table.path,
            line=table.line(row),
        )
    return codes.to_numpy()


def _refuse_wrong_count(found: NDArray[np.int64], panel: _Known, ends: Timestamps, table: Table) -> None:
    """Refuse steps without a row, or with two."""
    wrong = np.argwhere(found != 1)
    if not len(wrong):
        return
    code, step = wrong[0]
    frequency, horizon = panel.frequency, found.shape[1]
    span = f"{tell_time(ends[code])} to {tell_time(frequency.step(ends[code], horizon - 1))}"
    what = "no row" if not found[code, step] else count(int(found[code, step]), "row")
    raise DataError(
        f"series {panel.ids[code]!r} at {tell_time(frequency.step(ends[code], step))}: {what} with future covariates; "
        f"one is needed for each of {count(horizon, 'step')} ahead, {span}",
        path=table.path,
    )
