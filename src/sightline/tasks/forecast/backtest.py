"""Forecasts of what is known already, made as if it were not, and how good they were."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sightline.data.series import Panel, Windows
from sightline.errors import ConfigError, DataError
from sightline.metrics.series import coverage, mae, mase, mse, seasonal_error, smape, width
from sightline.models.forecast import PointHead
from sightline.tasks.forecast.baselines import BASELINES
from sightline.tasks.forecast.building import units_of
from sightline.tasks.forecast.config import ForecastConfig
from sightline.tasks.forecast.frames import forecast_columns, when
from sightline.tasks.forecast.intervals import Claims, Forecasts, calibrate
from sightline.tasks.forecast.learning import calibration_windows, train
from sightline.tasks.forecast.line import best_line
from sightline.tasks.forecast.saying import calibrated, say
from sightline.tasks.forecast.starting import Start, encoded_windows, prepare

__all__ = ["Backtest", "cross_validate"]

Array = NDArray[np.floating]


def cross_validate(
    config: ForecastConfig, panel: Panel, *, windows: int, step: int, shares: Sequence[float]
) -> "Backtest":
    """Train on what was known before the first of some cutoffs, then forecast from each.

    Nothing that came after a cutoff has a say in its forecast: the network, the sizes of series and covariates are
    learned before the first one, and the intervals of each are calibrated on errors that were known by then.

    Args:
        config: of the forecaster.
        panel: the series.
        windows: how many cutoffs; the last forecast ends where a series does.
        step: steps from one to the next.
        shares: levels of intervals, rising.

    Raises:
        ConfigError: for numbers below 1.
        DataError: for series too short.
    """
    names = _cutoffs(panel, config.horizon, windows, step)
    first = names[: len(panel.ids), 1]
    with tempfile.TemporaryDirectory(prefix="sightline-") as scratch:
        start = prepare(config, panel.head(first))
        trained, _ = train(start, config, folder=Path(scratch), resume=False, finish=False, listeners=())
    encoded, chosen = encoded_windows(trained.parts, panel, config.horizon), torch.from_numpy(names)
    said, earlier = trained.say(encoded, chosen), calibration_windows(start)
    age, rate = names[:, 1] - first[names[:, 0]], config.intervals.rate
    baselines: dict[str, Forecasts] = {}
    for name, points in _baselines(start, encoded, torch.cat([earlier, chosen])).items():
        before, now = np.split(points, [len(earlier)])
        told = Claims.of_points(before, *trained.earlier.judges(), len(shares))
        claims = Claims.of_points(now, *said.judges(), len(shares))
        baselines[name] = Forecasts(now, calibrate(told, claims, age, shares, rate))
    head = trained.parts.network.head
    ours = Forecasts(said.point(head), calibrated(head, trained.earlier, said, age, shares, rate))
    return Backtest(panel, names, said.judges()[0], tuple(shares), ours, baselines)


def _cutoffs(panel: Panel, horizon: int, windows: int, step: int) -> NDArray[np.int64]:
    """Names of the windows of a backtest, `(series, cutoff)`, moment after moment: the last ends where a series does.

    Raises:
        ConfigError: for numbers below 1.
        DataError: for series too short.
    """
    if windows < 1 or step < 1:
        raise ConfigError(f"windows={windows}, step={step}: a backtest takes 1 at least of both")
    behind = horizon + step * np.arange(windows)[::-1]
    cutoffs = panel.history[None, :] - behind[:, None]
    if (cutoffs[0] < 1).any():
        short = int(np.argmin(cutoffs[0]))
        raise DataError(
            f"series {panel.ids[short]!r} has {panel.history[short]:,} steps, and a backtest of {windows} windows "
            f"forecasts the last {behind[0]:,}: take fewer windows, or leave the series out"
        )
    series = np.broadcast_to(np.arange(len(panel.ids)), cutoffs.shape)
    return np.stack([series.ravel(), cutoffs.ravel()], 1)


class Backtest(NamedTuple):
    """Forecasts of n windows, and what came.

    Attributes:
        panel: the series.
        cutoffs: names of the windows, `[n, 2]`.
        truth: `[n, H]`, NaN where it was not observed.
        shares: K levels of the intervals.
        ours: the forecaster's.
        baselines: those of simple methods, by name, with intervals made likewise.
    """

    panel: Panel
    cutoffs: NDArray[np.int64]
    truth: Array
    shares: tuple[float, ...]
    ours: Forecasts
    baselines: dict[str, Forecasts]

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
            **{name: forecasts.point.ravel() for name, forecasts in self.baselines.items()},
        }

    def metrics(self) -> dict[str, dict[str, float]]:
        """Errors of the forecast and of the baselines, and how the intervals cover.

        MASE counts in the errors of the seasonal naive forecast on each series before the first cutoff; `skill` is 1
        less the ratio of the mean absolute error to that of the seasonal naive forecast.
        """
        series = self.cutoffs[:, 0]
        scale = self._scale()[series]
        found: dict[str, dict[str, float]] = {}
        for name, (point, (low, high)) in {"forecast": self.ours, **self.baselines}.items():
            found[name] = {
                "mae": mae(point, self.truth),
                "mse": mse(point, self.truth),
                "mase": mase(point, self.truth, scale),
                "smape": smape(point, self.truth),
            }
            for k, share in enumerate(self.shares):
                found[name][f"coverage-{100 * share:g}"] = coverage(low[..., k], high[..., k], self.truth)
                found[name][f"width-{100 * share:g}"] = width(low[..., k], high[..., k])
        for one in found.values():
            one["skill"] = 1 - one["mae"] / found["seasonal_naive"]["mae"]
        return found

    def _scale(self) -> Array:
        panel, season = self.panel, self.panel.frequency.seasonality
        first = np.full(len(panel.ids), np.iinfo(np.int64).max)
        np.minimum.at(first, self.cutoffs[:, 0], self.cutoffs[:, 1])
        begins = panel.offsets[:-1]
        parts = [panel.target[a : a + n] for a, n in zip(begins, np.minimum(first, panel.lengths), strict=True)]
        return np.array([seasonal_error(part, season) for part in parts])


def _baselines(start: Start, encoded: Windows, cutoffs: Tensor) -> dict[str, Array]:
    """What the simple methods say, from a look-back of two seasons at least, and the straight line."""
    panel, look_back, horizon = encoded.panel, encoded.look_back, encoded.horizon
    season = panel.frequency.seasonality
    windows = Windows(panel, max(look_back, 2 * season), horizon, dtype=torch.float64)
    batch = windows.gather(cutoffs)
    past = batch.past.masked_fill(~batch.past_mask, torch.nan).numpy()
    alone = best_line(start, PointHead(), "standard")
    ridge = say(alone, encoded, cutoffs, units_of(start.parts, panel)).point(alone.head)
    return {**{name: method(past, horizon, season) for name, method in BASELINES.items()}, "ridge": ridge}
