"""Losses of models that copy, and of those that keep account of what they have read."""

import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

from sightline.training.likelihood import log_likelihoods
from sightline.training.losses import Loss

__all__ = ["coverage_loss", "pointer_loss"]


def pointer_loss(
    features: Float[Tensor, "B T D"],
    weight: Float[Tensor, "V D"],
    bias: Float[Tensor, " V"] | None,
    odds: Float[Tensor, "B T"],
    weights: Float[Tensor, "B T S"],
    source: Int[Tensor, "B S"],
    targets: Int[Tensor, "B T"],
    *,
    ignore: int = 0,
) -> Loss:
    """`- sum_t log P(y_t)`, where a token is generated, or copied from where the attention looks.

        P(y) = p_gen P_vocab(y) + (1 - p_gen) sum_{s: x_s = y} w_s

    See, Liu and Manning 2017, "Get To The Point", section 2.2, equation 9. Entries from V on stand for tokens that the
    vocabulary lacks, numbered within each input: `P_vocab` of them is 0.

    Args:
        features: what the model's last layer gives, before the projection to the vocabulary.
        weight: the projection.
        bias: its bias, or None.
        odds: the log-odds of p_gen, `p_gen = sigmoid(odds)`, from which both logarithms are exact.
        weights: the attention.
        source: x, the entries that can be copied.
        targets: right entries; those equal to `ignore` count for nothing.
        ignore: the entry that marks padding.

    Example:
        >>> features, w = torch.zeros(1, 1, 2), torch.tensor([[[0.5, 0.5]]])
        >>> x, y = torch.tensor([[1, 4]]), torch.tensor([[4]])  # 4 is none of the 4 in the vocabulary
        >>> pointer_loss(features, torch.ones(4, 2), None, torch.zeros(1, 1), w, x, y).total.exp().item()
        4.0
    """
    kept = targets != ignore
    known = (targets < len(weight)) & kept
    generated = torch.full_like(odds, -torch.inf)
    generated[known] = log_likelihoods(features[known], weight, bias, targets[known])
    read = (weights * (source.unsqueeze(1) == targets.unsqueeze(-1))).sum(-1)
    tiny = torch.finfo(read.dtype).tiny
    # A token that can neither be generated nor is looked at counts as barely possible, and has no gradient.
    nothing = torch.where(known, -torch.inf, math.log(tiny))
    copied = torch.where(read > 0, read.clamp_min(tiny).log(), nothing)
    both = torch.logaddexp(F.logsigmoid(odds) + generated, F.logsigmoid(-odds) + copied)[kept]
    return Loss(-both.sum(), len(both))


def coverage_loss(weights: Float[Tensor, "B T S"], kept: Bool[Tensor, "B T"]) -> Float[Tensor, ""]:
    """What is read again, `sum_t sum_s min(w_ts, c_ts)`, c the sum of the weights before.

    See, Liu and Manning 2017, section 2.3, equation 12.

    Args:
        weights: the attention.
        kept: False where a position is padding.

    Example:
        >>> w = torch.tensor([[[1.0, 0.0], [0.75, 0.25]]])
        >>> coverage_loss(w, torch.ones(1, 2, dtype=torch.bool)).item()
        0.75
    """
    before = weights.cumsum(1) - weights
    return (torch.minimum(weights, before).sum(-1) * kept).sum()
