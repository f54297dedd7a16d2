"""A forecasting network: scaling around a core, a straight line beside it, a head behind both."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sightline.layers import Dropout
from sightline.layers.scaling import Scale, instance_scale
from sightline.models.forecast.heads import Head
from sightline.models.forecast.protocol import Ahead, Core, Maps, Window

__all__ = ["Forecast", "ForecastNetwork"]


class Forecast(NamedTuple):
    """What the head makes something of, `[B, H, P]`, in which scale, and where the core looked."""

    numbers: Tensor
    scale: Scale
    maps: Maps


class ForecastNetwork(nn.Module):
    """Reads a window in its own scale and says P numbers of each step ahead.

        numbers = share core(window) + line(past)      share is 1, and the line zero, at first

    The line is what the autoregressive part is in Lai et al. 2018 (section 3.5), and like the share it goes to the
    middle of the forecast alone. `Ridge` knows where it would end without the core: the core may begin there and learn
    what a line leaves (`begin_at`), and what was learned may be combined with the forecast of the line alone (`join`;
    Bates and Granger 1969, "The Combination of Forecasts").

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
        self.share = nn.Parameter(torch.ones(()), requires_grad=False) if line else None
        self.dropout = Dropout(dropout)
        if self.line is not None:
            nn.init.zeros_(self.line.weight)
            nn.init.zeros_(self.line.bias)

    def straight(self) -> tuple[Float[Tensor, "H L"], Float[Tensor, " H"]]:
        """The line's weights and biases."""
        assert self.line is not None
        return self.line.weight, self.line.bias

    def begin_at(self, weight: Float[Tensor, "H L"], bias: Float[Tensor, " H"]) -> None:
        """Let the line begin at what `Ridge` found, and the core's readout at zero, so that it learns what is left."""
        assert self.line is not None
        self.line.weight.data.copy_(weight)
        self.line.bias.data.copy_(bias)
        if self.core is not None:
            nn.init.zeros_(self.core.readout.weight)

    def join(self, weight: Float[Tensor, "H L"], bias: Float[Tensor, " H"], share: float) -> None:
        """Let forecasts be that share of what they are, and for the rest those of the line that `Ridge` found."""
        assert self.line is not None
        assert self.share is not None
        self.line.weight.data.mul_(share).add_((1 - share) * weight)
        self.line.bias.data.mul_(share).add_((1 - share) * bias)
        self.share.data.mul_(share)

    def forward(self, window: Window, ahead: Ahead | None = None, *, need_weights: bool = False) -> Forecast:
        """The numbers of each step ahead; what came of them is for cores that learn by teacher forcing.

        The maps are the core's, and `"line"`, `[B, H, L]`: what each step back adds to the line's share of each step.

        The scale is computed in the type that the values have, float64 for large numbers with small changes.
        """
        kind = torch.get_default_dtype()
        scale = instance_scale(window.past, window.mask, self.scaling)
        past = scale.apply(window.past).masked_fill(~window.mask, 0.0).to(kind)
        truth = None if ahead is None else torch.where(ahead.mask, scale.apply(ahead.target), 0.0).to(kind)
        numbers, maps = past.new_zeros(len(past), self.horizon, self.head.width), {}
        if self.core is not None:
            numbers, maps = self.core(window._replace(past=past), truth, need_weights)
        if self.line is not None and self.share is not None:
            below, middle, above = numbers.tensor_split((self.head.centre, self.head.centre + 1), -1)
            middle = self.share * middle + self.line(self.dropout(past)).unsqueeze(-1)
            numbers = torch.cat([below, middle, above], -1)
            if need_weights:
                maps = maps | {"line": self.line.weight * past.unsqueeze(1)}
        return Forecast(numbers, scale, maps)

    def point(self, forecast: Forecast) -> Float[Tensor, "B H"]:
        """The forecast itself, in the scale of the data."""
        return self.head.point(forecast.numbers, forecast.scale)

    def loss(
        self, forecast: Forecast, ahead: Ahead, unit: Float[Tensor, "B 1"] | None = None
    ) -> tuple[Float[Tensor, ""], int]:
        """Its head's loss, summed over the steps that were observed, and how many there were; as `errors` otherwise."""
        return self.errors(forecast, ahead, unit).sum(), int(ahead.mask.sum())

    def errors(
        self, forecast: Forecast, ahead: Ahead, unit: Float[Tensor, "B 1"] | None = None
    ) -> Float[Tensor, "B H"]:
        """Its head's loss of each step, 0 where it was not observed.

        Args:
            forecast: of `forward`.
            ahead: what came.
            unit: in which to count errors, so that large series and small ones weigh alike; None for that of the data.
        """
        target, scale = ahead.target, forecast.scale
        if unit is not None:
            target, scale = target / unit, Scale(scale.location / unit, scale.size / unit)
        wrong = self.head.loss(forecast.numbers, scale, target)
        return torch.where(ahead.mask, wrong, 0.0)
