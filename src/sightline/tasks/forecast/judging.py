"""Forecasts of what is known already, made as if it were not."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sightline.data.counting import count
from sightline.data.series import Panel, Windows
from sightline.errors import ConfigError, DataError
from sightline.models.forecast import PointHead
from sightline.tasks.forecast.backtest import Backtest
from sightline.tasks.forecast.baselines import BASELINES
from sightline.tasks.forecast.building import units_of
from sightline.tasks.forecast.config import ForecastConfig
from sightline.tasks.forecast.intervals import Claims, Forecasts, Intervals, calibrate
from sightline.tasks.forecast.learning import Trained, calibration_windows, notes_of, train
from sightline.tasks.forecast.line import best_line
from sightline.tasks.forecast.saying import calibrated, say
from sightline.tasks.forecast.starting import encoded_windows, prepare
from sightline.tasks.forecast.statistical import statistical
from sightline.training import Listener

__all__ = ["cross_validate", "evaluate"]

Array = NDArray[np.floating]


def cross_validate(
    config: ForecastConfig,
    panel: Panel,
    *,
    windows: int,
    step: int,
    shares: Sequence[float],
    baselines: Sequence[str] = (),
    listeners: Sequence[Listener] = (),
) -> Backtest:
    """Train on what was known before the first of some cutoffs, then forecast from each.

    Nothing that came after a cutoff has a say in its forecast: the network, the sizes of series and covariates are
    learned before the first one, and the intervals of each are calibrated on errors that were known by then.

    Args:
        config: of the forecaster.
        panel: the series.
        windows: how many cutoffs; the last forecast ends where a series does.
        step: steps from one to the next.
        shares: levels of intervals, rising.
        baselines: names in `STATISTICAL`, of further methods.
        listeners: each is called with every event of the training loop.

    Raises:
        ConfigError: for numbers below 1, or an unknown baseline.
        MissingExtraError: where a baseline needs a package that is not installed.
        DataError: for series too short.
    """
    names = _cutoffs(panel, config.horizon, windows, step)
    first = names[: len(panel.ids), 1]
    further = statistical(baselines, panel, names, config.horizon)
    with tempfile.TemporaryDirectory(prefix="sightline-") as scratch:
        start = prepare(config, panel.head(first))
        trained, result = train(start, config, folder=Path(scratch), resume=False, finish=False, listeners=listeners)
    encoded, earlier = encoded_windows(trained.parts, panel, config.horizon), calibration_windows(start)
    chosen = torch.from_numpy(names).to(earlier.device)
    said = trained.say(encoded, chosen)
    age, rate = names[:, 1] - first[names[:, 0]], config.intervals.rate
    both = torch.cat([earlier, chosen])
    alone = best_line(start, PointHead(), "standard")
    ridge = say(alone, encoded, both, units_of(trained.parts, panel)).point(alone.head)
    simple: dict[str, Array] = {}
    intervals: dict[str, Intervals] = {}
    for name, points in {**_baselines(encoded, both), "ridge": ridge}.items():
        before, simple[name] = np.split(points, [len(earlier)])
        told = Claims.of_points(before, *trained.earlier.judges(), len(shares))
        claims = Claims.of_points(simple[name], *said.judges(), len(shares))
        intervals[name] = calibrate(told, claims, age, shares, rate)
    head = trained.parts.network.head
    ours = Forecasts(said.point(head), calibrated(head, trained.earlier, said, age, shares, rate))
    notes = (*(start.notes() if shares else ()), *notes_of(trained, result))
    return Backtest(panel, names, said.judges()[0], tuple(shares), ours, simple | further, intervals, notes)


def evaluate(config: ForecastConfig, trained: Trained, panel: Panel, *, step: int, shares: Sequence[float]) -> Backtest:
    """Forecast what came since training, without training anew.

    Args:
        config: of the forecaster.
        trained: its parts.
        panel: the series, which go on beyond what was known in training.
        step: steps from one cutoff to the next; the first is where training ended.
        shares: levels of intervals, rising.

    Raises:
        ConfigError: for a step below 1.
        DataError: where less than a horizon came since.
    """
    encoded, known = encoded_windows(trained.parts, panel, config.horizon), trained.parts.series.known(panel)
    chosen = encoded.cutoffs(known, stride=step)
    if not len(chosen):
        raise DataError(
            f"an evaluation takes the {config.horizon:,} steps after what was known in training, and no series has "
            "them: give a table that goes on, or let a backtest train anew (sightline forecast, cross_validation)"
        )
    names = chosen.cpu().numpy()
    said, head = trained.say(encoded, chosen), trained.parts.network.head
    age = names[:, 1] - known[names[:, 0]]
    ours = Forecasts(said.point(head), calibrated(head, trained.earlier, said, age, shares, config.intervals.rate))
    return Backtest(panel, names, said.judges()[0], tuple(shares), ours, _baselines(encoded, chosen), {})


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
        short, number = int(np.argmin(cutoffs[0])), int((cutoffs[0] < 1).sum())
        raise DataError(
            f"series {panel.ids[short]!r} has {count(int(panel.history[short]), 'step')}, and a backtest of "
            f"{count(windows, 'window')} forecasts the last {behind[0]:,}; {count(number, 'such series')} of "
            f"{len(panel.ids):,}: take fewer windows (--windows), or leave these series out"
        )
    series = np.broadcast_to(np.arange(len(panel.ids)), cutoffs.shape)
    return np.stack([series.ravel(), cutoffs.ravel()], 1)


def _baselines(encoded: Windows, cutoffs: Tensor) -> dict[str, Array]:
    """What the simple methods say, from a look-back of two seasons at least."""
    panel, season = encoded.panel, encoded.panel.frequency.seasonality
    windows = Windows(panel, max(encoded.look_back, 2 * season), encoded.horizon, dtype=torch.float64)
    batch = windows.gather(cutoffs)
    past = batch.past.masked_fill(~batch.past_mask, torch.nan).numpy()
    return {name: method(past, encoded.horizon, season) for name, method in BASELINES.items()}
