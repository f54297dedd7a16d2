"""Intervals that cover as often as they say, from how wrong earlier forecasts were."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Calibration", "Intervals", "nested", "offsets"]

Array = NDArray[np.floating]


class Intervals(NamedTuple):
    """Bounds of some levels, the lowest level first: `[N, H, K]` both; of a higher level never inside a lower one."""

    low: Array
    high: Array


def offsets(scores: Array, level: float) -> Array:
    """How far an interval has to be moved outwards so that it covers: the conformal quantile of its scores.

        q = the ceil((n + 1) level)-th smallest of n scores

    Vovk et al. 2005; of quantile intervals Romano et al. 2019 (section 3). With too few scores for the level it is the
    largest of them. NaN scores, of steps that were not observed, are left out, step by step.

    Args:
        scores: `[n, H]`.
        level: the share to be covered.

    Returns:
        `[H]`; NaN where there is no score.

    Example:
        >>> offsets(np.array([[3.0], [1.0], [2.0], [4.0]]), 0.5)  # the third of four
        array([3.])
    """
    ordered = np.sort(scores, 0)  # NaN last
    count = (~np.isnan(ordered)).sum(0)
    place = np.clip(np.ceil((count + 1) * level).astype(int), 1, np.maximum(count, 1)) - 1
    if not len(ordered):
        return np.full(scores.shape[1], np.nan)
    return np.take_along_axis(ordered, place[None], 0)[0]


class Calibration:
    """Scores of forecasts whose truth is known, and what follows from them for others.

        score = max(low - y, y - high) / unit

    low and high are what the network says, both the forecast itself where it says no more, and the unit is how large
    the window's values are, so that quiet series and loud ones can stand together. Scores are kept for each step ahead.

    Args:
        levels: shares to be covered, rising.
        scores: `[n, H, K]`.

    Example:
        >>> forecast, unit = np.zeros((9, 1)), np.ones(9)
        >>> truth = np.arange(1.0, 10.0)[:, None]
        >>> both = Intervals(forecast[..., None], forecast[..., None])
        >>> calibration = Calibration.of((0.8,), both, truth, unit)
        >>> found = calibration.widen(Intervals(np.zeros((1, 1, 1)), np.zeros((1, 1, 1))), np.array([2.0]))
        >>> float(found.low[0, 0, 0]), float(found.high[0, 0, 0])
        (-16.0, 16.0)
    """

    def __init__(self, levels: Sequence[float], scores: Array) -> None:
        self.levels = tuple(levels)
        self.scores = scores

    @classmethod
    def of(cls, levels: Sequence[float], said: Intervals, truth: Array, unit: Array) -> "Calibration":
        """From forecasts `[n, H, K]`, the truth `[n, H]` and units `[n]`."""
        y = truth[..., None]
        return cls(levels, np.maximum(said.low - y, y - said.high) / unit[:, None, None])

    def widen(self, said: Intervals, unit: Array) -> Intervals:
        """Calibrated intervals, each level around the lower ones."""
        found = [offsets(self.scores[..., k], level) for k, level in enumerate(self.levels)]
        by = np.stack(found, -1) * unit[:, None, None]
        return nested(Intervals(said.low - by, said.high + by))


def nested(intervals: Intervals) -> Intervals:
    """The same, where no level's bound lies inside a lower level's, nor low above high."""
    middle = (intervals.low[..., :1] + intervals.high[..., :1]) / 2
    low = np.minimum.accumulate(np.minimum(intervals.low, middle), -1)
    return Intervals(low, np.maximum.accumulate(np.maximum(intervals.high, middle), -1))
