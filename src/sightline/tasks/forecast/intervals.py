"""Intervals that cover as often as they say, from how wrong earlier forecasts were."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Claims", "Forecasts", "Intervals", "adaptive_offsets", "calibrate", "nested", "offsets"]

Array = NDArray[np.floating]


class Intervals(NamedTuple):
    """Bounds of some levels, the lowest level first: `[n, H, K]` both; of a higher level never inside a lower one."""

    low: Array
    high: Array

    def around(self, point: Array) -> "Intervals":
        """The same, wider where forecasts, `[n, H]`, would lie outside."""
        return Intervals(np.minimum(self.low, point[..., None]), np.maximum(self.high, point[..., None]))


class Forecasts(NamedTuple):
    """Forecasts of n windows, `[n, H]`, and their intervals, `[n, H, K]`."""

    point: Array
    intervals: Intervals


def nested(intervals: Intervals) -> Intervals:
    """The same, where no level's bound lies inside a lower level's, nor low above high."""
    middle = (intervals.low[..., :1] + intervals.high[..., :1]) / 2
    low = np.minimum.accumulate(np.minimum(intervals.low, middle), -1)
    return Intervals(low, np.maximum.accumulate(np.maximum(intervals.high, middle), -1))


class Claims(NamedTuple):
    """What was said of n windows, what came, and in which unit their errors are alike.

    Attributes:
        intervals: before they are calibrated, `[n, H, K]`; both bounds the forecast itself where no more was said.
        truth: `[n, H]`, NaN where it is not known.
        unit: `[n]`, so that quiet series and loud ones can stand together.
    """

    intervals: Intervals
    truth: Array
    unit: Array

    @classmethod
    def of_points(cls, point: Array, truth: Array, unit: Array, levels: int) -> "Claims":
        """From forecasts alone, `[n, H]`."""
        bound = np.repeat(point[..., None], levels, -1)
        return cls(Intervals(bound, bound), truth, unit)

    def scores(self) -> Array:
        """How far the truth lay outside, `max(low - y, y - high) / unit`, `[n, H, K]`; below 0 inside."""
        y = self.truth[..., None]
        return np.maximum(self.intervals.low - y, y - self.intervals.high) / self.unit[:, None, None]


def calibrate(earlier: Claims, now: Claims, age: NDArray[np.int64], levels: Sequence[float], rate: float) -> Intervals:
    """The intervals of `now`, moved outwards or inwards until they cover.

    Args:
        earlier: claims that were made and judged before all of `now`.
        now: those to calibrate; a truth that is known is used for later ones alone.
        age: `[n]`, when each of `now` was made, in steps after some beginning.
        levels: shares to be covered, rising.
        rate: how fast levels follow what was covered (see `adaptive_offsets`).

    Example:
        >>> truth, nothing, unit = np.arange(1.0, 10.0)[:, None], np.zeros((9, 1)), np.ones(9)
        >>> earlier = Claims.of_points(nothing, truth, unit, levels=1)
        >>> now = Claims.of_points(np.zeros((1, 1)), np.full((1, 1), np.nan), np.array([2.0]), levels=1)
        >>> found = calibrate(earlier, now, np.array([0]), (0.8,), rate=0.0)
        >>> float(found.low[0, 0, 0]), float(found.high[0, 0, 0])
        (-16.0, 16.0)
    """
    if not levels:
        return now.intervals
    by = adaptive_offsets(earlier.scores(), now.scores(), age, levels, rate) * now.unit[:, None, None]
    return nested(Intervals(now.intervals.low - by, now.intervals.high + by))


def adaptive_offsets(
    known: Array, scores: Array, age: NDArray[np.int64], levels: Sequence[float], rate: float
) -> NDArray[np.float64]:
    """How far intervals made one moment after the other have to be moved outwards so that they cover.

    Each is the conformal quantile of all scores that are known by then, of a level that follows what was covered:

        missing_(t+1) = missing_t + rate (1 - level - share missed at t)

    Adaptive conformal inference, Gibbs and Candès 2021 (equation 2), for each step ahead by itself, as soon as the
    whole horizon of a moment is past. The shares are those of all series that were forecast at it.

    Args:
        known: scores of before, `[m, H, K]`, NaN where nothing is known.
        scores: of the forecasts themselves, `[n, H, K]`, likewise.
        age: `[n]`, when each was made, in steps.
        levels: K shares to be covered.
        rate: 0 for levels that stay as they are, plain split conformal prediction.

    Returns:
        `[n, H, K]`.
    """
    wanted = 1 - np.asarray(levels)
    missing = np.tile(wanted, (scores.shape[1], 1))
    found = np.empty(scores.shape)
    judged = 0
    moments = np.unique(age)
    for moment in moments:
        while moments[judged] + scores.shape[1] <= moment:
            then = age == moments[judged]
            missing += rate * np.nan_to_num(wanted - _share_missed(scores[then], found[then]))
            judged += 1
        pool = np.concatenate([known, scores[age + scores.shape[1] <= moment]])
        found[age == moment] = offsets(pool, 1 - missing)
    return found


def _share_missed(scores: Array, offset: Array) -> Array:
    """Of each step and level, among those that are known; NaN where none is."""
    seen = ~np.isnan(scores)
    missed = ((scores > offset) & seen).sum(0)
    return np.divide(missed, seen.sum(0), out=np.full(missed.shape, np.nan), where=seen.any(0))


def offsets(scores: Array, level: float | Array) -> Array:
    """How far an interval has to be moved outwards so that it covers: the conformal quantile of its scores.

        q = the ceil((n + 1) level)-th smallest of n scores

    Vovk et al. 2005; of quantile intervals Romano et al. 2019 (section 3). With too few scores for the level it is the
    largest of them. NaN scores, of steps that were not observed, are left out, place by place.

    Args:
        scores: `[n, *S]`.
        level: the share to be covered, one for all or `[*S]`.

    Returns:
        `[*S]`; NaN where there is no score.

    Example:
        >>> offsets(np.array([[3.0], [1.0], [2.0], [4.0]]), 0.5)  # the third of four
        array([3.])
    """
    if not len(scores):
        return np.full(scores.shape[1:], np.nan)
    count = (~np.isnan(scores)).sum(0)
    # What is meant to be 9 may have come out as 9.000000000000002.
    place = np.clip(np.ceil((count + 1) * level - 1e-9).astype(int), 1, np.maximum(count, 1)) - 1
    ordered = np.partition(scores, np.unique(place), 0)  # NaN last
    return np.take_along_axis(ordered, place[None], 0)[0]
