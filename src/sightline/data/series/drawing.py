"""Which windows to take where there are many, so that each series has as many as any other."""

from jaxtyping import Int
from torch import Tensor

__all__ = ["alike"]


def alike(cutoffs: Int[Tensor, "W 2"], count: int) -> Int[Tensor, "C 2"]:
    """So many windows at even distances, of each series the same number as near as can be.

    Of a series with fewer windows some are taken more than once, of one with more some are left out. Where all series
    have the same number, and all windows are wanted, each is taken once.

    Args:
        cutoffs: names of windows, series by series and in their order in time, `(series, cutoff)`.
        count: C.

    Example:
        >>> alike(torch.tensor([[0, 5], [1, 5], [1, 6], [1, 7], [1, 8]]), 4).tolist()
        [[0, 5], [0, 5], [1, 5], [1, 7]]
    """
    if not len(cutoffs):
        return cutoffs
    numbers = cutoffs[:, 0].bincount()
    times = count / numbers.count_nonzero() / numbers[cutoffs[:, 0]].double()
    # A window is taken as often as a number and a half lies in its stretch of a line as long as all that are wanted;
    # what is meant to be a half may have come out a little less.
    ends = (times.cumsum(0) + 0.5 + 1e-6).floor().long()
    return cutoffs.repeat_interleave(ends.diff(prepend=ends.new_zeros(1)), 0)
