"""Additive scores and their gradients by compiled loops: float32 on a CPU."""

from pathlib import Path

import torch
from torch import Tensor

from sightline.attention.kernels.loops import Loops, share

__all__ = ["available", "gradients", "query_gradient", "scores"]

_QUERIES = 4  # as in additive.c
_LOOPS = Loops(Path(__file__).with_name("additive.c"))

available = _LOOPS.available


def scores(query: Tensor, key: Tensor, vector: Tensor) -> Tensor:
    """From exponentials: `[B, T, W], [B, S, W], [W] -> [B, T, S]`."""
    (batch, steps, width), keys = query.shape, key.shape[1]
    query, key, vector = query.contiguous(), key.contiguous(), vector.contiguous()
    found = query.new_zeros(batch, steps, keys)

    def do(rows: slice) -> None:
        q, k, into = query[rows], key[rows], found[rows]
        _LOOPS.call("forward", q, k, vector, into, len(q), steps, keys, width)

    share(batch, batch * steps * keys * width, do)
    return found


def query_gradient(query: Tensor, key: Tensor, vector: Tensor, grad: Tensor) -> Tensor:
    """That of the queries alone, from that of the scores."""
    (batch, steps, width), keys = query.shape, key.shape[1]
    query, key, grad = query.contiguous(), key.contiguous(), grad.contiguous()
    found = torch.zeros_like(query)

    def do(rows: slice) -> None:
        q, k, g, into = query[rows], key[rows], grad[rows], found[rows]
        _LOOPS.call("backward_queries", q, k, g, into, q.new_empty(width), len(q), steps, keys, width)

    share(batch, batch * steps * keys * width, do)
    return found.mul_(4 * vector)


def gradients(query: Tensor, key: Tensor, vector: Tensor, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Those of queries, keys and vector from that of the scores."""
    (batch, steps, width), keys = query.shape, key.shape[1]
    query, key, grad = query.contiguous(), key.contiguous(), grad.contiguous()
    grad_query, grad_key, grad_vector = torch.zeros_like(query), torch.zeros_like(key), query.new_zeros(batch, width)

    def do(rows: slice) -> None:
        q, outputs = query[rows], (x[rows] for x in (grad_query, grad_key, grad_vector))
        part = query.new_empty(1 + _QUERIES, width)
        _LOOPS.call("backward", q, key[rows], grad[rows], *outputs, part, len(q), steps, keys, width)

    share(batch, batch * steps * keys * width, do)
    factor = 4 * vector
    return grad_query.mul_(factor), grad_key.mul_(factor), 2 * grad_vector.sum(0)
