"""Losses of models that copy, and of those that keep account of what they have read."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from sightline.training.likelihood import log_likelihoods
from sightline.training.losses import Loss

__all__ = ["coverage_loss", "pointer_loss"]


def pointer_loss(
    features: Float[Tensor, "B T D"],
    weight: Float[Tensor, "V D"],
    bias: Float[Tensor, " V"] | None,
    generate: Float[Tensor, "B T"],
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
        generate: p_gen.
        weights: the attention.
        source: x, the entries that can be copied.
        targets: right entries; those equal to `ignore` count for nothing.
        ignore: the entry that marks padding.

    Example:
        >>> features, w = torch.zeros(1, 1, 2), torch.tensor([[[0.5, 0.5]]])
        >>> x, y = torch.tensor([[1, 4]]), torch.tensor([[4]])  # 4 is none of the 4 in the vocabulary
        >>> pointer_loss(features, torch.ones(4, 2), None, torch.full((1, 1), 0.5), w, x, y).total.exp().item()
        4.0
    """
    kept = targets != ignore
    known = (targets < len(weight)) & kept
    generated = torch.zeros_like(generate)
    generated[known] = log_likelihoods(features[known], weight, bias, targets[known]).exp()
    copied = (weights * (source.unsqueeze(1) == targets.unsqueeze(-1))).sum(-1)
    mixed = (generate * generated + (1 - generate) * copied)[kept]
    return Loss(-mixed.clamp_min(torch.finfo(mixed.dtype).tiny).log().sum(), len(mixed))


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
