"""The step between one timestamp of a series and the next."""

import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sightline.data.series.columns import nearest
from sightline.errors import ConfigError

__all__ = ["Frequency", "Timestamps", "by_clock"]

Timestamps = NDArray[Any]  # datetime64[us], or int64

_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_SPANS = {
    "W": 7 * _DAY,
    "D": _DAY,
    "h": 3600 * _SECOND,
    "min": 60 * _SECOND,
    "s": _SECOND,
    "ms": 1000,
    "us": 1,
}
_MONTHS = {"Y": 12, "Q": 3, "M": 1}
# Names that pandas had before version 2.2.
_FORMER = {"H": "h", "T": "min", "S": "s", "L": "ms", "U": "us", "M": "ME", "Q": "QE", "Y": "YE", "A": "YE", "AS": "YS"}


@dataclass(frozen=True, slots=True)
class Frequency:
    """A step in time, of one length, by the calendar, or of whole numbers.

    Its text is the name that pandas gives it: `"15min"`, `"h"`, `"D"`, `"W"`, `"MS"` and `"ME"` (months, on the day of
    the first timestamp, or at their ends), `"QS"`, `"QE"`, `"YS"`, `"YE"`, `"B"` (Monday to Friday), or for whole
    numbers `"1"`. Weeks, quarters and years begin where a series begins, so that no other anchor is named.

    Attributes:
        kind: of one length, by months, by ends of months, by weekdays, or of whole numbers.
        size: microseconds, months, weekdays, or whole numbers in a step.

    Example:
        >>> str(Frequency.parse("60min")), Frequency.parse("15min").seasonality
        ('h', 96)
        >>> str(Frequency.parse("ME").step(np.datetime64("2024-01-31"), 1))
        '2024-02-29T00:00:00.000000'
    """

    kind: Literal["fixed", "month", "month end", "weekday", "integer"]
    size: int = 1

    @classmethod
    def parse(cls, name: str) -> "Frequency":
        """The frequency of a name, such as `"15min"`.

        Raises:
            ConfigError: when there is none of this name.
        """
        match = re.fullmatch(r"(\d*)([A-Za-z]*)", name)
        number, unit = (int(match[1] or 1), match[2]) if match and name else (0, name)
        unit = _FORMER.get(unit, unit)
        if number and not unit:
            return cls("integer", number)
        if number and unit in _SPANS:
            return cls("fixed", number * _SPANS[unit])
        if number and unit[:-1] in _MONTHS and unit[-1] in "SE":
            return cls("month" if unit[-1] == "S" else "month end", number * _MONTHS[unit[:-1]])
        if number == 1 and unit == "B":
            return cls("weekday")
        known = [*_SPANS, *(unit + end for end in "SE" for unit in _MONTHS), "B"]
        anchor = f"; write {name.partition('-')[0]!r}, for a series itself says where its steps begin" * ("-" in name)
        raise ConfigError(
            f"unknown frequency {name!r}: expected one of {', '.join(known)}, with a number in front for multiples, or "
            f"a number alone for timestamps that are whole numbers{anchor or nearest(name, known)}"
        )

    def __str__(self) -> str:
        match self.kind:
            case "integer":
                return str(self.size)
            case "weekday":
                return "B"
            case "fixed":
                units, end = _SPANS, ""
            case "month" | "month end":
                units, end = _MONTHS, "S" if self.kind == "month" else "E"
        unit = next(unit for unit, span in units.items() if self.size % span == 0)
        number = self.size // units[unit]
        return f"{number if number > 1 else ''}{unit}{end}"

    @property
    def is_integer(self) -> bool:
        """Whether timestamps are whole numbers, and no dates."""
        return self.kind == "integer"

    @property
    def seasonality(self) -> int:
        """Steps in the period that such series mostly have: the hour for seconds, the day, the week, the year; or 1.

        Example:
            >>> [Frequency.parse(name).seasonality for name in ("s", "30min", "h", "D", "B", "W", "MS", "QE", "1")]
            [3600, 48, 24, 7, 5, 52, 12, 4, 1]
        """
        match self.kind:
            case "integer":
                return 1
            case "weekday":
                return 5
            case "month" | "month end":
                return _steps(12, self.size)
            case "fixed" if self.size < 60 * _SECOND:
                return _steps(_SPANS["h"], self.size)
            case "fixed" if self.size < _DAY:
                return _steps(_DAY, self.size)
            case "fixed" if self.size < _SPANS["W"]:
                return _steps(_SPANS["W"], self.size)
            case "fixed":
                return _steps(52 * _SPANS["W"], self.size)

    def step(self, start: Any, count: Any) -> Timestamps:
        """Timestamps so many steps after `start`, elementwise; datetimes come as datetime64[us].

        Args:
            start: timestamps; whole numbers if the frequency is one of them.
            count: whole numbers, also below 0.
        """
        if self.is_integer:
            return np.asarray(start, np.int64) + np.multiply(count, self.size, dtype=np.int64)
        begin = np.asarray(start, "datetime64[us]")
        steps = np.multiply(count, self.size, dtype=np.int64)
        match self.kind:
            case "weekday":
                day = begin.astype("datetime64[D]")
                return np.busday_offset(day, steps, roll="forward").astype("datetime64[us]") + (begin - day)
            case "month":
                month = begin.astype("datetime64[M]")
                return (month + steps).astype("datetime64[us]") + (begin - month)
            case "month end":
                day = begin.astype("datetime64[D]")
                last = (begin.astype("datetime64[M]") + steps + 1).astype("datetime64[D]") - 1
                return last.astype("datetime64[us]") + (begin - day)
            case _:
                return begin + steps.astype("timedelta64[us]")

    def position(self, start: Any, timestamps: Any) -> NDArray[np.int64]:
        """How many steps after `start` the last one at or before each timestamp is: the inverse of `step`.

        Args:
            start: timestamps, one or one for each.
            timestamps: timestamps, which need not be whole steps away.

        Example:
            >>> start = np.datetime64("2024-01-01")
            >>> Frequency.parse("MS").position(start, np.array(["2024-03-31", "2024-04-01"], "M8"))
            array([2, 3])
        """
        if self.is_integer:
            return (np.asarray(timestamps, np.int64) - np.asarray(start, np.int64)) // self.size
        begin, times = np.asarray(start, "datetime64[us]"), np.asarray(timestamps, "datetime64[us]")
        match self.kind:
            case "weekday":
                steps = np.busday_count(begin.astype("datetime64[D]"), times.astype("datetime64[D]"))
            case "month" | "month end":
                months = times.astype("datetime64[M]") - begin.astype("datetime64[M]")
                steps = months.astype(np.int64) // self.size
            case _:
                return (times - begin).astype(np.int64) // self.size
        return steps - (self.step(begin, steps) > times)


def _steps(period: int, size: int) -> int:
    """Steps in a period, 1 where they do not fill it."""
    return period // size if period % size == 0 else 1


def by_clock(times: Timestamps, zone: str | None) -> Timestamps:
    """What the clock of a zone shows at timestamps in UTC; the same where there is no zone."""
    if zone is None:
        return times
    moments = pl.Series(times.ravel()).dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    return moments.dt.replace_time_zone(None).to_numpy().reshape(times.shape)
