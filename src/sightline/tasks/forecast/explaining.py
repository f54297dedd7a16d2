"""What a forecast used of the past: shares of steps and variables, whatever the network looks with."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sightline.data.series import Panel, Windows
from sightline.errors import ConfigError
from sightline.explain import rollout
from sightline.models.forecast import Forecast, ForecastNetwork, PatchCore, RecurrentCore, Window
from sightline.tasks.forecast.building import Parts, window_of
from sightline.tasks.forecast.encoding import Encoding
from sightline.tasks.forecast.frames import when

__all__ = ["by_covariate", "covariate_columns", "looked", "used", "used_columns", "variables_of", "whole"]


def _by_patches(network: ForecastNetwork, forecast: Forecast) -> Tensor:
    """The readout says how much of each number is each patch's; rollout, whose steps stand in a patch."""
    assert isinstance(network.core, PatchCore)
    shares = forecast.maps["readout"][:, :, network.head.centre].abs()
    by_patch = whole(shares) @ rollout(forecast.maps["encoder"])
    return _spread(by_patch, network.core.patch, network.core.stride, network.look_back).unsqueeze(2)


def _by_segments(network: ForecastNetwork, forecast: Forecast) -> Tensor:
    """Attention from segments ahead to segments back, each spread over its steps."""
    size = network.core.segment if isinstance(network.core, RecurrentCore) else 1
    by_step = forecast.maps["cross"].repeat_interleave(size, 1)[:, : network.horizon]
    return _spread(by_step, size, size, network.look_back).unsqueeze(2)


def _by_variables(network: ForecastNetwork, forecast: Forecast) -> Tensor:
    """The weights themselves; nothing for steps that are further back than the last lag."""
    weights = forecast.maps["variables"]
    return torch.nn.functional.pad(weights, (network.look_back - weights.shape[-1], 0))


_ROWS = 64  # windows at once

# By the map that a core gives: from a network and its forecast to shares `[B, H, V, L]` that sum to 1.
_WAYS: dict[str, Callable[[ForecastNetwork, Forecast], Tensor]] = {
    "readout": _by_patches,
    "cross": _by_segments,
    "variables": _by_variables,
}


def used(network: ForecastNetwork, forecast: Forecast) -> Tensor:
    """Shares of the past in each step ahead, `[B, H, V, L]`, that sum to 1 over V and L.

    The line says exactly how much of a forecast each step back makes; for the core it is what its attention says, in
    proportion to how much the core makes of the forecast:

        used_hl = (|core_h| attention_hl + |line_hl x_l|) / (|core_h| + sum_l |line_hl x_l|)

    V is 1 where a core does not tell covariates from values.

    Args:
        network: that made the forecast.
        forecast: with its maps.
    """
    found = [way(network, forecast) for name, way in _WAYS.items() if name in forecast.maps]
    middle = forecast.numbers[..., network.head.centre]
    line = forecast.maps.get("line")
    if line is None:
        return found[0]
    straight = line.abs()
    total = middle if network.line is None else middle - line.sum(-1) - network.line.bias
    core = total.abs()[..., None, None] * found[0] if found else torch.zeros_like(straight).unsqueeze(2)
    core[:, :, 0] += straight
    return whole(core, (-2, -1))


def looked(network: ForecastNetwork, window: Window) -> Forecast:
    """A forecast with its maps; raises ConfigError for a network whose core has none."""
    forecast = network(window, need_weights=True)
    if not forecast.maps or (network.core is not None and forecast.maps.keys() == {"line"}):
        raise ConfigError("this network looks at nothing, so that there is nothing to explain: choose an attention")
    return forecast


@torch.inference_mode()
def used_columns(parts: Parts, panel: Panel, windows: Windows) -> dict[str, Any]:
    """The columns of a table: `unique_id, cutoff, step, ds, variable, weight`, for the steps after each series' end.

    Raises:
        ConfigError: for a network that looks at nothing.
    """
    network, horizon, look_back = parts.network.eval(), windows.horizon, parts.look_back
    found: list[Tensor] = []
    for some in windows.last().split(_ROWS):
        found.append(used(network, looked(network, window_of(windows.gather(some)))))
    weights = by_covariate(torch.cat(found).cpu().double().numpy(), parts.series.encoding)
    count, _, variables, _ = weights.shape
    names = np.array(variables_of(panel)[:variables])
    times = when(panel, np.arange(count), panel.history - look_back, look_back)
    shape = weights.shape
    within = (panel.history[:, None] - look_back + np.arange(look_back) >= 0)[:, None, None]
    weights = whole(torch.from_numpy(np.where(within, weights, 0.0)), (-2, -1)).numpy()
    inside = np.broadcast_to(within, shape)
    columns = {
        panel.columns.id: np.array(panel.ids)[:, None, None, None],
        "cutoff": when(panel, np.arange(count), panel.history - 1, 1)[:, :, None, None],
        "step": np.arange(1, horizon + 1)[None, :, None, None],
        panel.columns.time: times[:, None, None, :],
        "variable": names[None, None, :, None],
        "weight": weights,
    }
    return {name: np.broadcast_to(values, shape)[inside] for name, values in columns.items()}


def variables_of(panel: Panel) -> list[str]:
    """The series' own values and the covariates at past steps."""
    target = panel.columns.target if isinstance(panel.columns.target, str) and not panel.columns.is_wide else "y"
    return [target, *panel.columns.past, *panel.future_names]


def by_covariate(weights: NDArray[np.float64], encoding: Encoding) -> NDArray[np.float64]:
    """Those of all columns that a covariate was encoded as together; features of the calendar are the last."""
    if weights.shape[2] == 1:
        return weights
    columns = [1, *covariate_columns(weights.shape[2] - 1, encoding)]
    return np.add.reduceat(weights, np.cumsum([0, *columns[:-1]]), 2)


def covariate_columns(width: int, encoding: Encoding) -> list[int]:
    """How many of the encoded columns at past steps are each covariate's."""
    columns = [column.names or 1 for column in (*encoding.past, *encoding.future)]
    return columns + [1] * (width - sum(columns))


def whole(shares: Tensor, over: Sequence[int] = (-1,)) -> Tensor:
    """Shares that sum to 1; alike where there are none."""
    total = shares.sum(tuple(over), keepdim=True)
    return torch.where(total > 0, shares / total, 1 / math.prod(shares.shape[d] for d in over))


def _spread(shares: Tensor, size: int, stride: int, steps: int) -> Tensor:
    """Shares of pieces, `[B, H, N]`, as shares of the steps in them, `[B, H, L]`; the last piece ends the steps."""
    pieces, device = shares.shape[-1], shares.device
    first = steps - size - stride * torch.arange(pieces - 1, -1, -1, device=device)
    place = torch.arange(steps, device=device)
    inside = ((place >= first[:, None]) & (place < first[:, None] + size)).to(shares.dtype)
    return shares @ (inside / inside.sum(-1, keepdim=True))
