"""Selections turn scores into weights. Each takes scores `[..., T, S]` and a mask, and gives zeros to an empty row."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from sightline.errors import ConfigError

__all__ = ["SELECTIONS", "Selection", "masked_softmax", "named_selection"]

Selection = Callable[[Tensor, Tensor | None], Tensor]


def masked_softmax(
    scores: Float[Tensor, "... T S"], mask: Bool[Tensor, "..."] | None = None
) -> Float[Tensor, "... T S"]:
    """Softmax over the keys that the mask allows: `w_s = m_s e^{a_s} / sum_r m_r e^{a_r}`.

    Args:
        scores: `[..., T, S]`.
        mask: bool, True = attend, broadcastable to the scores.

    Returns:
        Weights `[..., T, S]`. A row sums to 1, or is all zeros where the mask allows nothing: never NaN, never uniform.

    Example:
        >>> import torch
        >>> masked_softmax(torch.zeros(1, 3), torch.tensor([[True, True, False]])).tolist()
        [[0.5, 0.5, 0.0]]
        >>> masked_softmax(torch.zeros(1, 2), torch.tensor([[False, False]])).tolist()
        [[0.0, 0.0]]
    """
    if mask is None:
        return torch.softmax(scores, -1)
    # The lowest finite number, not -inf: a row that is masked whole stays finite, forwards and backwards.
    weights = torch.softmax(scores.masked_fill(~mask, torch.finfo(scores.dtype).min), -1)
    return weights.masked_fill(~mask, 0.0)


SELECTIONS: dict[str, Selection] = {"softmax": masked_softmax}


def named_selection(name: str) -> Selection:
    """The selection of that name; raises ConfigError for an unknown one."""
    if name not in SELECTIONS:
        raise ConfigError(f"unknown selection {name!r}: choose one of {', '.join(SELECTIONS)}")
    return SELECTIONS[name]
