"""Numbers that sum up attention."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

__all__ = ["entropy", "rollout"]


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


def rollout(weights: Float[Tensor, "B layers H S S"]) -> Float[Tensor, "B S S"]:
    """How much of each input stands in each output of layers of self-attention on residual paths.

        R_0 = I,    R_l = (1/2 mean_h W_l + 1/2 I) R_(l-1)

    Abnar and Zuidema 2020, "Quantifying Attention Flow in Transformers", section 3: half of what a layer gives on is
    taken to come by its residual path. What the feed-forward parts and the values do is not seen.

    Args:
        weights: of all layers, the first one first; rows sum to 1.

    Returns:
        Rows, one for each output, that sum to 1.

    Example:
        >>> rollout(torch.tensor([[[[[0.0, 1.0], [0.0, 1.0]]]]])).tolist()
        [[[0.5, 0.5], [0.0, 1.0]]]
    """
    one = torch.eye(weights.shape[-1], dtype=weights.dtype, device=weights.device)
    found = one.expand(len(weights), -1, -1)
    for layer in weights.mean(2).unbind(1):
        found = (layer + one) / 2 @ found
    return found
