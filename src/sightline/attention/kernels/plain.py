"""Additive scores and their gradients in plain torch, block by block: any device, any floating type."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["RECIPROCAL", "TANH", "InBlocks"]

_BLOCK = 2**19  # elements of the hidden layer at a time: few enough to stay in a CPU's cache
_GPU_BLOCK = 2**24  # enough to keep a GPU busy

_Half = Callable[[Tensor, Tensor, Tensor], Tensor]  # queries, keys, room for the result -> half of the tanh


def _half_tanh(query: Tensor, key: Tensor, out: Tensor) -> Tensor:
    """`tanh(q + k) / 2`."""
    return torch.add(query, key, out=out).tanh_().div_(2)


def _half_reciprocal(query: Tensor, key: Tensor, out: Tensor) -> Tensor:
    """The same from `e^{2 q}` and `e^{2 k}`: `1/2 - 1 / (1 + e^{2 q} e^{2 k})`."""
    one = torch.ones((), dtype=key.dtype, device=key.device)
    return torch.sub(one / 2, torch.addcmul(one, query, key, out=out).reciprocal_(), out=out)


def _quarter_slope_(half: Tensor) -> Tensor:
    """A quarter of the tanh's slope, in the place of half the tanh: `1/4 - h^2`."""
    return torch.addcmul(torch.full((), 0.25, dtype=half.dtype, device=half.device), half, half, value=-1, out=half)


def _blocks(query: Tensor, key: Tensor) -> Iterator[tuple[slice, slice, Tensor]]:
    """Rows and queries of one block, and room for its hidden layer."""
    rows, steps, width = query.shape
    one, block = max(1, key.shape[1] * width), _GPU_BLOCK if key.is_cuda else _BLOCK
    across = max(1, min(steps, block // one))
    down = max(1, min(rows, block // (one * across)))
    buffer = key.new_empty(down, across, key.shape[1], width)
    for start in range(0, rows, down):
        for t in range(0, steps, across):
            some = slice(start, min(start + down, rows)), slice(t, min(t + across, steps))
            yield *some, buffer[: some[0].stop - start, : some[1].stop - t]


class InBlocks(NamedTuple):
    """Scores and gradients, given half the tanh of a block."""

    half: _Half

    def scores(self, query: Tensor, key: Tensor, vector: Tensor) -> Tensor:
        """`[B, T, W], [B, S, W], [W] -> [B, T, S]`."""
        found = key.new_empty(*query.shape[:2], key.shape[1])
        for rows, some, buffer in _blocks(query, key):
            hidden = self.half(query[rows, some].unsqueeze(2), key[rows].unsqueeze(1), buffer)
            found[rows, some] = hidden @ vector
        return found.mul_(2)

    def gradients(self, query: Tensor, key: Tensor, vector: Tensor, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Those of queries, keys and vector from that of the scores."""
        grad_query = torch.empty_like(query)
        grad_key, grad_vector = torch.zeros_like(key), torch.zeros_like(vector)
        for rows, some, buffer in _blocks(query, key):
            hidden, weight = self.half(query[rows, some].unsqueeze(2), key[rows].unsqueeze(1), buffer), grad[rows, some]
            grad_vector += hidden.flatten(0, 2).t() @ weight.flatten()
            slope = _quarter_slope_(hidden).mul_(weight.unsqueeze(-1))
            grad_query[rows, some] = slope.sum(2)
            grad_key[rows].add_(slope.sum(1))  # not +=, which would write it back once more
        factor = 4 * vector
        return grad_query.mul_(factor), grad_key.mul_(factor), grad_vector.mul_(2)

    def query_gradient(self, query: Tensor, key: Tensor, vector: Tensor, grad: Tensor) -> Tensor:
        """That of the queries alone."""
        found = torch.empty_like(query)
        for rows, some, buffer in _blocks(query, key):
            hidden = self.half(query[rows, some].unsqueeze(2), key[rows].unsqueeze(1), buffer)
            found[rows, some] = (grad[rows, some].unsqueeze(2) @ _quarter_slope_(hidden)).squeeze(2)
        return found.mul_(4 * vector)


TANH = InBlocks(_half_tanh)
RECIPROCAL = InBlocks(_half_reciprocal)  # takes exponentials
