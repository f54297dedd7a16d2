"""From tables to panels: every fault is told with its place and remedy, and nothing is mended unasked."""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sightline.data.series.cells import is_category, parse_categories, parse_numbers
from sightline.data.series.columns import Columns
from sightline.data.series.findings import Finding
from sightline.data.series.frequency import Frequency
from sightline.data.series.inference import infer
from sightline.data.series.panel import Panel
from sightline.data.series.row_checks import (
    check_duplicates,
    check_gaps,
    check_one_step,
    check_span,
    check_whole_steps,
)
from sightline.data.series.rows import Rows, arrange, long_rows, wide_rows
from sightline.data.series.table_checks import check_columns
from sightline.data.series.times import check_zone, parse_times
from sightline.data.series.value_checks import (
    check_constant,
    check_covariate,
    check_missing_target,
    check_no_target,
    check_outliers,
    check_static,
)
from sightline.data.tables import Source, Table, load

__all__ = ["Examination", "examine", "read_series"]


def _warn(finding: Finding) -> None:
    warnings.warn(str(finding), stacklevel=3)  # the caller of read_series


class Examination(NamedTuple):
    """What a table holds.

    Attributes:
        panel: its series; None when something fatal was found.
        findings: what its owner should know, in the order of reading.
    """

    panel: Panel | None
    findings: list[Finding]


def read_series(
    source: Source,
    columns: Columns | None = None,
    frequency: Frequency | str | None = None,
    *,
    categories: Mapping[str, Sequence[str]] | None = None,
    time_zone: str | None = None,
    say: Callable[[Finding], None] = _warn,
) -> Panel:
    """The series in a file or data frame.

    Timestamps with zone or offset are converted to UTC. Steps without a row are added with a missing target; nothing
    else is filled in, and nothing left out.

    Args:
        source: a CSV or Parquet file, or a pandas or polars data frame.
        columns: which column is what; None for `unique_id`, `ds` and `y`.
        frequency: the step or its name; None to infer it.
        categories: the names of each categorical covariate, as saved with a model; None to take those that are found.
        say: called with each finding that is not fatal; by default it becomes a warning.

    Raises:
        DataError: at the first fatal finding.
        ConfigError: when there is no frequency of this name.

    Example:
        >>> import polars as pl
        >>> frame = pl.DataFrame({"ds": ["2024-01-01", "2024-01-02", "2024-01-04"], "y": [1.0, 2.0, 3.0]})
        >>> read_series(frame, say=lambda finding: print(finding.kind)).target.tolist()
        gaps
        [1.0, 2.0, nan, 3.0]
    """
    panel, findings = examine(source, columns, frequency, categories=categories, time_zone=time_zone)
    fatal = [finding for finding in findings if finding.fatal]
    if panel is None:
        raise fatal[0].error(fatal[1:])
    for finding in findings:
        say(finding)
    return panel


def examine(
    source: Source,
    columns: Columns | None = None,
    frequency: Frequency | str | None = None,
    *,
    categories: Mapping[str, Sequence[str]] | None = None,
    time_zone: str | None = None,
) -> Examination:
    """What `read_series` reads, and all that it finds, fatal or not; arguments as there.

    Raises:
        DataError: when the source is no table at all.
        ConfigError: when there is no frequency of this name.

    Example:
        >>> import polars as pl
        >>> [finding.kind for finding in examine(pl.DataFrame({"date": ["2024-01-01"], "y": [1.0]})).findings]
        ['columns']
    """
    columns = columns or Columns()
    step = Frequency.parse(frequency) if isinstance(frequency, str) else frequency
    table = load(source)
    findings = check_columns(table, columns)
    if _any_fatal(findings):
        return Examination(None, findings)
    times = parse_times(table, columns.time)
    findings += times.findings + check_zone(table, columns, times, time_zone)
    if _any_fatal(findings):
        findings += _read_targets(table, columns) + _read_covariates(table, columns, categories).findings
        return Examination(None, findings)
    rows, found = (wide_rows if columns.is_wide else long_rows)(table, columns, times.values)
    covariates = _read_covariates(table, columns, categories)
    findings += found + covariates.findings
    rows, found = arrange(rows)
    findings += found + check_duplicates(rows, columns, are_zoned=times.zone is not None)
    if _any_fatal(findings):
        return Examination(None, findings)
    grid, found = _find_grid(rows, step, are_zoned=times.zone is not None)
    findings += found + _check_values(rows, columns, covariates)
    if grid is None or _any_fatal(findings):
        return Examination(None, findings)
    zone = None if times.zone is None else time_zone or times.zone
    return Examination(_build(rows, columns, covariates, grid, zone), findings)


class _Covariates(NamedTuple):
    """Covariates as they stand in the table."""

    values: dict[str, NDArray[np.float64]]
    categories: dict[str, tuple[str, ...]]
    findings: list[Finding]


class _Grid(NamedTuple):
    """The even steps under the rows: how many steps each row is after the first of its series."""

    frequency: Frequency
    positions: NDArray[np.int64]


def _read_targets(table: Table, columns: Columns) -> list[Finding]:
    """What is wrong with the numbers to forecast, where their rows cannot be told."""
    return [finding for name in columns.targets(table.frame.columns) for finding in parse_numbers(table, name)[1]]


def _any_fatal(findings: Iterable[Finding]) -> bool:
    return any(finding.fatal for finding in findings)


def _read_covariates(table: Table, columns: Columns, known: Mapping[str, Sequence[str]] | None) -> _Covariates:
    read = _Covariates({}, {}, [])
    for name in columns.covariates:
        is_named = name in columns.categorical or is_category(table, name)
        if (known is None and is_named) or (known is not None and name in known):
            vocabulary = None if known is None else known[name]
            read.values[name], read.categories[name], found = parse_categories(table, name, vocabulary)
        else:
            read.values[name], found = parse_numbers(table, name)
        read.findings.extend(found)
    return read


def _find_grid(rows: Rows, frequency: Frequency | None, *, are_zoned: bool) -> tuple[_Grid | None, list[Finding]]:
    """The frequency that is asked for or explains the rows, and what does not fit it."""
    step = frequency or infer(rows.times, rows.firsts)
    if step is None:
        what = "every series has one row only, which shows no frequency"
        return None, [Finding("frequency", what, "set the frequency, such as 'D'", fatal=True, **rows.place(0))]
    if step.is_integer != np.issubdtype(rows.times.dtype, np.integer):
        kind = "dates" if step.is_integer else "whole numbers"
        remedy = f"leave out the frequency, or set one for {kind}"
        what = f"timestamps are {kind}, which do not go with frequency {str(step)!r}"
        return None, [Finding("frequency", what, remedy, fatal=True, **rows.place(0))]
    if findings := check_whole_steps(rows, step, are_zoned=are_zoned):
        return None, findings
    starts = rows.times[rows.firsts]
    positions = step.position(starts[rows.codes], rows.times)
    jumps = np.diff(positions, prepend=-1)
    jumps[rows.firsts] = 1
    if frequency is None:
        lengths = np.maximum.reduceat(positions, np.flatnonzero(rows.firsts))
        if findings := check_one_step(rows, step, jumps) + check_span(rows, step, lengths):
            return None, findings
    return _Grid(step, positions), check_gaps(rows, jumps)


def _check_values(rows: Rows, columns: Columns, covariates: _Covariates) -> list[Finding]:
    findings = check_missing_target(rows) + check_no_target(rows) + check_constant(rows) + check_outliers(rows)
    for name in columns.covariates:
        check = check_static if name in columns.static else check_covariate
        findings += check(rows, name, covariates.values[name][rows.origin])
    return findings


def _build(rows: Rows, columns: Columns, covariates: _Covariates, grid: _Grid, zone: str | None) -> Panel:
    begins = np.flatnonzero(rows.firsts)
    lengths = np.maximum.reduceat(grid.positions, begins) + 1
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    places = offsets[rows.codes] + grid.positions

    def spread(*values: NDArray[np.float64]) -> NDArray[np.float64]:
        out = np.full((offsets[-1], len(values)), np.nan)
        for column, value in zip(out.T, values, strict=True):
            column[places] = value
        return out

    def of_rows(names: Sequence[str]) -> list[NDArray[np.float64]]:
        return [covariates.values[name][rows.origin] for name in names]

    static = [np.fmax.reduceat(values, begins) for values in of_rows(columns.static)]
    return Panel(
        columns=columns,
        frequency=grid.frequency,
        ids=rows.ids,
        starts=rows.times[rows.firsts],
        offsets=offsets,
        history=lengths,
        target=spread(rows.target)[:, 0],
        past=spread(*of_rows(columns.past)),
        future=spread(*of_rows(columns.future)),
        static=np.stack(static, axis=1) if static else np.empty((len(rows.ids), 0)),
        categories=covariates.categories,
        zone=zone,
    )
