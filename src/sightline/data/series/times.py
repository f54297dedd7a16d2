"""Timestamps from whatever a column holds: dates and datetimes in UTC or without zone, or whole numbers."""

from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from sightline.data.counting import count
from sightline.data.series.findings import Finding
from sightline.data.series.frequency import Timestamps
from sightline.data.tables import Table

__all__ = ["Times", "parse_times"]

_ISO = (
    r"^(\d{4}-\d\d)(-\d\d)?"
    r"(?:[T ](\d\d)(?:(:\d\d)(:\d\d(?:\.\d{1,9})?)?)?"
    r"\s?(?:([+-])(\d\d):?(\d\d)|(Z))?)?$"
)
_NO_ZONES = pl.Series([False])
_PARTS = ("month", "day", "hour", "minute", "second", "sign", "hours", "minutes", "utc")
_OTHER_DAYS = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y")
_OTHER_CLOCKS = ("", " %H:%M", " %H:%M:%S")


class Times(NamedTuple):
    """A column of timestamps.

    Attributes:
        values: datetime64[us], in UTC if there were zones or offsets; or int64.
        findings: why they cannot be used, if so.
        are_zoned: whether there were zones or offsets.
    """

    values: Timestamps
    findings: list[Finding]
    are_zoned: bool = False


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
    parsed, zoned = _parse(column)
    findings = [
        *_unreadable(table, column, parsed),
        *_mixed_zones(table, column, zoned),
        *_dates_as_numbers(table, parsed),
    ]
    return Times(parsed.to_numpy(), findings, bool(zoned.any()))


def _parse(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Datetimes in UTC or whole numbers, null where neither is; and whether there are zones, as `_parse_iso` has it."""
    match column.dtype:
        case pl.String() if column.count() and column.str.contains(r"^[+-]?\d+$").all():
            return column.cast(pl.Int64, strict=False), _NO_ZONES
        case pl.String():
            return _parse_iso(column)
        case pl.Datetime(time_zone=None):
            return column.cast(pl.Datetime("us")), _NO_ZONES
        case pl.Datetime():
            return column.dt.convert_time_zone("UTC").dt.replace_time_zone(None).cast(pl.Datetime("us")), ~_NO_ZONES
        case pl.Date():
            return column.cast(pl.Datetime("us")), _NO_ZONES
        case dtype if dtype.is_numeric():
            whole = column.cast(pl.Int64, strict=False)
            return whole.set(whole != column, None), _NO_ZONES
        case _:
            return pl.Series([None] * len(column), dtype=pl.Int64), _NO_ZONES


def _parse_iso(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Datetimes in UTC, null where a text is none; and whether each text has a zone, null likewise."""
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
    offset = 60 * pl.col("hours").cast(pl.Int64) + pl.col("minutes").cast(pl.Int64)
    signed = pl.when(pl.col("sign") == "-").then(-offset).otherwise(offset).fill_null(0)
    local = text.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
    has_zone = pl.col("sign").is_not_null() | pl.col("utc").is_not_null()
    read = parts.select(
        time=local - pl.duration(minutes=signed, time_unit="us"), has_zone=pl.when(local.is_not_null()).then(has_zone)
    )
    return read["time"], read["has_zone"]


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


def _mixed_zones(table: Table, column: pl.Series, zoned: pl.Series) -> Iterator[Finding]:
    if not zoned.any() or zoned.all():
        return
    row = zoned.not_().arg_true()[0]
    yield Finding(
        "time zones",
        f"{column[row]!r} in column {column.name!r} has no zone or offset, and {int(zoned.sum()):,} of "
        f"{zoned.count():,} rows have one",
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
