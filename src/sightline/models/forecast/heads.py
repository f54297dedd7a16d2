"""Heads: what the numbers of a step ahead mean, and how wrong they were."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from sightline.errors import ConfigError
from sightline.layers.scaling import Scale

__all__ = ["GaussianHead", "Head", "PointHead", "QuantileHead", "StudentHead"]

_SMALLEST = 1e-4  # of a spread, in the window's own scale


@runtime_checkable
class Head(Protocol):
    """What a network's numbers mean. They are in the window's own scale; what comes out is in that of the data.

    Attributes:
        width: P, the numbers of each step ahead.
        centre: which of them is the middle of what is forecast.
        span: the levels between which it knows quantiles; None if it knows none.
    """

    width: int
    centre: int
    span: tuple[float, float] | None

    def point(self, numbers: Float[Tensor, "B H P"], scale: Scale) -> Float[Tensor, "B H"]:
        """The forecast itself."""
        ...

    def quantiles(
        self, numbers: Float[Tensor, "B H P"], scale: Scale, levels: Sequence[float]
    ) -> Float[Tensor, "B H Q"]:
        """Quantiles of these levels, which never cross.

        Raises:
            ConfigError: where the head cannot tell them.
        """
        ...

    def loss(self, numbers: Float[Tensor, "B H P"], scale: Scale, target: Float[Tensor, "B H"]) -> Float[Tensor, "B H"]:
        """How wrong each step was."""
        ...


class PointHead:
    """One number a step, by squared or absolute error.

    Args:
        error: `"squared"` or `"absolute"`.

    Raises:
        ConfigError: for another error.
    """

    width = 1
    centre = 0
    span: tuple[float, float] | None = None

    def __init__(self, error: str = "squared") -> None:
        if error not in ("squared", "absolute"):
            raise ConfigError(f"unknown error {error!r}: choose 'squared' or 'absolute'")
        self._squared = error == "squared"

    def point(self, numbers: Float[Tensor, "B H P"], scale: Scale) -> Float[Tensor, "B H"]:
        """The number."""
        return scale.invert(numbers[..., 0])

    def quantiles(
        self, numbers: Float[Tensor, "B H P"], scale: Scale, levels: Sequence[float]
    ) -> Float[Tensor, "B H Q"]:
        """None: a point has no spread."""
        raise ConfigError("a point forecast has no quantiles of its own: calibrate intervals, or choose another head")

    def loss(self, numbers: Float[Tensor, "B H P"], scale: Scale, target: Float[Tensor, "B H"]) -> Float[Tensor, "B H"]:
        """`(y - f)^2` or `|y - f|`."""
        wrong = self.point(numbers, scale) - target
        return wrong.square() if self._squared else wrong.abs()


class QuantileHead:
    """Quantiles of chosen levels, by the pinball loss (Koenker and Bassett 1978).

        loss = 2 mean_q max(q (y - f_q), (q - 1) (y - f_q))

    The network gives the middle one, and the others' distances from one to the next, through a softplus, so that they
    cannot cross; levels between the chosen ones are interpolated.

    Args:
        levels: rising, at least three, the middle one 0.5.

    Raises:
        ConfigError: for other levels.

    Example:
        >>> head = QuantileHead((0.1, 0.5, 0.9))
        >>> one = Scale(torch.zeros(1, 1), torch.ones(1, 1))
        >>> numbers = torch.tensor([[[0.5413, 2.0, 0.5413]]])  # whose softplus is 1
        >>> head.quantiles(numbers, one, [0.1, 0.3, 0.5, 0.9]).round(decimals=2).tolist()
        [[[1.0, 1.5, 2.0, 3.0]]]
    """

    def __init__(self, levels: Sequence[float]) -> None:
        self.levels = tuple(levels)
        self.width = len(self.levels)
        self.centre = self.width // 2
        self.span: tuple[float, float] | None = (self.levels[0], self.levels[-1]) if self.levels else None
        rising = all(low < high for low, high in zip((0.0, *self.levels), (*self.levels, 1.0), strict=True))
        if self.width < 3 or self.width % 2 == 0 or not rising or self.levels[self.centre] != 0.5:
            raise ConfigError(f"levels are {self.levels}: they must rise between 0 and 1, with 0.5 in their middle")

    def _all(self, numbers: Tensor) -> Tensor:
        middle = numbers[..., self.centre : self.centre + 1]
        below = F.softplus(numbers[..., : self.centre]).flip(-1).cumsum(-1).flip(-1)
        above = F.softplus(numbers[..., self.centre + 1 :]).cumsum(-1)
        return torch.cat([middle - below, middle, middle + above], -1)

    def point(self, numbers: Float[Tensor, "B H P"], scale: Scale) -> Float[Tensor, "B H"]:
        """The median."""
        return scale.invert(numbers[..., self.centre])

    def quantiles(
        self, numbers: Float[Tensor, "B H P"], scale: Scale, levels: Sequence[float]
    ) -> Float[Tensor, "B H Q"]:
        """Those learned, and between them lines; beyond the outermost nothing is known."""
        known = torch.tensor(self.levels, dtype=numbers.dtype, device=numbers.device)
        asked = torch.tensor(list(levels), dtype=numbers.dtype, device=numbers.device)
        if asked.numel() and (asked.min() < known[0] - 1e-6 or asked.max() > known[-1] + 1e-6):
            raise ConfigError(
                f"quantiles of {', '.join(f'{level:g}' for level in levels)} are asked for, and learned were those "
                f"from {self.levels[0]:g} to {self.levels[-1]:g}: train with wider levels"
            )
        high = torch.searchsorted(known, asked).clamp(1, self.width - 1)
        share = ((asked - known[high - 1]) / (known[high] - known[high - 1])).clamp(0, 1)
        found = self._all(numbers)
        between = torch.lerp(found[..., high - 1], found[..., high], share)
        return between * scale.size.unsqueeze(-1) + scale.location.unsqueeze(-1)

    def loss(self, numbers: Float[Tensor, "B H P"], scale: Scale, target: Float[Tensor, "B H"]) -> Float[Tensor, "B H"]:
        """Twice the mean pinball loss: with 0.5 alone it would be the absolute error."""
        levels = torch.tensor(self.levels, dtype=numbers.dtype, device=numbers.device)
        over = scale.apply(target).unsqueeze(-1) - self._all(numbers)
        return 2 * torch.maximum(levels * over, (levels - 1) * over).mean(-1) * scale.size


class GaussianHead:
    """A normal distribution, by its likelihood: mean and, through a softplus, standard deviation."""

    width = 2
    centre = 0
    span: tuple[float, float] | None = 0.0, 1.0

    def _parts(self, numbers: Tensor, scale: Scale) -> tuple[Tensor, Tensor]:
        return scale.invert(numbers[..., 0]), (F.softplus(numbers[..., 1]) + _SMALLEST) * scale.size

    def point(self, numbers: Float[Tensor, "B H P"], scale: Scale) -> Float[Tensor, "B H"]:
        """The mean."""
        return scale.invert(numbers[..., 0])

    def quantiles(
        self, numbers: Float[Tensor, "B H P"], scale: Scale, levels: Sequence[float]
    ) -> Float[Tensor, "B H Q"]:
        """`mean + deviation Phi^-1(q)`."""
        mean, deviation = self._parts(numbers, scale)
        asked = torch.tensor(list(levels), dtype=numbers.dtype, device=numbers.device)
        return mean.unsqueeze(-1) + deviation.unsqueeze(-1) * torch.special.ndtri(asked)

    def loss(self, numbers: Float[Tensor, "B H P"], scale: Scale, target: Float[Tensor, "B H"]) -> Float[Tensor, "B H"]:
        """The negative log-likelihood."""
        mean, deviation = self._parts(numbers, scale)
        return -torch.distributions.Normal(mean, deviation, validate_args=False).log_prob(target)


class StudentHead:
    """Student's t, by its likelihood: location, and through a softplus spread and degrees of freedom above 2."""

    width = 3
    centre = 0
    span: tuple[float, float] | None = 0.0, 1.0

    def _parts(self, numbers: Tensor, scale: Scale) -> tuple[Tensor, Tensor, Tensor]:
        spread = (F.softplus(numbers[..., 1]) + _SMALLEST) * scale.size
        return scale.invert(numbers[..., 0]), spread, 2 + F.softplus(numbers[..., 2])

    def point(self, numbers: Float[Tensor, "B H P"], scale: Scale) -> Float[Tensor, "B H"]:
        """The location, which is mean and median."""
        return scale.invert(numbers[..., 0])

    def quantiles(
        self, numbers: Float[Tensor, "B H P"], scale: Scale, levels: Sequence[float]
    ) -> Float[Tensor, "B H Q"]:
        """`location + spread T^-1(q)`, by scipy, which torch has no function for."""
        from scipy.stats import t

        location, spread, freedom = self._parts(numbers, scale)
        standard = t.ppf(list(levels), freedom.detach().cpu().unsqueeze(-1).numpy())
        known = torch.as_tensor(standard, dtype=numbers.dtype, device=numbers.device)
        return location.unsqueeze(-1) + spread.unsqueeze(-1) * known

    def loss(self, numbers: Float[Tensor, "B H P"], scale: Scale, target: Float[Tensor, "B H"]) -> Float[Tensor, "B H"]:
        """The negative log-likelihood."""
        location, spread, freedom = self._parts(numbers, scale)
        return -torch.distributions.StudentT(freedom, location, spread, validate_args=False).log_prob(target)
