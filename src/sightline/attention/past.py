"""What earlier queries leave to later ones: how many there were, and where they looked."""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

__all__ = ["Past"]


class Past(NamedTuple):
    """For each row that attends step by step: the steps so far, the last weights, and the sum of all weights.

    Attributes:
        count: `[*B, T]`, 0 at the first step.
        last: `[*B, T, S]`, zeros at the first step.
        total: `[*B, T, S]`, the coverage (Tu et al. 2016).
    """

    count: Int[Tensor, "*B T"]  # pyright: ignore[reportIncompatibleMethodOverride] - the tuple's own is of no use here
    last: Float[Tensor, "*B T S"]
    total: Float[Tensor, "*B T S"]

    @classmethod
    def start(cls, rows: tuple[int, ...], keys: int, like: Tensor) -> "Past":
        """Nothing seen yet, for rows of that shape; device and type as `like`."""
        zeros = like.new_zeros(*rows, keys)
        return cls(torch.zeros(rows, dtype=torch.int64, device=like.device), zeros, zeros)

    def after(self, weights: Float[Tensor, "*B T S"]) -> "Past":
        """The past of the next step."""
        return Past(self.count + 1, weights, self.total + weights)
