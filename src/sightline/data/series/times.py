"""Timestamps from whatever a column holds: dates and datetimes in UTC or without zone, or whole numbers."""

from collections.abc import Iterator
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from sightline.data.counting import count
from sightline.data.series.columns import Columns
from sightline.data.series.findings import Finding
from sightline.data.series.frequency import Timestamps
from sightline.data.tables import Table
from sightline.errors import ConfigError

__all__ = ["Times", "check_zone", "parse_times"]

_ISO = (
    r"^(\d{4}-\d\d)(-\d\d)?"
    r"(?:[T ](\d\d)(?:(:\d\d)(:\d\d(?:\.\d{1,9})?)?)?"
    r"\s?(?:([+-])(\d\d):?(\d\d)|(Z))?)?$"
)
_PARTS = ("month", "day", "hour", "minute", "second", "sign", "hours", "minutes", "utc")
_OTHER_DAYS = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y")
_OTHER_CLOCKS = ("", " %H:%M", " %H:%M:%S")


class Times(NamedTuple):
    """A column of timestamps.

    Attributes:
        values: datetime64[us], in UTC if there were zones or offsets; or int64.
        findings: why they cannot be used, if so.
        zone: whose clock they were written by: that of a data frame's column, or `"UTC"` where there were offsets; None
            where there was neither.
        are_local: whether there were offsets that are not UTC's, of a zone that is not known by name.
    """

    values: Timestamps
    findings: list[Finding]
    zone: str | None = None
    are_local: bool = False


def parse_times(table: Table, name: str) -> Times:
    """The timestamps in a column.

    ISO 8601 is read from texts, to the microsecond, with or without time of day, zone or offset, and months without
    day as their first day; so are whole numbers.

    Example:
        >>> table = Table(pl.DataFrame({"ds": ["2024-03", "2024-03-31 01:00:00.5", "2024-03-31T01:00"]}))
        >>> [str(value) for value in parse_times(table, "ds").values.astype("datetime64[h]")]
        ['2024-03-01T00', '2024-03-31T01', '2024-03-31T01']
    """
    column = table.frame[name]
    if isinstance(column.dtype, pl.String):
        column = column.str.strip_chars()
    if column.dtype == pl.String and not (column.count() and column.str.contains(r"^[+-]?\d+$").all()):
        parsed, offsets = _parse_iso(column)
        mixed = list(_mixed_zones(table, column, parsed, offsets))
        zone, are_local = "UTC" if offsets.count() else None, bool((offsets != 0).any())
    else:
        parsed, mixed, are_local = _parse(column), [], False
        zone = column.dtype.time_zone if isinstance(column.dtype, pl.Datetime) else None
    findings = [*_unreadable(table, column, parsed), *mixed, *_dates_as_numbers(table, parsed)]
    return Times(parsed.to_numpy(), findings, zone, are_local)


def check_zone(table: Table, columns: Columns, times: Times, time_zone: str | None) -> list[Finding]:
    """Whether timestamps go with the zone that is asked for; where there is a local clock, whose it is.

    Raises:
        ConfigError: when there is no zone of this name.
    """
    if time_zone is not None:
        try:
            ZoneInfo(time_zone)
        except (ValueError, OSError, ZoneInfoNotFoundError) as error:
            raise ConfigError(f"there is no time zone {time_zone!r}: write one such as Europe/Berlin or UTC") from error
        if times.zone is None:
            what = f"the timestamps have no zone or offset, so that they cannot be told in {time_zone}"
            remedy = "write their offsets, such as 2024-12-31T23:30:00+01:00, or leave the time zone out"
            return [Finding("time zones", what, remedy, fatal=True, **table.place(0))]
    elif times.are_local:
        what = f"the timestamps in column {columns.time!r} have offsets: forecasts and the calendar are in UTC"
        remedy = "nothing, or name their zone, such as data.time_zone=Europe/Berlin"
        return [Finding("time zones", what, remedy, **table.place(0))]
    return []


def _parse(column: pl.Series) -> pl.Series:
    """Datetimes in UTC or whole numbers, null where neither is."""
    match column.dtype:
        case pl.Datetime(time_zone=None) | pl.Date():
            return column.cast(pl.Datetime("us"))
        case pl.Datetime():
            return column.dt.convert_time_zone("UTC").dt.replace_time_zone(None).cast(pl.Datetime("us"))
        case pl.String():
            return column.cast(pl.Int64, strict=False)
        case dtype if dtype.is_numeric():
            whole = column.cast(pl.Int64, strict=False)
            return whole.set(whole != column, None)
        case _:
            return pl.Series([None] * len(column), dtype=pl.Int64)


def _parse_iso(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Datetimes in UTC, null where a text is none; and each one's offset in minutes, null where there is none."""
    groups = pl.col("text").str.extract_groups(_ISO).struct.rename_fields(_PARTS)
    parts = pl.DataFrame({"text": column}).select(groups).unnest("text")
    text = pl.concat_str(
        pl.col("month"),
        pl.col("day").fill_null("-01"),
        pl.lit(" "),
        pl.col("hour").fill_null("00"),
        pl.col("minute").fill_null(":00"),
        pl.col("second").fill_null(":00"),
    )
    size = 60 * pl.col("hours").cast(pl.Int64) + pl.col("minutes").cast(pl.Int64)
    signed = pl.when(pl.col("sign") == "-").then(-size).otherwise(size)
    offset = pl.when(pl.col("utc").is_not_null()).then(0).otherwise(signed)
    local = text.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
    read = parts.select(
        time=local - pl.duration(minutes=offset.fill_null(0), time_unit="us"),
        offset=pl.when(local.is_not_null()).then(offset),
    )
    return read["time"], read["offset"]


def _unreadable(table: Table, column: pl.Series, parsed: pl.Series) -> Iterator[Finding]:
    bad = parsed.is_null()
    if not bad.any():
        return
    row = bad.arg_true()[0]
    value = column[row]
    what = "holds no timestamp" if value is None else f"holds {str(value)!r}, which is neither an ISO date nor a number"
    yield Finding(
        "timestamps",
        f"column {column.name!r} {what}; {count(int(bad.sum()), 'such row')}",
        _rewrite(column, bad),
        fatal=True,
        **table.place(row),
    )


def _rewrite(column: pl.Series, bad: pl.Series) -> str:
    """How to bring dates that are written in another way into ISO form."""
    plain = "write them as 2024-12-31, 2024-12-31 23:30:00 or 2024-12-31T23:30:00+01:00"
    if column.dtype != pl.String or column.null_count():
        return plain
    name, texts = column.name, column.filter(bad)
    formats = [day + clock for day in _OTHER_DAYS for clock in _OTHER_CLOCKS]
    fitting = [each for each in formats if not _read_as(texts, each).null_count()]
    calls = [f"frame[{name!r}] = pandas.to_datetime(frame[{name!r}], format={each!r})" for each in fitting]
    return f"{plain}; in pandas: {', or if the day is meant to come first or last, '.join(calls)}" if calls else plain


def _read_as(texts: pl.Series, form: str) -> pl.Series:
    return texts.str.to_datetime(form, strict=False) if "%H" in form else texts.str.to_date(form, strict=False)


def _mixed_zones(table: Table, column: pl.Series, parsed: pl.Series, offsets: pl.Series) -> Iterator[Finding]:
    bare = parsed.is_not_null() & offsets.is_null()
    if not offsets.count() or not bare.any():
        return
    row = bare.arg_true()[0]
    yield Finding(
        "time zones",
        f"{column[row]!r} in column {column.name!r} has no zone or offset, and {offsets.count():,} of "
        f"{parsed.count():,} rows have one",
        "write the offset in every row, such as 2024-12-31T23:30:00+01:00, or in none",
        fatal=True,
        **table.place(row),
    )


def _dates_as_numbers(table: Table, parsed: pl.Series) -> Iterator[Finding]:
    """Dates that are written without dashes, which would count 8870 steps from one year to the next."""
    if parsed.dtype != pl.Int64 or not parsed.count():
        return
    dates = parsed.cast(pl.String).str.to_date("%Y%m%d", strict=False)
    if parsed.is_between(1900_01_01, 2199_12_31).all() and not dates.null_count():
        yield Finding(
            "timestamps",
            f"column {parsed.name!r} holds numbers such as {parsed[0]}, which look like dates",
            f"write them as {dates[0]}; in pandas: frame[{parsed.name!r}] = "
            f"pandas.to_datetime(frame[{parsed.name!r}].astype(str), format='%Y%m%d')",
            fatal=True,
            **table.place(0),
        )
