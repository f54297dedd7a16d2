"""A forecasting network: scaling around a core, a straight line beside it, a head behind both."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from sightline.layers import Dropout
from sightline.layers.scaling import Scale, instance_scale
from sightline.models.forecast.heads import Head
from sightline.models.forecast.protocol import Core, Maps, Window

__all__ = ["Forecast", "ForecastNetwork"]


class Forecast(NamedTuple):
    """What the head makes something of, `[B, H, P]`, in which scale, and where the core looked."""

    numbers: Tensor
    scale: Scale
    maps: Maps


class ForecastNetwork(nn.Module):
    """Reads a window in its own scale and says P numbers of each step ahead.

        numbers = core(window) + line(past)      the line goes to the middle of the forecast alone

    The line is what the autoregressive part is in Lai et al. 2018 (section 3.5): what a linear model can say of the
    look-back, the core need not learn. It begins at zero; `Ridge` knows where it would end without the core.

    Args:
        core: sees scaled values; None for the line alone.
        head: what the numbers mean.
        look_back: L.
        horizon: H.
        scaling: how a window is scaled by itself, a name in `SCALINGS`.
        line: let the straight line be.
        dropout: of what the line reads.

    Example:
        >>> from sightline.models.forecast import PatchCore, PointHead, Window
        >>> core = PatchCore(look_back=16, horizon=4, numbers=1, patch=8, stride=4, width=8, heads=2, hidden=16)
        >>> network = ForecastNetwork(core, PointHead(), look_back=16, horizon=4)
        >>> window = Window.of_values(torch.randn(3, 16), horizon=4)
        >>> network.point(network(window)).shape
        torch.Size([3, 4])
    """

    def __init__(
        self,
        core: Core | None,
        head: Head,
        *,
        look_back: int,
        horizon: int,
        scaling: str = "standard",
        line: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.core = core
        self.head = head
        self.look_back, self.horizon = look_back, horizon
        self.scaling = scaling
        self.line = nn.Linear(look_back, horizon) if line else None
        self.dropout = Dropout(dropout)
        if self.line is not None:
            nn.init.zeros_(self.line.weight)
            nn.init.zeros_(self.line.bias)

    def forward(
        self, window: Window, target: Float[Tensor, "B H"] | None = None, *, need_weights: bool = False
    ) -> Forecast:
        """The numbers of each step ahead; `target` is for cores that learn by teacher forcing."""
        scale = instance_scale(window.past, window.mask, self.scaling)
        past = scale.apply(window.past).masked_fill(~window.mask, 0.0)
        known = None if target is None else scale.apply(target)
        numbers, maps = past.new_zeros(len(past), self.horizon, self.head.width), {}
        if self.core is not None:
            numbers, maps = self.core(window._replace(past=past), known, need_weights)
        if self.line is not None:
            share = self.line(self.dropout(past)).unsqueeze(-1)
            before, behind = self.head.centre, self.head.width - self.head.centre - 1
            numbers = numbers + nn.functional.pad(share, (before, behind))
        return Forecast(numbers, scale, maps)

    def point(self, forecast: Forecast) -> Float[Tensor, "B H"]:
        """The forecast itself, in the scale of the data."""
        return self.head.point(forecast.numbers, forecast.scale)

    def loss(
        self, forecast: Forecast, target: Float[Tensor, "B H"], mask: Bool[Tensor, "B H"]
    ) -> tuple[Float[Tensor, ""], int]:
        """Its head's loss, summed over the steps that were observed, and how many there were."""
        wrong = self.head.loss(forecast.numbers, forecast.scale, target)
        return torch.where(mask, wrong, 0.0).sum(), int(mask.sum())
