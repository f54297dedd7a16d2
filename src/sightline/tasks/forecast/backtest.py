"""Forecasts of what is known already, made as if it were not, and how good they were."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from sightline.data.series import Panel, Windows
from sightline.errors import ConfigError, DataError
from sightline.metrics.series import coverage, mae, mase, mse, seasonal_error, smape, width
from sightline.models.forecast import Head, PointHead
from sightline.tasks.forecast.baselines import BASELINES
from sightline.tasks.forecast.building import units_of
from sightline.tasks.forecast.config import ForecastConfig
from sightline.tasks.forecast.frames import forecast_columns, when
from sightline.tasks.forecast.intervals import Intervals
from sightline.tasks.forecast.learning import train
from sightline.tasks.forecast.line import best_line
from sightline.tasks.forecast.saying import Said, calibrated, say
from sightline.tasks.forecast.starting import encoded_windows, prepare

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
    parts = trained.parts
    encoded, chosen = encoded_windows(parts, panel, config.horizon), torch.from_numpy(names)
    said, head = trained.say(encoded, chosen), parts.network.head
    straight = best_line(start, PointHead(), "standard")
    ridge = say(straight, encoded, chosen, units_of(parts, panel)).point(straight.head)
    return Backtest(
        panel,
        names,
        said.truth.cpu().double().numpy(),
        said.point(head),
        tuple(shares),
        _rolling(head, trained.earlier, said, names[:, 1], first[names[:, 0]], shares),
        {**_baselines(panel, names, parts.look_back, config.horizon), "ridge": ridge},
    )


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


def _rolling(
    head: Head,
    earlier: Said,
    said: Said,
    cutoffs: NDArray[np.int64],
    first: NDArray[np.int64],
    levels: Sequence[float],
) -> Intervals:
    """Intervals of each moment from the errors that were known by then.

    Args:
        head: of the network.
        earlier: forecasts whose truth was known before the first cutoff.
        said: forecasts of all cutoffs, in the order of time.
        cutoffs: of these, counted in each series.
        first: the first cutoff of each one's series, counted alike.
        levels: shares to be covered, rising.
    """
    age, horizon = cutoffs - first, said.truth.shape[1]
    low, high = (np.empty((*said.truth.shape, len(levels))) for _ in range(2))
    for moment in np.unique(age):
        now = torch.from_numpy(np.flatnonzero(age == moment))
        done = torch.from_numpy(np.flatnonzero(age + horizon <= moment))
        known = Said.together([earlier, said.rows(done)])
        low[now], high[now] = calibrated(head, known, said.rows(now), levels)
    return Intervals(low, high)


class Backtest(NamedTuple):
    """Forecasts of n windows, and what came.

    Attributes:
        panel: the series.
        cutoffs: names of the windows, `[n, 2]`.
        truth: `[n, H]`, NaN where it was not observed.
        point: the forecasts, `[n, H]`.
        shares: K levels of the intervals.
        intervals: their bounds, `[n, H, K]`.
        baselines: forecasts of others, by name.
    """

    panel: Panel
    cutoffs: NDArray[np.int64]
    truth: Array
    point: Array
    shares: tuple[float, ...]
    intervals: Intervals
    baselines: dict[str, Array]

    def columns(self) -> dict[str, Any]:
        """As the columns of a table: `unique_id, cutoff, ds, y, forecast, lo-90, hi-90, naive, ...`."""
        panel, (series, first), horizon = self.panel, self.cutoffs.T, self.truth.shape[1]
        target = panel.columns.target if isinstance(panel.columns.target, str) else "y"
        return {
            panel.columns.id: np.repeat(np.array(panel.ids)[series], horizon),
            "cutoff": np.repeat(when(panel, series, first - 1, 1)[:, 0], horizon),
            panel.columns.time: when(panel, series, first, horizon).ravel(),
            target: self.truth.ravel(),
            **forecast_columns(self.point, self.intervals, self.shares),
            **{name: forecast.ravel() for name, forecast in self.baselines.items()},
        }

    def metrics(self) -> dict[str, dict[str, float]]:
        """Errors of the forecast and of the baselines, and how the intervals cover.

        MASE counts in the errors of the seasonal naive forecast on each series before the first cutoff; `skill` is 1
        less the ratio of the mean absolute error to that of the seasonal naive forecast.
        """
        series = self.cutoffs[:, 0]
        scale = self._scale()[series]
        found = {
            name: {
                "mae": mae(forecast, self.truth),
                "mse": mse(forecast, self.truth),
                "mase": mase(forecast, self.truth, scale),
                "smape": smape(forecast, self.truth),
            }
            for name, forecast in {"forecast": self.point, **self.baselines}.items()
        }
        for name in found:
            found[name]["skill"] = 1 - found[name]["mae"] / found["seasonal_naive"]["mae"]
        for k, share in enumerate(self.shares):
            low, high = self.intervals.low[..., k], self.intervals.high[..., k]
            found["forecast"][f"coverage-{100 * share:g}"] = coverage(low, high, self.truth)
            found["forecast"][f"width-{100 * share:g}"] = width(low, high)
        return found

    def _scale(self) -> Array:
        panel, season = self.panel, self.panel.frequency.seasonality
        first = np.full(len(panel.ids), np.iinfo(np.int64).max)
        np.minimum.at(first, self.cutoffs[:, 0], self.cutoffs[:, 1])
        begins = panel.offsets[:-1]
        parts = [panel.target[a : a + n] for a, n in zip(begins, np.minimum(first, panel.lengths), strict=True)]
        return np.array([seasonal_error(part, season) for part in parts])


def _baselines(panel: Panel, cutoffs: NDArray[np.int64], look_back: int, horizon: int) -> dict[str, Array]:
    """What the simple methods say, from a look-back of two seasons at least."""
    season = panel.frequency.seasonality
    windows = Windows(panel, max(look_back, 2 * season), horizon, dtype=torch.float64)
    batch = windows.gather(torch.from_numpy(cutoffs))
    past = batch.past.masked_fill(~batch.past_mask, torch.nan).numpy()
    return {name: method(past, horizon, season) for name, method in BASELINES.items()}
