"""Attention that learns links between tokens."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

__all__ = ["alignment_loss"]

_LEAST = 1e-9  # a weight that rounds to 0 has a loss, too


def alignment_loss(weights: Float[Tensor, "B T S"], links: Int[Tensor, "K 3"]) -> Float[Tensor, ""]:
    r"""Cross-entropy of attention against links, summed over the target tokens that have any.

    .. math:: -\sum_t \frac{1}{|A_t|} \sum_{s \in A_t} \log w_{ts}

    Garg et al. 2019, "Jointly Learning to Align and Translate with Transformer Models"; there the mean over all tokens.

    Args:
        weights: the attention.
        links: row of the batch, target token and source token of each.

    Example:
        >>> weights = torch.tensor([[[0.5, 0.5], [0.25, 0.75]]])
        >>> alignment_loss(weights, torch.tensor([[0, 0, 0], [0, 0, 1]])).item().__round__(4)  # log 2
        0.6931
    """
    row, target, source = links.unbind(1)
    place = row * weights.shape[1] + target
    counts = (
        torch.zeros(weights.shape[:2], device=weights.device)
        .flatten()
        .index_add(0, place, place.new_ones(len(place)).float())
    )
    return -(weights[row, target, source].clamp_min(_LEAST).log() / counts[place]).sum()
