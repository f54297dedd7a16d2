"""What can be wrong with the values of series, one function a fault."""

import numpy as np
from numpy.typing import NDArray

from sightline.data.counting import count
from sightline.data.series.findings import Finding, Place, tell_time
from sightline.data.series.panel import Panel
from sightline.data.series.rows import Rows

__all__ = [
    "check_constant",
    "check_covariate",
    "check_last_window",
    "check_lengths",
    "check_missing_target",
    "check_no_target",
    "check_outliers",
    "check_static",
]


_FAR = 1000


def check_missing_target(rows: Rows) -> list[Finding]:
    """Rows without target, and whether they are the end of a series, after which forecasts begin."""
    missing = np.isnan(rows.target)
    if not missing.any():
        return []
    what = f"no target; {count(int(missing.sum()), 'such row')} in "
    what += f"{count(len(np.unique(rows.codes[missing])), 'series')}: they are masked"
    remedy = "nothing, or write the values"
    lasts = np.append(rows.firsts[1:], True)
    if (missing & lasts).any():
        what += f". {count(int((missing & lasts).sum()), 'series')} ends in such rows, and forecasts begin after them"
        remedy += "; if these rows are the future that is to be forecast, take them out, into a table of their own"
    return [Finding("missing target", what, remedy, **rows.place(missing.argmax()))]


def check_no_target(rows: Rows) -> list[Finding]:
    """Series without any target."""
    empty = np.isnan(_largest(rows, rows.target))
    if not empty.any():
        return []
    return [
        Finding(
            "no target",
            f"the series has no target at all; {count(int(empty.sum()), 'such series')} of {len(rows.ids)}",
            "leave these series out",
            fatal=True,
            series=rows.ids[empty.argmax()],
        )
    ]


def check_constant(rows: Rows) -> list[Finding]:
    """Series whose target is always the same."""
    low = _smallest(rows, rows.target)
    same = (_largest(rows, rows.target) == low) & (np.bincount(rows.codes) > 1)
    if not same.any():
        return []
    return [
        Finding(
            "constant series",
            f"the target is always {low[same.argmax()]:g}; {count(int(same.sum()), 'such series')} of {len(rows.ids)}",
            "nothing, or leave these series out: there is nothing to learn from them",
            series=rows.ids[same.argmax()],
        )
    ]


def check_outliers(rows: Rows) -> list[Finding]:
    """Targets further from their series' middle than a thousand times the range of its middle half."""
    begins = np.flatnonzero(rows.firsts)
    far = np.zeros(len(rows.target), bool)
    for begin, values in zip(begins, np.split(rows.target, begins[1:]), strict=True):
        seen = values[~np.isnan(values)]
        if len(seen):
            low, middle, high = np.quantile(seen, (0.25, 0.5, 0.75))
            if high > low:
                far[begin : begin + len(values)] = np.abs(values - middle) > _FAR * (high - low)
    if not far.any():
        return []
    row = far.argmax()
    return [
        Finding(
            "outliers",
            f"the target is {rows.target[row]:g}, more than {_FAR} times as far from the middle of its series as half "
            f"of its values; {count(int(far.sum()), 'such row')}",
            "nothing, if that is so; if it is mistyped, correct it: forecasts and their errors would follow it",
            **rows.place(row),
        )
    ]


def check_static(rows: Rows, name: str, values: NDArray[np.float64]) -> list[Finding]:
    """A static covariate with several values in one series, or with none."""
    low = _smallest(rows, values)
    varies = _largest(rows, values) > low
    if not varies.any():
        return _check_no_static(rows, name, low)
    code = varies.argmax()
    row = int(np.flatnonzero((rows.codes == code) & (values > low[code]))[0])
    return [
        Finding(
            "static covariates",
            f"static covariate {name!r} has several values in one series; {count(int(varies.sum()), 'such series')}",
            "write one value in all rows of a series, or list the column in past or future",
            fatal=True,
            **rows.place(row),
        )
    ]


def _check_no_static(rows: Rows, name: str, values: NDArray[np.float64]) -> list[Finding]:
    missing = np.isnan(values)
    if not missing.any():
        return []
    return [
        Finding(
            "missing covariates",
            f"static covariate {name!r} is missing; {count(int(missing.sum()), 'such series')} of {len(rows.ids)}: it "
            "is taken for unknown",
            "nothing, or write the value in one row of the series or in all",
            series=rows.ids[missing.argmax()],
        )
    ]


def check_covariate(rows: Rows, name: str, values: NDArray[np.float64]) -> list[Finding]:
    """A covariate that is missing in some rows, and where it ends before the target does."""
    missing = np.isnan(values)
    if not missing.any():
        return []
    positions = np.arange(len(values))
    last = _largest(rows, np.where(missing, -1.0, positions))
    last_target = _largest(rows, np.where(np.isnan(rows.target), -1.0, positions))
    early = last < last_target
    findings = [
        Finding(
            "missing covariates",
            f"covariate {name!r} is missing; {count(int(missing.sum()), 'such row')} in "
            f"{count(len(np.unique(rows.codes[missing])), 'series')}: they are taken for unknown",
            "nothing, or write the values",
            **rows.place(missing.argmax()),
        )
    ]
    if early.any():
        code = early.argmax()
        place = Place(series=rows.ids[code]) if last[code] < 0 else rows.place(np.int64(last[code]))
        findings.append(
            Finding(
                "covariates end early",
                f"covariate {name!r} ends here, and the target goes on to "
                f"{tell_time(rows.times[int(last_target[code])])}; {count(int(early.sum()), 'such series')}",
                "write its last values; forecasts rest on them most",
                **place,
            )
        )
    return findings


def check_lengths(panel: Panel, look_back: int, horizon: int) -> list[Finding]:
    """Series that are too short for a whole window."""
    needed = look_back + horizon
    short = panel.history < needed
    if not short.any():
        return []
    useless = panel.history <= horizon
    code = short.argmax()
    return [
        Finding(
            "short series",
            f"the series has {count(int(panel.history[code]), 'step')}, less than look-back {look_back} + horizon "
            f"{horizon} = {needed}; {count(int(short.sum()), 'such series')} of {len(panel.ids)}: their windows "
            f"are padded, and {count(int(useless.sum()), 'series')} of at most {count(horizon, 'step')} give none to "
            "train on",
            "nothing, or choose a shorter look-back or horizon",
            series=panel.ids[code],
        )
    ]


def check_last_window(panel: Panel, look_back: int) -> list[Finding]:
    """Missing targets among those that forecasts will rest on."""
    ends = panel.offsets[:-1] + panel.history
    begins = np.maximum(ends - look_back, panel.offsets[:-1])
    before = np.concatenate([[0], np.cumsum(np.isnan(panel.target))])
    missing = before[ends] - before[begins]
    if not missing.any():
        return []
    code = int(missing.argmax())
    return [
        Finding(
            "gaps at the end",
            f"{missing[code]:,} of the last {ends[code] - begins[code]:,} targets, on which the next forecast rests, "
            f"are missing; {count(int((missing > 0).sum()), 'such series')}",
            "write the values; if these rows are the future that is to be forecast, leave them out here",
            series=panel.ids[code],
        )
    ]


def _largest(rows: Rows, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The largest value of each series; NaN where there is none."""
    return np.fmax.reduceat(values, np.flatnonzero(rows.firsts))


def _smallest(rows: Rows, values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.fmin.reduceat(values, np.flatnonzero(rows.firsts))
