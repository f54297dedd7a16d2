"""What can be wrong with the timestamps of series, one function a fault."""

import numpy as np
from numpy.typing import NDArray

from sightline.data.counting import count
from sightline.data.series.columns import Columns
from sightline.data.series.findings import Finding, tell_time
from sightline.data.series.frequency import Frequency, Timestamps
from sightline.data.series.inference import infer, steps_between
from sightline.data.series.rows import Rows

__all__ = ["check_duplicates", "check_gaps", "check_one_step", "check_span", "check_whole_steps"]

_RUN = 8  # like steps in a row that are no longer taken for gaps
_SHOWN = 3
_SPARSE = 10  # steps for each row, from which on most of a series would be gaps


def check_duplicates(rows: Rows, columns: Columns, *, are_zoned: bool) -> list[Finding]:
    """Timestamps that a series has twice."""
    again = ~rows.firsts
    again[1:] &= rows.times[1:] == rows.times[:-1]
    if not again.any():
        return []
    first = int(again.argmax())
    number = len(np.unique(rows.origin[again]))
    what = f"{count(number, 'row')} with a timestamp that the series has already"
    keys = [name for name in (columns.id, columns.time) if name in rows.table.frame.columns]
    remedy = f"keep one row for each series and time; in pandas: frame.drop_duplicates({keys})"
    if not are_zoned and _is_autumn_hour(rows.times[again]):
        what += ". This looks like the hour that comes twice when daylight saving time ends"
        time = tell_time(rows.times[first])
        remedy = (
            f"write the offset of every timestamp, such as {time}+02:00 and then {time}+01:00; in pandas, for the "
            f"right place: frame[{columns.time!r}] = frame[{columns.time!r}].dt.tz_localize('Europe/Berlin', "
            "ambiguous='infer')"
        )
    elif not columns.is_wide and columns.id not in keys:
        what += f"; there is no column {columns.id!r}, so that all rows are one series"
        remedy = "name the column that says which series a row belongs to (id), or " + remedy
    return [Finding("duplicates", what, remedy, fatal=True, **rows.place(first))]


def check_whole_steps(rows: Rows, frequency: Frequency, *, are_zoned: bool) -> list[Finding]:
    """Timestamps between the steps of a series."""
    starts = rows.times[rows.firsts][rows.codes]
    off = frequency.step(starts, frequency.position(starts, rows.times)) != rows.times
    if not off.any():
        return []
    first = int(off.argmax())
    remedy = "correct the timestamps, or bring the series to even steps first"
    if are_zoned and not frequency.is_integer:
        remedy += "; if these are days or months of local time, write them without zone or offset"
    elif frequency.kind in ("fixed", "integer"):
        steps = steps_between(rows.times.astype(np.int64), rows.firsts)
        finest = Frequency(frequency.kind, int(np.gcd.reduce(steps)))
        remedy += f"; frequency={str(finest)!r} fits all rows, and takes what lies between for missing"
    return [
        Finding(
            "uneven steps",
            f"the timestamp is not a whole number of steps of {str(frequency)!r} after the first of its series, "
            f"{tell_time(starts[first])}; {count(int(off.sum()), 'such row')}",
            remedy,
            fatal=True,
            **rows.place(first),
        )
    ]


def check_one_step(rows: Rows, frequency: Frequency, jumps: NDArray[np.int64]) -> list[Finding]:
    """Another step than that of the other rows, taken many times on end.

    Args:
        rows: the rows.
        frequency: their most frequent step.
        jumps: steps from each row's neighbour before; 1 where a series begins.
    """
    begins = np.flatnonzero(np.diff(jumps, prepend=0) | rows.firsts)
    lengths = np.diff(begins, append=len(jumps))
    odd = (jumps[begins] > 1) & (lengths >= _RUN)
    if not odd.any():
        return []
    first = int(begins[odd.argmax()])
    run = rows.times[first - 1 : first + int(lengths[odd.argmax()])]
    own = infer(run, np.arange(len(run)) == 0)
    return [
        Finding(
            "two frequencies",
            f"{count(len(run), 'row')} from here on are {str(own)!r} apart, and most others {str(frequency)!r}",
            "give each frequency a model of its own, or bring all rows to one; to take what lies between for missing, "
            f"set frequency={str(frequency)!r}",
            fatal=True,
            **rows.place(first - 1),
        )
    ]


def check_span(rows: Rows, frequency: Frequency, lengths: NDArray[np.int64]) -> list[Finding]:
    """Gaps so long that a timestamp may be mistyped.

    Args:
        rows: the rows.
        frequency: their most frequent step.
        lengths: steps from the first to the last row of each series.
    """
    sparse = lengths > _SPARSE * np.maximum(np.bincount(rows.codes), _RUN)
    if not sparse.any():
        return []
    row = int(np.flatnonzero(rows.codes == sparse.argmax())[0])
    times = rows.times[rows.codes == sparse.argmax()]
    widest = int(np.diff(times.astype(np.int64)).argmax())
    return [
        Finding(
            "sparse series",
            f"{len(times):,} of {int(lengths[sparse.argmax()]):,} steps are there; the widest gap ends at "
            f"{tell_time(times[widest + 1])}; {count(int(sparse.sum()), 'such series')}",
            "correct the timestamp, if it is mistyped; where no row means 0, write 0; if the series is as sparse as "
            f"that, set frequency={str(frequency)!r}",
            fatal=True,
            **rows.place(row + widest),
        )
    ]


def check_gaps(rows: Rows, jumps: NDArray[np.int64]) -> list[Finding]:
    """Steps without a row.

    Args:
        rows: the rows.
        jumps: steps from each row's neighbour before; 1 where a series begins.
    """
    after = np.flatnonzero(jumps > 1)
    if not len(after):
        return []
    here = after[rows.codes[after] == rows.codes[after[0]]]
    places = ", ".join(f"{jumps[row] - 1:,} after {tell_time(rows.times[row - 1])}" for row in here[:_SHOWN])
    return [
        Finding(
            "gaps",
            f"{count(int((jumps[after] - 1).sum()), 'step')} without a row, in "
            f"{count(len(np.unique(rows.codes[after])), 'series')}; in this one {places}"
            f"{', ...' if len(here) > _SHOWN else ''}: they count as missing",
            "nothing, or add the rows; where no row means 0, write 0",
            **rows.place(after[0] - 1),
        )
    ]


def _is_autumn_hour(times: Timestamps) -> bool:
    """Whether all are in the small hours of Sundays in April, October or November, with a time of day."""
    if not np.issubdtype(times.dtype, np.datetime64):
        return False
    days = times.astype("datetime64[D]")
    months = days.astype("datetime64[M]").astype(np.int64) % 12 + 1
    sundays = days.astype(np.int64) % 7 == 3  # day 0 was a Thursday
    hours = (times - days) // np.timedelta64(1, "h")
    return bool((np.isin(months, (4, 10, 11)) & sundays & (hours >= 1) & (hours <= 3)).all())
