"""What comes after the end of each series, with intervals that know what came since training."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from sightline.data.series import Panel, Windows
from sightline.tasks.forecast.intervals import Forecasts, Intervals
from sightline.tasks.forecast.learning import Trained
from sightline.tasks.forecast.saying import calibrated

__all__ = ["forecasts_ahead"]

_MOMENTS, _WINDOWS = 50, 2_000  # since training, at most; the latest count


def forecasts_ahead(trained: Trained, windows: Windows, shares: Sequence[float], rate: float) -> Forecasts:
    """Forecasts of the steps after the end of each series.

    Where a series goes on beyond what was known in training, its intervals learn from what would have been said of
    those steps, one horizon after the other.

    Args:
        trained: a forecaster's parts.
        windows: on the series up to now.
        shares: levels of intervals, rising.
        rate: how fast levels follow what was covered.
    """
    panel, head, last = windows.panel, trained.parts.network.head, windows.last()
    known = trained.parts.series.known(panel)
    since = torch.from_numpy(_since(panel, known, windows.horizon) if shares else np.zeros((0, 2), np.int64))
    names = torch.cat([since.to(last.device), last])
    said, (series, cutoffs) = trained.say(windows, names), names.cpu().numpy().T
    low, high = calibrated(head, trained.earlier, said, cutoffs - known[series], shares, rate)
    return Forecasts(said.point(head)[len(since) :], Intervals(low[len(since) :], high[len(since) :]))


def _since(panel: Panel, known: NDArray[np.int64], horizon: int) -> NDArray[np.int64]:
    """Names of windows that forecast what is known now and was not in training, the last ending where a series does."""
    moments = min(_MOMENTS, max(1, _WINDOWS // len(panel.ids)))
    behind = horizon * np.arange(moments, 0, -1)
    cutoffs = panel.history[:, None] - behind
    series, moment = np.nonzero(cutoffs >= np.maximum(known, 1)[:, None])
    return np.stack([series, cutoffs[series, moment]], 1)
