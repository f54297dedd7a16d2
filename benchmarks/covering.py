"""How often the intervals of a backtest cover, as several benchmarks tell it."""

import numpy as np

from sightline.tasks.forecast.backtest import Backtest

__all__ = ["covered"]


def covered(backtest: Backtest, k: int) -> tuple[float, str]:
    """How much of the truth lies within the intervals of the k-th level, in all and in thirds of the horizon."""
    low, high = (bound[..., k] for bound in backtest.ours.intervals)
    inside = np.where(np.isnan(backtest.truth), np.nan, (low <= backtest.truth) & (backtest.truth <= high))
    thirds = [float(np.nanmean(part)) for part in np.array_split(inside, 3, axis=1)]
    return float(np.nanmean(inside)), ", ".join(f"{third:.1%}" for third in thirds)
