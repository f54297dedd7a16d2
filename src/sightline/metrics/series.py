"""Errors of forecasts, and how well intervals cover. Steps that were not observed are NaN in the targets and count for
nothing; where nothing was observed the result is NaN."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sightline.errors import ConfigError

__all__ = [
    "coverage",
    "mae",
    "mase",
    "mse",
    "quantile_loss",
    "seasonal_error",
    "smape",
    "weighted_quantile_loss",
    "width",
]

Array = NDArray[np.floating]


def _mean(values: Array) -> float:
    seen = values[~np.isnan(values)]
    return float(seen.mean()) if seen.size else float("nan")


def mse(forecast: Array, target: Array) -> float:
    """Mean squared error: `mean (y - f)^2`.

    Example:
        >>> mse(np.array([1.0, 2.0, 5.0]), np.array([1.0, 4.0, np.nan]))
        2.0
    """
    return _mean((target - forecast) ** 2)


def mae(forecast: Array, target: Array) -> float:
    """Mean absolute error: `mean |y - f|`."""
    return _mean(np.abs(target - forecast))


def smape(forecast: Array, target: Array) -> float:
    """Symmetric mean absolute percentage error, in per cent, from 0 to 200: `mean 200 |y - f| / (|y| + |f|)`.

    As in the M4 competition (Makridakis et al. 2020, section 2.3); where both are zero the error is zero.
    """
    size = np.abs(target) + np.abs(forecast)
    return _mean(
        np.divide(200 * np.abs(target - forecast), size, out=np.where(np.isnan(size), size, 0.0), where=size > 0)
    )


def seasonal_error(history: Array, season: int) -> float:
    """The scale of MASE: the mean absolute error of the seasonal naive forecast on the history itself.

        mean_t |y_t - y_(t - m)|

    Hyndman and Koehler 2006. NaN for a history no longer than a season, or which never changes from one to the next.

    Args:
        history: one series, in order, NaN where not observed.
        season: m, in steps.

    Example:
        >>> seasonal_error(np.array([1.0, 5.0, 2.0, 7.0]), 2)
        1.5
    """
    if season < 1:
        raise ConfigError(f"a season of {season} steps makes no sense: it must be at least 1")
    found = _mean(np.abs(history[season:] - history[:-season])) if len(history) > season else float("nan")
    return found or float("nan")


def mase(forecast: Array, target: Array, scale: Array) -> float:
    """Mean absolute scaled error: the mean over series of `mean_h |y - f| / scale`.

    Hyndman and Koehler 2006. Series whose scale is NaN (see `seasonal_error`) are left out.

    Args:
        forecast: `[N, H]`.
        target: `[N, H]`.
        scale: `[N]`, from `seasonal_error`.

    Example:
        >>> mase(np.array([[1.0, 1.0]]), np.array([[2.0, 4.0]]), np.array([2.0]))
        1.0
    """
    return _mean(np.array([mae(f, y) / s for f, y, s in zip(forecast, target, scale, strict=True)]))


def quantile_loss(forecast: Array, target: Array, level: float) -> float:
    """Mean pinball loss, twice: `mean 2 max(q (y - f), (q - 1) (y - f))`; with 0.5 the mean absolute error."""
    over = target - forecast
    return _mean(2 * np.maximum(level * over, (level - 1) * over))


def weighted_quantile_loss(quantiles: Array, target: Array, levels: Sequence[float]) -> float:
    """Pinball losses of all levels over the targets' size, an approximation of the CRPS.

        WQL = mean_q sum 2 max(q (y - f_q), (q - 1) (y - f_q)) / sum |y|

    Args:
        quantiles: `[..., Q]`.
        target: `[...]`.
        levels: Q of them.
    """
    size = _mean(np.abs(target))
    losses = [quantile_loss(quantiles[..., i], target, level) for i, level in enumerate(levels)]
    return float(np.mean(losses)) / size if size else float("nan")


def coverage(low: Array, high: Array, target: Array) -> float:
    """The share of targets that lie within the intervals, bounds included.

    Example:
        >>> coverage(np.array([0.0, 0.0, 0.0]), np.array([1.0, 1.0, 1.0]), np.array([0.5, 2.0, np.nan]))
        0.5
    """
    return _mean(np.where(np.isnan(target), np.nan, (low <= target) & (target <= high)))


def width(low: Array, high: Array) -> float:
    """The mean distance between the bounds."""
    return _mean(high - low)
