"""Which windows to take where there are too many, so that each series has as many as any other."""

import torch
from jaxtyping import Int
from torch import Tensor

__all__ = ["alike"]


def alike(cutoffs: Int[Tensor, "W 2"], most: int, enough: int | None = None) -> Int[Tensor, "C 2"]:
    """Windows at even distances in time, of each series the same number as far as it has so many.

    Args:
        cutoffs: names of windows, series by series and in their order in time, `(series, cutoff)`.
        most: how many at most.
        enough: with so many no series gives more than the shortest can, so that all have the same say; None to take
            as many as there may be.

    Example:
        >>> windows = torch.tensor([[0, 5], [1, 5], [1, 6], [1, 7], [1, 8]])
        >>> alike(windows, 3).tolist(), alike(windows, 3, enough=2).tolist()
        ([[0, 5], [1, 5], [1, 7]], [[0, 5], [1, 6]])
    """
    if not len(cutoffs):
        return cutoffs
    numbers = cutoffs[:, 0].bincount().double()
    there = numbers[numbers > 0]
    each = _each(there, most)
    if enough is not None:
        each = torch.minimum(each, torch.maximum(there.min(), _each(there, enough)))
    times = (each / numbers[cutoffs[:, 0]]).clamp_max(1.0)
    # A window is taken where a number and a half lies in its stretch of a line as long as all that are wanted; what is
    # meant to be a half may have come out a little less.
    ends = (times.cumsum(0) + 0.5 + 1e-6).floor().long()
    return cutoffs[ends.diff(prepend=ends.new_zeros(1)).bool()]


def _each(numbers: Tensor, most: int) -> Tensor:
    """How many each series gives where some have fewer: they give all they have, and the others share the rest."""
    rising = numbers.sort().values
    left = most - torch.cat([rising.new_zeros(1), rising.cumsum(0)[:-1]])
    shares = left / torch.arange(len(rising), 0, -1, device=rising.device)
    fits = (shares <= rising).nonzero()
    return shares[fits[0, 0]] if len(fits) else rising[-1]
