"""The straight line of a forecasting network in closed form, and simple methods as such lines."""

import torch
from jaxtyping import Float
from torch import Tensor

from sightline.layers.scaling import instance_scale
from sightline.models.forecast.protocol import Ahead, Window

__all__ = ["Ridge", "simple_lines"]


def simple_lines(look_back: int, horizon: int, season: int) -> list[Float[Tensor, "H L"]]:
    """Weights that make a line nothing, the seasonal naive forecast, and that with the season's drift.

        0,    y_h = x_(L + h - k m),    y_h = x_(L + h - k m) + k (mean of the last m - mean of the m before)

    for steps ahead h = 1 ... H and k = ceil(h / m); those that the look-back is too short for are left out.

    Args:
        look_back: L.
        horizon: H.
        season: m.

    Example:
        >>> [line.tolist() for line in simple_lines(4, 2, 2)][1:]
        [[[0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]], [[-0.5, -0.5, 1.5, 0.5], [-0.5, -0.5, 0.5, 1.5]]]
    """
    nothing = torch.zeros(horizon, look_back)
    if look_back < season:
        return [nothing]
    ahead = torch.arange(horizon)
    seasons = ahead // season + 1
    naive = nothing.clone()
    naive[ahead, look_back + ahead - seasons * season] = 1.0
    if season == 1 or look_back < 2 * season:
        return [nothing, naive]
    drift = torch.zeros(look_back)
    drift[-season:], drift[-2 * season : -season] = 1 / season, -1 / season
    return [nothing, naive, naive + seasons.unsqueeze(1) * drift]


class Ridge:
    """Least squares from the look-back to all steps ahead, with a penalty (Hoerl and Kennard 1970).

        min_(W, b) sum_windows (size / unit)^2 |y - W x - b|^2 + penalty m |W - W_0|^2

    with m the mean over l of `sum_windows (size x_l / unit)^2`, and W_0 what the line is drawn towards. x and y are a
    window's values and the steps ahead of it in the window's own scale, so that errors count in the scale of the data.
    Windows whose steps ahead were not all observed are left out; values that are missing in the past are zero. Sums are
    float64, and are kept on the device of the windows.

    Args:
        look_back: L.
        horizon: H.
        scaling: how a window is scaled by itself, a name in `SCALINGS`.

    Example:
        >>> series = torch.sin(torch.arange(60.0))
        >>> past = series.unfold(0, 8, 1)[:-4]
        >>> ahead = series[8:].unfold(0, 4, 1)[: len(past)]
        >>> ridge = Ridge(8, 4, "none")
        >>> ridge.add(Window.of_values(past, 4), Ahead(ahead, torch.ones_like(ahead, dtype=torch.bool)))
        >>> weight, bias = ridge.solve(1e-9)
        >>> bool((past @ weight.T + bias - ahead).abs().max() < 1e-3)
        True
    """

    def __init__(self, look_back: int, horizon: int, scaling: str) -> None:
        self._scaling = scaling
        self._inner = torch.zeros(look_back + 1, look_back + 1, dtype=torch.float64)
        self._outer = torch.zeros(look_back + 1, horizon, dtype=torch.float64)
        self._solved: tuple[Tensor, Tensor] | None = None

    def add(self, window: Window, ahead: Ahead, unit: Float[Tensor, "B 1"] | None = None) -> None:
        """Take some windows in, what came of them, and in which unit their errors count if not in the data's."""
        target, mask = ahead
        scale = instance_scale(window.past, window.mask, self._scaling)
        past = scale.apply(window.past).masked_fill(~window.mask, 0.0)
        weight = scale.size * mask.all(1, keepdim=True) / (1.0 if unit is None else unit)
        rows = torch.cat([past, torch.ones_like(past[:, :1])], 1).mul(weight).double()
        right = torch.where(mask, scale.apply(target), 0.0).mul(weight).double()
        self._inner = self._inner.to(rows.device) + rows.T @ rows
        self._outer = self._outer.to(rows.device) + rows.T @ right
        self._solved = None

    def solve(
        self, penalty: float, toward: Float[Tensor, "H L"] | None = None
    ) -> tuple[Float[Tensor, "H L"], Float[Tensor, " H"]]:
        """W and b; one decomposition serves all penalties, and all W_0 (`toward`)."""
        inner, cross, total = self._inner[:-1, :-1], self._inner[:-1, -1:], self._inner[-1, -1].clamp_min(1e-12)
        if self._solved is None:
            # The line's own height is not penalised: it is solved for apart.
            values, vectors = torch.linalg.eigh(inner - cross @ cross.T / total)
            self._solved = values.clamp_min(0.0), vectors
        values, vectors = self._solved
        begin = torch.zeros_like(self._outer[:-1].T) if toward is None else toward.to(inner)
        left = self._outer - self._inner[:, :-1] @ begin.T
        right = vectors.T @ (left[:-1] - cross @ left[-1:] / total)
        size = self._inner.diagonal()[:-1].mean().clamp_min(1e-12)
        weight = begin + (vectors @ (right / (values + penalty * size).unsqueeze(1))).T
        bias = (self._outer[-1] - weight @ self._inner[:-1, -1]) / total
        kind = torch.get_default_dtype()
        return weight.to(kind), bias.to(kind)
