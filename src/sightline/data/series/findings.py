"""What was found in somebody's data: where, what, and how to mend it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sightline.data.counting import count
from sightline.data.tables import FilePlace
from sightline.errors import DataError

__all__ = ["Finding", "Place", "tell_time"]


class Place(FilePlace, total=False):
    """Where something was found, as far as it is known."""

    series: str
    time: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about the data that its owner should know.

    Attributes:
        kind: a short name of what it is about, such as `"gaps"`.
        what: what was found.
        remedy: what to do about it.
        fatal: whether the data cannot be used as they are; else `what` says what is made of it.
        series: the series it was found in, or found in first.
        time: the timestamp in that series.
        path: the file.
        line: its line, counted from 1.

    Example:
        >>> print(Finding("gaps", "1 step is missing", "nothing", series="a", time="2024-01-03"))
        series 'a' at 2024-01-03: 1 step is missing. To do: nothing
    """

    kind: str
    what: str
    remedy: str
    fatal: bool = False
    series: str | None = None
    time: str | None = None
    path: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        return str(self.error())

    def error(self, others: Sequence["Finding"] = ()) -> DataError:
        """The same as an error, which counts those found beside it."""
        series = "" if self.series is None else f"series {self.series!r}"
        time = "" if self.time is None else f"at {self.time}"
        place = " ".join(filter(None, (series, time)))
        more = f" ({count(len(others), 'more problem')}: `sightline doctor` lists them all)" if others else ""
        end = "" if self.what.endswith("?") else "."
        lead = "To mend it" if self.fatal else "To do"
        message = f"{place}{place and ': '}{self.what}{end} {lead}: {self.remedy}{more}"
        return DataError(message, path=self.path, line=self.line)


def tell_time(value: Any) -> str:
    """A timestamp, a datetime64 or an int64, as short as it can be told.

    Example:
        >>> [tell_time(value) for value in (np.datetime64("2024-01-01"), np.datetime64("2024-01-01T02:30"))]
        ['2024-01-01', '2024-01-01 02:30']
    """
    if not np.issubdtype(value.dtype, np.datetime64):
        return str(value)
    text = str(value.astype("datetime64[us]")).replace("T", " ")
    return text.removesuffix(".000000").removesuffix(":00").removesuffix(" 00:00")
