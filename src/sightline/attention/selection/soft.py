"""Weights from scores alone: softmax and its sparse kin. An empty row gets zeros, never NaN, never uniform weights."""

from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from sightline.attention.once import once_differentiable

__all__ = ["entmax15", "masked_softmax", "sparsemax"]


def masked_softmax(
    scores: Float[Tensor, "... T S"], mask: Bool[Tensor, "..."] | None = None, *, temperature: float = 1.0
) -> Float[Tensor, "... T S"]:
    """Softmax over the keys that the mask allows: `w_s = m_s e^{a_s / tau} / sum_r m_r e^{a_r / tau}`.

    Args:
        scores: `[..., T, S]`.
        mask: bool, True = attend, broadcastable to the scores.
        temperature: tau; the lower, the sharper.

    Returns:
        Weights `[..., T, S]`. A row sums to 1, or is all zeros where the mask allows nothing: never NaN, never uniform.

    Example:
        >>> import torch
        >>> masked_softmax(torch.zeros(1, 3), torch.tensor([[True, True, False]])).tolist()
        [[0.5, 0.5, 0.0]]
        >>> masked_softmax(torch.zeros(1, 2), torch.tensor([[False, False]])).tolist()
        [[0.0, 0.0]]
    """
    if temperature != 1.0:
        scores = scores / temperature
    if mask is None:
        return torch.softmax(scores, -1)
    # The lowest finite number, not -inf: a row that is masked whole stays finite, forwards and backwards.
    weights = torch.softmax(scores.masked_fill(~mask, torch.finfo(scores.dtype).min), -1)
    return weights.masked_fill(~mask, 0.0)


def sparsemax(scores: Float[Tensor, "... T S"], mask: Bool[Tensor, "..."] | None = None) -> Float[Tensor, "... T S"]:
    """The nearest point of the simplex: `w = argmin_p ||p - a||^2 = max(a - tau, 0)`, tau such that w sums to 1.

    Martins and Astudillo 2016, "From Softmax to Sparsemax", section 2.2, algorithm 1. Keys far enough below the best
    get exactly zero. Its gradient cannot be differentiated again.

    Args:
        scores: `[..., T, S]`.
        mask: bool, True = attend, broadcastable to the scores.

    Returns:
        Weights `[..., T, S]`. A row sums to 1, or is all zeros where the mask allows nothing.

    Example:
        >>> import torch
        >>> sparsemax(torch.tensor([[0.5, 0.0, -1.0]])).tolist()
        [[0.75, 0.25, 0.0]]
    """
    return _sparse(_Sparsemax, scores, mask, reach=1.0)


def entmax15(scores: Float[Tensor, "... T S"], mask: Bool[Tensor, "..."] | None = None) -> Float[Tensor, "... T S"]:
    """Between softmax and sparsemax: `w = max(a / 2 - tau, 0)^2`, tau such that w sums to 1.

    Peters, Niculae and Martins 2019, "Sparse Sequence-to-Sequence Models", section 3, algorithm 2: entmax with
    alpha 1.5. Its gradient cannot be differentiated again.

    Args:
        scores: `[..., T, S]`.
        mask: bool, True = attend, broadcastable to the scores.

    Returns:
        Weights `[..., T, S]`. A row sums to 1, or is all zeros where the mask allows nothing.

    Example:
        >>> import torch
        >>> [round(w, 4) for w in entmax15(torch.tensor([[0.0, 0.0, -2.0]]))[0].tolist()]
        [0.5, 0.5, 0.0]
    """
    return _sparse(_Entmax15, scores, mask, reach=2.0)


def _sparse(function: Any, scores: Tensor, mask: Tensor | None, reach: float) -> Tensor:
    """The weights of `function`, to which a score that lies `reach` or more below the highest is worth nothing."""
    if not scores.shape[-1]:
        return scores
    kind, scores = scores.dtype, scores.to(torch.promote_types(scores.dtype, torch.float32))
    if mask is None:
        return function.apply(scores - scores.detach().amax(-1, keepdim=True)).to(kind)
    lowest = torch.finfo(scores.dtype).min
    peak = scores.detach().masked_fill(~mask, lowest).amax(-1, keepdim=True)
    return function.apply(torch.where(mask, scores - peak, -2 * reach)).masked_fill(~mask, 0.0).to(kind)


def _at(values: Tensor, size: Tensor) -> Tensor:
    """What stands at the last of the `size` first entries."""
    return values.gather(-1, size - 1)


def _ranks(like: Tensor) -> Tensor:
    return torch.arange(1, like.shape[-1] + 1, dtype=like.dtype, device=like.device)


class _Sparsemax(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, scores: Tensor) -> Tensor:
        ordered = scores.sort(-1, descending=True).values
        excess = ordered.cumsum(-1) - 1
        support = (_ranks(scores) * ordered > excess).sum(-1, keepdim=True).clamp_min(1)  # NaN is above nothing
        weights = (scores - _at(excess, support) / support).clamp_min(0)
        ctx.save_for_backward(weights)
        return weights

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Proposition 2 of the paper: within the support, the gradient less its mean."""
        (weights,) = ctx.saved_tensors
        inside = (weights > 0).to(grad.dtype)
        return inside * (grad - (grad * inside).sum(-1, keepdim=True) / inside.sum(-1, keepdim=True))


class _Entmax15(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, scores: Tensor) -> Tensor:
        halves = scores / 2
        ordered, ranks = halves.sort(-1, descending=True).values, _ranks(scores)
        mean = ordered.cumsum(-1) / ranks
        scatter = ordered.square().cumsum(-1) - ranks * mean.square()
        thresholds = mean - ((1 - scatter) / ranks).clamp_min(0).sqrt()
        support = (thresholds < ordered).sum(-1, keepdim=True).clamp_min(1)
        roots = (halves - _at(thresholds, support)).clamp_min(0)
        ctx.save_for_backward(roots)
        return roots.square()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Proposition 1 of the paper, with slopes `s = w^(2 - 1.5)`: `s (g - (s . g) / sum s)`."""
        (slopes,) = ctx.saved_tensors
        return slopes * (grad - (slopes * grad).sum(-1, keepdim=True) / slopes.sum(-1, keepdim=True))
