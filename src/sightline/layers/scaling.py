"""Scaling of each window of a series by itself, that is undone on what comes out."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from sightline.errors import ConfigError

__all__ = ["SCALINGS", "Scale", "instance_scale"]

SCALINGS = ("standard", "last", "none")
_SMALLEST = 1e-5  # of a size, so that a constant window stays finite


class Scale(NamedTuple):
    """Where a window lies and how large its values are, `[B, 1]` both."""

    location: Tensor
    size: Tensor

    def apply(self, x: Float[Tensor, "B N"]) -> Float[Tensor, "B N"]:
        """`(x - location) / size`."""
        return (x - self.location) / self.size

    def invert(self, x: Float[Tensor, "B N"]) -> Float[Tensor, "B N"]:
        """`x size + location`."""
        return x * self.size + self.location


def instance_scale(past: Float[Tensor, "B L"], mask: Bool[Tensor, "B L"], kind: str = "standard") -> Scale:
    """The scale of each window, from the values that were observed.

    - `"standard"`: mean and standard deviation, reversible instance normalisation without its learned gain (Kim et al.
      2022, section 3.1); the variance gets 1e-5 added.
    - `"last"`: the last observed value, and a size of 1 (the NLinear of Zeng et al. 2023, section 4).
    - `"none"`: 0 and 1.

    A window in which nothing was observed has 0 and 1.

    Args:
        past: values of a window, anything where they are missing.
        mask: True where a value was observed.
        kind: a name in `SCALINGS`.

    Raises:
        ConfigError: for an unknown kind.

    Example:
        >>> past = torch.tensor([[1.0, 3.0, 9.0]])
        >>> scale = instance_scale(past, torch.tensor([[True, True, False]]), "last")
        >>> scale.apply(past).tolist(), scale.invert(scale.apply(past)).tolist()
        ([[-2.0, 0.0, 6.0]], [[1.0, 3.0, 9.0]])
    """
    if kind not in SCALINGS:
        raise ConfigError(f"unknown scaling {kind!r}: choose one of {', '.join(SCALINGS)}")
    if kind == "none":
        return Scale(torch.zeros_like(past[:, :1]), torch.ones_like(past[:, :1]))
    known = past.masked_fill(~mask, 0.0)
    if kind == "last":
        positions = torch.arange(past.shape[1], device=past.device)
        last = torch.where(mask, positions, 0).amax(1, keepdim=True)
        return Scale(known.gather(1, last), torch.ones_like(past[:, :1]))
    count = mask.sum(1, keepdim=True).clamp_min(1)
    location = known.sum(1, keepdim=True) / count
    variance = (known - location).square().masked_fill(~mask, 0.0).sum(1, keepdim=True) / count
    seen = mask.any(1, keepdim=True)
    return Scale(location, torch.where(seen, (variance + _SMALLEST).sqrt(), 1.0))
