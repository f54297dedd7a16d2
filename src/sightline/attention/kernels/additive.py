"""Additive scores without the tensor of T x S x W: one query at a time, the tanh computed again for the gradient."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

__all__ = ["additive_scores"]


def additive_scores(
    query: Float[Tensor, "*B T W"], key: Float[Tensor, "*#B S W"], vector: Float[Tensor, "W"]
) -> Float[Tensor, "*B T S"]:
    """`sum_w v_w tanh(q_tw + k_sw)` for every query and key, holding `S x W` numbers at a time for each batch row.

    Its gradient cannot be differentiated again.

    Args:
        query: projected queries.
        key: projected keys.
        vector: v.

    Example:
        >>> import torch
        >>> additive_scores(torch.zeros(1, 2), torch.zeros(3, 2), torch.ones(2)).tolist()
        [[0.0, 0.0, 0.0]]
    """
    batch = torch.broadcast_shapes(query.shape[:-2], key.shape[:-2])
    rows = [x.expand(*batch, *x.shape[-2:]).reshape(batch.numel(), *x.shape[-2:]) for x in (query, key)]
    return _AdditiveScores.apply(*rows, vector).view(*batch, query.shape[-2], key.shape[-2])


class _AdditiveScores(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, vector: Tensor) -> Tensor:
        ctx.save_for_backward(query, key, vector)
        hidden, scores = torch.empty_like(key), key.new_empty(*query.shape[:2], key.shape[1])
        for t in range(query.shape[1]):
            scores[:, t] = _hidden(query, key, t, hidden) @ vector
        return scores

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:  # pyright: ignore[reportIncompatibleMethodOverride]
        query, key, vector = ctx.saved_tensors
        one = torch.ones((), dtype=key.dtype, device=key.device)
        hidden, grad_key = torch.empty_like(key), torch.zeros_like(key)
        grad_query, grad_vector = torch.empty_like(query), torch.zeros_like(vector)
        for t in range(query.shape[1]):
            _hidden(query, key, t, hidden)
            grad_vector.addmv_(hidden.flatten(0, 1).t(), grad[:, t].flatten())
            torch.addcmul(one, hidden, hidden, value=-1, out=hidden)  # the slope of tanh
            hidden.mul_(grad[:, t].unsqueeze(-1))
            torch.sum(hidden, 1, out=grad_query[:, t])
            grad_key.add_(hidden)
        return grad_query.mul_(vector), grad_key.mul_(vector), grad_vector


def _hidden(query: Tensor, key: Tensor, t: int, out: Tensor) -> Tensor:
    return torch.add(key, query[:, t : t + 1], out=out).tanh_()
