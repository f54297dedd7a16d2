"""Forecasts of what is known already, beside what came and what simple methods said."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sightline.data.series import Panel
from sightline.metrics.series import coverage, mae, mase, mse, seasonal_error, smape, width
from sightline.tasks.forecast.frames import forecast_columns, when
from sightline.tasks.forecast.intervals import Forecasts, Intervals

__all__ = ["Backtest"]

Array = NDArray[np.floating]


class Backtest(NamedTuple):
    """Forecasts of n windows, and what came.

    Attributes:
        panel: the series.
        cutoffs: names of the windows, `[n, 2]`.
        truth: `[n, H]`, NaN where it was not observed.
        shares: K levels of the intervals.
        ours: the forecaster's.
        baselines: what simple methods said, by name, `[n, H]` each.
        baseline_intervals: made of theirs as of ours, by name; where training was part of it.
        notes: what people should know of that training.
    """

    panel: Panel
    cutoffs: NDArray[np.int64]
    truth: Array
    shares: tuple[float, ...]
    ours: Forecasts
    baselines: dict[str, Array]
    baseline_intervals: dict[str, Intervals]
    notes: tuple[str, ...] = ()

    def columns(self) -> dict[str, Any]:
        """As the columns of a table: `unique_id, cutoff, ds, y, forecast, lo-90, hi-90, naive, ...`."""
        panel, (series, first), horizon = self.panel, self.cutoffs.T, self.truth.shape[1]
        target = panel.columns.target if isinstance(panel.columns.target, str) else "y"
        return {
            panel.columns.id: np.repeat(np.array(panel.ids)[series], horizon),
            "cutoff": np.repeat(when(panel, series, first - 1, 1)[:, 0], horizon),
            panel.columns.time: when(panel, series, first, horizon).ravel(),
            target: self.truth.ravel(),
            **forecast_columns(*self.ours, self.shares),
            **{name: points.ravel() for name, points in self.baselines.items()},
        }

    def metrics(self) -> dict[str, dict[str, float]]:
        """Errors of the forecast and of the baselines, and how the intervals cover.

        MASE counts in the errors of the seasonal naive forecast on each series before the first cutoff; `skill` is 1
        less the ratio of the mean absolute error to that of the seasonal naive forecast, NaN where that has none.
        """
        series = self.cutoffs[:, 0]
        scale = self._scale()[series]
        found: dict[str, dict[str, float]] = {}
        for name, point in {"forecast": self.ours.point, **self.baselines}.items():
            found[name] = {
                "mae": mae(point, self.truth),
                "mse": mse(point, self.truth),
                "mase": mase(point, self.truth, scale),
                "smape": smape(point, self.truth),
            }
        for name, intervals in {"forecast": self.ours.intervals, **self.baseline_intervals}.items():
            for k, share in enumerate(self.shares):
                low, high = intervals.low[..., k], intervals.high[..., k]
                found[name][f"coverage-{100 * share:g}"] = coverage(low, high, self.truth)
                found[name][f"width-{100 * share:g}"] = width(low, high)
        naive = found["seasonal_naive"]["mae"]
        for one in found.values():
            one["skill"] = 1 - one["mae"] / naive if naive else float("nan")
        return found

    def _scale(self) -> Array:
        panel, season = self.panel, self.panel.frequency.seasonality
        first = np.full(len(panel.ids), np.iinfo(np.int64).max)
        np.minimum.at(first, self.cutoffs[:, 0], self.cutoffs[:, 1])
        begins = panel.offsets[:-1]
        parts = [panel.target[a : a + n] for a, n in zip(begins, np.minimum(first, panel.lengths), strict=True)]
        return np.array([seasonal_error(part, season) for part in parts])
