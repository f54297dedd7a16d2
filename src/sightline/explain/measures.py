"""Numbers that sum up attention."""

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

__all__ = ["entropy", "flow", "rollout"]

_UNITS = 100_000_000  # of flow, which is counted in whole numbers


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


def flow(weights: Float[Tensor, "layers H S S"]) -> Float[Tensor, "S S"]:
    """How much of each input can reach each output through layers of self-attention, if all else stood still.

    The maximum flow from an output back to an input, in a network whose edges from layer to layer carry at most

        A_l = 1/2 mean_h W_l + 1/2 I

    Abnar and Zuidema 2020, section 3.2. Unlike in `rollout` a path is as strong as its weakest edge, and rows do not
    sum to 1. Takes S^2 flows, each over layers x S^2 edges: for short inputs.

    Args:
        weights: of all layers, the first one first; rows sum to 1.

    Returns:
        A row for each output, exact to about 1e-8 for each position.

    Example:
        >>> flow(torch.tensor([[[[0.0, 1.0], [0.0, 1.0]]], [[[0.0, 1.0], [0.0, 1.0]]]])).tolist()
        [[0.5, 1.0], [0.0, 1.0]]
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_flow

    layers, _, size, _ = weights.shape
    edges = (weights.mean(1) + torch.eye(size, dtype=weights.dtype, device=weights.device)) / 2
    capacities = np.rint(_UNITS * edges.cpu().double().numpy()).astype(np.int32)
    # Node l S + s is position s below layer l + 1; the flow goes down from the outputs, at layer L.
    whole = np.zeros(((layers + 1) * size,) * 2, np.int32)
    for layer, capacity in enumerate(capacities):
        whole[(layer + 1) * size : (layer + 2) * size, layer * size : (layer + 1) * size] = capacity
    network = csr_array(whole)
    found = [[maximum_flow(network, layers * size + t, s).flow_value for s in range(size)] for t in range(size)]
    return torch.tensor(found, dtype=torch.float64, device=weights.device).div(_UNITS).to(weights.dtype)
