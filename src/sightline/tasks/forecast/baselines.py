"""What a forecast has to beat: the last value, the last season, the last trend."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["BASELINES", "drift", "naive", "seasonal_naive"]

Array = NDArray[np.floating]


def naive(past: Array, horizon: int, season: int) -> Array:
    """The last observed value, again and again.

    Example:
        >>> naive(np.array([[1.0, 2.0, np.nan]]), 2, 1).tolist()
        [[2.0, 2.0]]
    """
    return np.repeat(_last(past)[:, None], horizon, 1)


def seasonal_naive(past: Array, horizon: int, season: int) -> Array:
    """Each step as it was one season before, or several where that is missing; else the last observed value.

    Example:
        >>> seasonal_naive(np.array([[5.0, 1.0, 2.0, 3.0]]), 4, 3).tolist()
        [[1.0, 2.0, 3.0, 1.0]]
    """
    count = past.shape[1] // season
    if not count:
        return naive(past, horizon, season)
    seasons = past[:, past.shape[1] - count * season :].reshape(-1, count, season)
    one = _last(seasons.swapaxes(1, 2))  # of each phase the last value there is
    one = np.where(np.isnan(one), _last(past)[:, None], one)
    return np.tile(one, -(-horizon // season))[:, :horizon]


def drift(past: Array, horizon: int, season: int) -> Array:
    """The straight line through the first and the last observed value, drawn on.

    Example:
        >>> drift(np.array([[1.0, 2.0, 3.0]]), 2, 1).tolist()
        [[4.0, 5.0]]
    """
    places = np.where(~np.isnan(past), np.arange(past.shape[1]), -1)
    last = places.max(-1)
    first = np.where(places < 0, past.shape[1], places).min(-1).clip(max=past.shape[1] - 1)
    rows = np.arange(len(past))
    slope = (past[rows, last] - past[rows, first]) / np.maximum(last - first, 1)
    ahead = past.shape[1] + np.arange(horizon) - last[:, None]
    return past[rows, last][:, None] + slope[:, None] * ahead


# From values before the cutoff `[n, L]`, NaN where missing, the horizon and the season to forecasts `[n, H]`.
BASELINES: dict[str, Callable[[Array, int, int], Array]] = {
    "naive": naive,
    "seasonal_naive": seasonal_naive,
    "drift": drift,
}


def _last(values: Array) -> Array:
    """The last value that is not NaN along the last dimension; NaN where there is none."""
    places = np.where(~np.isnan(values), np.arange(values.shape[-1]), -1).max(-1)
    return np.take_along_axis(values, places.clip(0)[..., None], -1)[..., 0]
