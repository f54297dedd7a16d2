"""The straight line of a forecasting network in closed form."""

import torch
from jaxtyping import Float
from torch import Tensor

from sightline.layers.scaling import instance_scale
from sightline.models.forecast.protocol import Ahead, Window

__all__ = ["Ridge"]


class Ridge:
    """Least squares from the look-back to all steps ahead, with a penalty (Hoerl and Kennard 1970).

        min_(W, b) sum_windows (size / unit)^2 |y - W x - b|^2 + penalty m |W|^2,  m = mean_l sum (size x_l / unit)^2

    x and y are a window's values and the steps ahead of it in the window's own scale, so that errors count in the scale
    of the data. Windows whose steps ahead were not all observed are left out; values that are missing in the past are
    zero. Sums are float64, and are kept on the device of the windows.

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
        self._solved: tuple[Tensor, Tensor, Tensor] | None = None

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

    def solve(self, penalty: float) -> tuple[Float[Tensor, "H L"], Float[Tensor, " H"]]:
        """W and b; one decomposition serves all penalties."""
        if self._solved is None:
            # The line's own height is not penalised: it is solved for apart.
            inner, cross, total = self._inner[:-1, :-1], self._inner[:-1, -1:], self._inner[-1, -1].clamp_min(1e-12)
            values, vectors = torch.linalg.eigh(inner - cross @ cross.T / total)
            right = self._outer[:-1] - cross @ self._outer[-1:] / total
            self._solved = values.clamp_min(0.0), vectors, vectors.T @ right
        values, vectors, right = self._solved
        size = self._inner.diagonal()[:-1].mean().clamp_min(1e-12)
        weight = (vectors @ (right / (values + penalty * size).unsqueeze(1))).T
        bias = (self._outer[-1] - weight @ self._inner[:-1, -1]) / self._inner[-1, -1].clamp_min(1e-12)
        kind = torch.get_default_dtype()
        return weight.to(kind), bias.to(kind)
