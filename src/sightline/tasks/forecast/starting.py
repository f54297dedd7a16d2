"""Before a training begins: windows are shared out, and an untrained network comes to be."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from sightline.data.counting import count
from sightline.data.series import Panel, Windows, alike
from sightline.errors import DataError
from sightline.tasks.forecast.building import Parts, Series, build_network
from sightline.tasks.forecast.config import ForecastConfig

__all__ = ["Start", "encoded_windows", "prepare"]

_VALID_WINDOWS = 5_000  # at most
_ENOUGH = 19  # windows, for intervals of 95 %


class Start(NamedTuple):
    """All that the loop needs: the parts of a forecaster, all windows, names of those to train and validate on."""

    parts: Parts
    windows: Windows
    train: Tensor
    valid: Tensor

    def lines(self, config: ForecastConfig) -> Iterator[str]:
        """What is about to be trained, for people."""
        panel = self.windows.panel
        observed = int((~np.isnan(panel.target)).sum())
        yield (
            f"series: {len(panel.ids):,} of {int(panel.history.sum()):,} steps of {panel.frequency}, "
            f"{observed:,} observed"
        )
        yield (
            f"windows: {len(self.train):,} to train on, {len(self.valid):,} to validate on; each looks back "
            f"{self.parts.look_back:,} steps and forecasts {config.horizon:,}"
        )
        yield from self.notes()
        learned = (p.numel() for p in self.parts.network.parameters() if p.requires_grad)
        yield f"model: {config.model.type}, {sum(learned):,} parameters"

    def notes(self) -> Iterator[str]:
        """What will be poor for want of data."""
        few = len(self.valid)
        if few < _ENOUGH:
            yield (
                f"note: intervals above {100 * few / (few + 1):.0f} % reach no further than the worst error on "
                f"{count(few, 'window')}: longer series or a larger data.valid_share give more to learn them from"
            )


def prepare(config: ForecastConfig, panel: Panel) -> Start:
    """Nothing is written yet. The end of each series is held out; what is learned of series does not see it.

    Raises:
        ConfigError: for options that do not fit the series.
        DataError: where no series is long enough to train and to validate on.
    """
    look_back = config.look_back or _look_back(config.horizon, panel)
    borders = _borders(panel, config.horizon, config.data.valid_share)
    series = Series.of(panel, borders, config.training.unit)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        network = build_network(config, look_back, series.encoding)
    parts = Parts(network, look_back, series)
    windows = encoded_windows(parts, panel, config.horizon)
    # A window begins one look-back into its series, or as far as a shorter series allows.
    begin = np.clip(borders - config.horizon, 1, look_back)
    train, valid = windows.cutoffs(begin, borders), windows.cutoffs(borders)
    if not len(train) or not len(valid):
        raise DataError(
            f"the longest series has {int(panel.history.max(initial=0)):,} steps, and to train and validate a forecast "
            f"of {config.horizon} steps takes {2 * config.horizon + 1:,} at least: choose a shorter horizon, or give "
            "longer series"
        )
    return Start(parts, windows, train, alike(valid, _VALID_WINDOWS))


def encoded_windows(parts: Parts, panel: Panel, horizon: int) -> Windows:
    """Windows as the network wants them, on its device."""
    device = next(parts.network.parameters()).device
    return Windows(parts.series.encoding.apply(panel), parts.look_back, horizon, device)


def _borders(panel: Panel, horizon: int, share: float) -> np.ndarray:
    """Where what is held out begins: the last `share` of each series, one horizon at least; nothing of short ones."""
    held = np.maximum(horizon, np.round(share * panel.history).astype(np.int64))
    return np.where(panel.history - held > horizon, panel.history - held, panel.history)


def _look_back(horizon: int, panel: Panel) -> int:
    """Three horizons, and two seasons at least; no more than half of the longest series."""
    wanted = max(3 * horizon, 2 * panel.frequency.seasonality, 16)
    return int(min(wanted, max(1, panel.history.max() // 2)))
