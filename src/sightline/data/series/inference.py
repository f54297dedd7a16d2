"""The frequency that explains the timestamps of series."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.data.series.frequency import Frequency, Timestamps

__all__ = ["infer", "steps_between"]

_DAY = np.timedelta64(1, "D")
_SHORTEST_MONTH = 28 * _DAY


def infer(times: Timestamps, firsts: NDArray[np.bool_]) -> Frequency | None:
    """The most frequent step, told by the calendar where that explains more; None where there is no step at all.

    Gaps do not matter as long as most steps are whole. Whether all are has to be checked.

    Args:
        times: timestamps, in order within each series, none twice.
        firsts: True where a series begins.

    Example:
        >>> days = np.array(["2024-01-31", "2024-02-29", "2024-03-31", "2024-07-31"], "datetime64[us]")
        >>> str(infer(days, np.array([True, False, False, False])))
        'ME'
    """
    steps = steps_between(times, firsts)
    if not len(steps):
        return None
    usual = _most_frequent(steps)
    if np.issubdtype(times.dtype, np.integer):
        return Frequency("integer", int(usual))
    if usual >= _SHORTEST_MONTH and (monthly := _infer_months(times, firsts)):
        return monthly
    if usual == _DAY and _skips_weekends(times, steps):
        return Frequency("weekday")
    return Frequency("fixed", int(usual.astype("timedelta64[us]").astype(np.int64)))


def steps_between(values: NDArray[Any], firsts: NDArray[np.bool_]) -> NDArray[Any]:
    """Differences of neighbours within a series.

    Example:
        >>> steps_between(np.array([3, 5, 1, 2]), np.array([True, False, True, False]))
        array([2, 1])
    """
    return np.diff(values)[~firsts[1:]]


def _most_frequent(values: NDArray[Any]) -> NDArray[Any]:
    """The value that is there most often, the smallest of several."""
    found, counts = np.unique(values, return_counts=True)
    return found[np.argmax(counts)]


def _infer_months(times: Timestamps, firsts: NDArray[np.bool_]) -> Frequency | None:
    """Months, if all timestamps are at their ends, or all of a series at the same time of the month."""
    months = times.astype("datetime64[M]")
    days = times.astype("datetime64[D]")
    size = int(_most_frequent(steps_between(months.astype(np.int64), firsts)))
    if ((days + 1).astype("datetime64[M]") > months).all():
        return Frequency("month end", size)
    if not steps_between(times - months, firsts).astype(np.int64).any():
        return Frequency("month", size)
    return None


def _skips_weekends(times: Timestamps, steps: NDArray[Any]) -> bool:
    """Whether there was a weekend, and no timestamp on any."""
    return bool((steps >= 3 * _DAY).any() and np.is_busday(times.astype("datetime64[D]")).all())
