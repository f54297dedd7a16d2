"""Additive scores and their gradients on a GPU, by Triton: float32.

From exponentials, as in additive.c: `h = 1/2 - 1 / (1 + e^{2q} e^{2k})` is half the tanh, `1/4 - h^2` a quarter of its
slope. Whether sums are in its range is decided on the device, so that nothing waits. A program holds one tile of what
it computes in registers and streams over the one dimension that is summed: of T x S x W nothing is ever written, and
no two programs write to one place, so that results are repeatable.
"""
# pyright: reportMissingParameterType=false, reportArgumentType=false

import os
from typing import NamedTuple, no_type_check

import torch
import triton
import triton.language as tl
from torch import Tensor

from sightline.attention.kernels.ranges import SMALLEST, limit

__all__ = ["Kernels"]

_ROWS, _COLUMNS = tl.constexpr(32), tl.constexpr(64)  # of a tile
_ROOM = tl.constexpr(64)  # a multiple of both
_SMALLEST = tl.constexpr(SMALLEST)
_LIMIT = tl.constexpr(limit(torch.float32))
_INTERPRETED = tl.constexpr(os.environ.get("TRITON_INTERPRET") == "1")


@triton.jit
@no_type_check
def _in_range(together):
    size = tl.load(together)
    return (size > _SMALLEST) & (size < _LIMIT)


@triton.jit
@no_type_check
def _reciprocal(x):
    """One instruction and at most one unit in the last place off, for 1 <= x < 2^126; a division is seven."""
    if _INTERPRETED:
        return 1 / x
    return tl.inline_asm_elementwise("rcp.approx.ftz.f32 $0, $1;", "=r,r", [x], tl.float32, is_pure=True, pack=1)


@triton.jit
@no_type_check
def _half_tanh(x):
    """By its series near 0, where the other form would lose digits."""
    less = tl.exp(-2 * tl.abs(x))
    square = x * x
    series = x * (1 + square * (-1 / 3 + square * (2 / 15 + square * (-17 / 315 + square * (62 / 2835)))))
    beyond = (1 - less) / (1 + less)
    return 0.5 * tl.where(tl.abs(x) < 0.25, series, tl.where(x < 0, -beyond, beyond))


@triton.jit
@no_type_check
def _half(x, y, powers: tl.constexpr):
    """Half the tanh, from exponentials or from what they are of."""
    if powers:
        return 0.5 - _reciprocal(1 + x * y)
    return _half_tanh(x + y)


@triton.jit
@no_type_check
def _room(length):
    """Of a dimension of what `_prepare` leaves, so that no load of it needs a mask."""
    return tl.cdiv(length, _ROOM) * _ROOM


@triton.jit
@no_type_check
def _prepare(x, together, found, length, width, down, across):
    """`e^{2x}`, or x where that is out of range: x [B, N, W], found room for each, with these strides."""
    row = tl.program_id(0).to(tl.int64)
    n = tl.program_id(1) * _ROOM + tl.arange(0, _ROOM)[:, None]
    w = tl.program_id(2) * _ROOM + tl.arange(0, _ROOM)[None, :]
    values = tl.load(x + row * length * width + n * width + w, mask=(n < length) & (w < width), other=0.0)
    if _in_range(together):
        values = tl.exp(2 * values)
    tl.store(found + row * _room(length) * _room(width) + n * down + w * across, values)


@triton.jit
@no_type_check
def _products(query, key, vector, t, s, queries, keys, width, powers: tl.constexpr):
    """Of a tile, the sum over the width of v times half the tanh."""
    total = tl.zeros([_ROWS, _COLUMNS], tl.float32)
    for _ in tl.range(width, loop_unroll_factor=4):
        total += tl.load(vector) * _half(tl.load(query + t)[:, None], tl.load(key + s)[None, :], powers)
        query += _room(queries)
        key += _room(keys)
        vector += 1
    return total


@triton.jit
@no_type_check
def _forward(query, key, vector, together, found, queries, keys, width):
    """Room for query [B, W, T] and key [B, W, S], vector [W] -> found [B, T, S]."""
    row = tl.program_id(0).to(tl.int64)
    t = tl.program_id(1) * _ROWS + tl.arange(0, _ROWS)
    s = tl.program_id(2) * _COLUMNS + tl.arange(0, _COLUMNS)
    query += row * _room(width) * _room(queries)
    key += row * _room(width) * _room(keys)
    if _in_range(together):
        total = _products(query, key, vector, t, s, queries, keys, width, True)
    else:
        total = _products(query, key, vector, t, s, queries, keys, width, False)
    place = row * queries * keys + t[:, None] * keys + s[None, :]
    tl.store(found + place, 2 * total, mask=(t < queries)[:, None] & (s < keys)[None, :])


@triton.jit
@no_type_check
def _slopes(x, other, grad, n, owns, others, width, powers: tl.constexpr):
    """Of a tile, the sums over the other side of the gradient times half the tanh and a quarter of its slope."""
    halves = tl.zeros([_ROWS, _COLUMNS], tl.float32)
    quarters = tl.zeros([_ROWS, _COLUMNS], tl.float32)
    for _ in tl.range(others, loop_unroll_factor=4):
        g = tl.load(grad, mask=n < owns, other=0.0)[:, None]
        h = _half(x, tl.load(other)[None, :], powers)
        halves += g * h
        quarters += g * (0.25 - h * h)
        other += _room(width)
        grad += owns
    return halves, quarters


@triton.jit
@no_type_check
def _backward(
    own, other, vector, grad, together, grad_own, grad_vector, owns, others, width, with_vector: tl.constexpr
):
    """Room for own [B, N, W] and other [B, M, W], grad [B, M, N] -> grad_own [B, N, W], grad_vector [B, blocks, W]."""
    row = tl.program_id(0).to(tl.int64)
    n = tl.program_id(1) * _ROWS + tl.arange(0, _ROWS)
    w = tl.program_id(2) * _COLUMNS + tl.arange(0, _COLUMNS)
    x = tl.load(own + row * _room(owns) * _room(width) + n[:, None] * _room(width) + w[None, :])
    other += row * _room(others) * _room(width) + w
    grad += row * others * owns + n
    if _in_range(together):
        halves, quarters = _slopes(x, other, grad, n, owns, others, width, True)
    else:
        halves, quarters = _slopes(x, other, grad, n, owns, others, width, False)
    factor = 4 * tl.load(vector + w, mask=w < width, other=0.0)[None, :]
    inside = (n < owns)[:, None] & (w < width)[None, :]
    tl.store(grad_own + row * owns * width + n[:, None] * width + w[None, :], factor * quarters, mask=inside)
    if with_vector:
        place = (row * tl.num_programs(1) + tl.program_id(1)) * width + w
        tl.store(grad_vector + place, 2 * tl.sum(halves, 0), mask=w < width)


def _blocks(length: int, tile: tl.constexpr) -> int:
    return -(-length // int(tile.value))


class Kernels(NamedTuple):
    """Scores and gradients, given on the device how large the sums of queries and keys may be."""

    together: Tensor

    def scores(self, query: Tensor, key: Tensor, vector: Tensor) -> Tensor:
        """`[B, T, W], [B, S, W], [W] -> [B, T, S]`."""
        (batch, queries, width), keys = query.shape, key.shape[1]
        found = query.new_empty(batch, queries, keys)
        if not (found.numel() and width):
            return found.zero_()
        q, k = (self._prepared(x, turned=True) for x in (query, key))
        grid = batch, _blocks(queries, _ROWS), _blocks(keys, _COLUMNS)
        with torch.cuda.device_of(query):
            _forward[grid](q, k, vector.contiguous(), self.together, found, queries, keys, width)
        return found

    def gradients(self, query: Tensor, key: Tensor, vector: Tensor, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Those of queries, keys and vector from that of the scores."""
        if not (grad.numel() and query.numel()):
            return torch.zeros_like(query), torch.zeros_like(key), torch.zeros_like(vector)
        q, k = (self._prepared(x, turned=False) for x in (query, key))
        vector = vector.contiguous()
        for_query, for_key = (torch.empty(x.shape, dtype=x.dtype, device=x.device) for x in (query, key))
        for_vector = query.new_empty(len(query), _blocks(query.shape[1], _ROWS), len(vector))
        self._side(q, k, vector, grad.mT.contiguous(), for_query, for_vector)
        self._side(k, q, vector, grad.contiguous(), for_key, None)
        return for_query, for_key, for_vector.sum((0, 1))

    def query_gradient(self, query: Tensor, key: Tensor, vector: Tensor, grad: Tensor) -> Tensor:
        """That of the queries alone."""
        if not (grad.numel() and query.numel()):
            return torch.zeros_like(query)
        q, k = (self._prepared(x, turned=False) for x in (query, key))
        found = torch.empty(query.shape, dtype=query.dtype, device=query.device)
        self._side(q, k, vector.contiguous(), grad.mT.contiguous(), found, None)
        return found

    def _prepared(self, x: Tensor, turned: bool) -> Tensor:
        """Queries or keys as the kernels want them, `[B, W, N]` if turned."""
        batch, length, width = x.shape
        blocks, across = _blocks(length, _ROOM), _blocks(width, _ROOM)
        down, right = blocks * int(_ROOM.value), across * int(_ROOM.value)
        found = x.new_empty((batch, right, down) if turned else (batch, down, right))
        strides = (1, down) if turned else (right, 1)
        with torch.cuda.device_of(x):
            _prepare[batch, blocks, across](x.contiguous(), self.together, found, length, width, *strides)
        return found

    def _side(
        self, own: Tensor, other: Tensor, vector: Tensor, grad: Tensor, found: Tensor, for_vector: Tensor | None
    ) -> None:
        """One side's gradient goes to `found`, and with it the vector's, a sum for each block, if that is wanted."""
        (batch, owns, width), others = found.shape, grad.shape[1]
        grid = batch, _blocks(owns, _ROWS), _blocks(width, _COLUMNS)
        with torch.cuda.device_of(own):
            _backward[grid](
                own, other, vector, grad, self.together, found, for_vector, owns, others, width, for_vector is not None
            )
