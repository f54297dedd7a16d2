"""The straight line in closed form: where a network begins, what it has to beat, and what it is joined to."""

import itertools
from collections.abc import Callable, Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sightline.data.series import WindowBatch, Windows
from sightline.models.forecast import Forecast, ForecastNetwork, Head, Ridge, simple_lines
from sightline.tasks.forecast.building import ahead_of, units_of, window_of
from sightline.tasks.forecast.starting import Start

__all__ = ["best_line", "best_share", "mean_loss"]

_PENALTIES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
_WINDOWS = 50_000  # more than these change the line no more
_ROWS = 1_024  # windows at once
_SHARES = np.linspace(1.0, 0.0, 21)


def best_line(start: Start, head: Head, scaling: str) -> ForecastNetwork:
    """A network that is a line alone, by least squares, drawn towards nothing or a simple method (see `simple_lines`).

    Towards which, and how strongly, is what the head likes best in validation.
    """
    parts, windows = start.parts, start.windows
    units = units_of(parts, windows.panel)
    ridge = Ridge(parts.look_back, windows.horizon, scaling)
    step = -(-len(start.train) // _WINDOWS)
    for some in start.train[::step].split(_ROWS):
        batch = windows.gather(some)
        ridge.add(window_of(batch), ahead_of(batch), units[batch.series])
    alone = ForecastNetwork(None, head, look_back=parts.look_back, horizon=windows.horizon, scaling=scaling)
    alone = alone.to(units.device).eval()
    simple = simple_lines(parts.look_back, windows.horizon, windows.panel.frequency.seasonality)
    choices = list(itertools.product(_PENALTIES, simple))
    losses: list[float] = []
    for choice in choices:
        alone.begin_at(*ridge.solve(*choice))
        losses.append(mean_loss(alone, windows, start.valid, units))
    alone.begin_at(*ridge.solve(*choices[int(np.argmin(losses))]))
    return alone


def best_share(network: ForecastNetwork, alone: ForecastNetwork, start: Start) -> tuple[float, float]:
    """How much of a forecast a network is best to make, and for the rest a line alone; and the loss in validation.

    Args:
        network: in evaluation mode.
        alone: the line.
        start: knows the windows.
    """
    centre = network.head.centre

    def mixtures(batch: WindowBatch) -> Iterable[Forecast]:
        window = window_of(batch)
        own, line = network(window), alone(window).numbers[..., centre]
        for share in _SHARES:
            numbers = own.numbers.clone()
            numbers[..., centre].lerp_(line, 1 - share)
            yield own._replace(numbers=numbers)

    units = units_of(start.parts, start.windows.panel)
    losses = _mean_losses(network, mixtures, start.windows, start.valid, units)
    best = int(np.argmin(losses))
    return float(_SHARES[best]), float(losses[best])


def mean_loss(network: ForecastNetwork, windows: Windows, cutoffs: Tensor, units: Tensor) -> float:
    """The loss of a step, answering without the truth: the mean over series of what it is in each."""
    return float(_mean_losses(network, lambda batch: [network(window_of(batch))], windows, cutoffs, units)[0])


@torch.inference_mode()
def _mean_losses(
    network: ForecastNetwork,
    say: Callable[[WindowBatch], Iterable[Forecast]],
    windows: Windows,
    cutoffs: Tensor,
    units: Tensor,
) -> NDArray[np.float64]:
    """The mean loss of each of the forecasts that are said of every window."""
    totals, counts = (torch.zeros(1, len(units), dtype=torch.float64, device=units.device) for _ in range(2))
    for some in cutoffs.split(_ROWS):
        batch = windows.gather(some)
        ahead = ahead_of(batch)
        found = [network.errors(each, ahead, units[batch.series]).sum(1).double() for each in say(batch)]
        totals = totals.expand(len(found), -1).index_add(1, batch.series, torch.stack(found))
        counts.index_add_(1, batch.series, ahead.mask.sum(1).double().unsqueeze(0))
    return (totals / counts)[:, counts[0] > 0].mean(1).cpu().numpy()
