"""The straight line in closed form: where a network begins, and what it has to beat."""

import itertools

import numpy as np
import torch
from torch import Tensor

from sightline.data.series import Windows
from sightline.models.forecast import ForecastNetwork, Head, Ridge, simple_lines
from sightline.tasks.forecast.building import ahead_of, units_of, window_of
from sightline.tasks.forecast.starting import Start

__all__ = ["best_line", "mean_loss"]

_PENALTIES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
_WINDOWS = 50_000  # more than these change the line no more
_ROWS = 1_024  # windows at once


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


@torch.inference_mode()
def mean_loss(network: ForecastNetwork, windows: Windows, cutoffs: Tensor, units: Tensor) -> float:
    """The loss of a step, answering without the truth: the mean over series of what it is in each."""
    total, count = (torch.zeros(len(units), dtype=torch.float64, device=units.device) for _ in range(2))
    for some in cutoffs.split(_ROWS):
        batch = windows.gather(some)
        ahead = ahead_of(batch)
        errors = network.errors(network(window_of(batch)), ahead, units[batch.series])
        total.index_add_(0, batch.series, errors.sum(1).double())
        count.index_add_(0, batch.series, ahead.mask.sum(1).double())
    return float((total / count)[count > 0].mean())
