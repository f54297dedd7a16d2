"""Log-likelihoods of given entries, differentiable, where a loss needs them one by one."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.checkpoint import checkpoint

__all__ = ["log_likelihoods"]

_BLOCK_ELEMENTS = 2**22  # logits at a time


def log_likelihoods(
    features: Float[Tensor, "*B D"],
    weight: Float[Tensor, "V D"],
    bias: Float[Tensor, " V"] | None,
    targets: Int[Tensor, "*B"],
) -> Float[Tensor, "*B"]:
    """`log softmax(features weight^T + bias)` at `targets`, in blocks of rows whose logits are computed again.

    Args:
        features: what the model's last layer gives, before the projection to the vocabulary.
        weight: the projection.
        bias: its bias, or None.
        targets: one entry for each row.

    Example:
        >>> log_likelihoods(torch.zeros(2, 3), torch.ones(4, 3), None, torch.tensor([0, 3])).exp().tolist()
        [0.25, 0.25]
    """

    def block(rows: Tensor, labels: Tensor) -> Tensor:
        logits = torch.nn.functional.linear(rows, weight, bias)
        return torch.log_softmax(logits, -1).gather(-1, labels.unsqueeze(-1)).squeeze(-1)

    rows, labels = features.reshape(-1, features.shape[-1]), targets.reshape(-1)
    size = max(1, _BLOCK_ELEMENTS // len(weight))
    blocks = zip(rows.split(size), labels.split(size), strict=True)
    parts = [checkpoint(block, *part, use_reentrant=False) for part in blocks]
    return torch.cat(parts).view(targets.shape)
