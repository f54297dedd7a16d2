"""Numbers that sum up attention."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

__all__ = ["entropy"]


def entropy(weights: Float[Tensor, "... T S"], query_mask: Bool[Tensor, "... T"] | None = None) -> Float[Tensor, ""]:
    r"""The mean entropy of the rows of attention, in nats.

    .. math:: H = -\frac{1}{|R|} \sum_{t \in R} \sum_s w_{ts} \log w_{ts}, \qquad 0 \log 0 = 0

    0 when every query looks at one key, log S when it looks at all alike. Rows of zeros, which had nothing to attend
    to, are left out of R.

    Args:
        weights: rows that sum to 1, or to 0.
        query_mask: True where the query counts; broadcastable to `weights` without its last dimension.

    Returns:
        A scalar; NaN when no row is left to average.

    Example:
        >>> entropy(torch.tensor([[0.5, 0.5], [1.0, 0.0], [0.0, 0.0]]))  # (log 2 + 0) / 2
        tensor(0.3466)
    """
    rows = torch.special.entr(weights).sum(-1)
    counted = weights.ne(0).any(-1)
    if query_mask is not None:
        counted = counted & query_mask
    # torch.where, not a product: a row that does not count may hold NaN.
    return torch.where(counted, rows, 0).sum() / counted.sum()
