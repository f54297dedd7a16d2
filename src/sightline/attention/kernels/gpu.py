"""Additive scores and their gradients on a GPU, by Triton: float32.

From exponentials, as in additive.c: `h = 1/2 - 1 / (1 + e^{2q} e^{2k})` is half the tanh, `1/4 - h^2` a quarter of its
slope. A program holds one tile of what it computes in registers and streams over the one dimension that is summed: of
T x S x W nothing is ever written, and no two programs write to one place, so that results are repeatable.
"""
# pyright: reportMissingParameterType=false, reportArgumentType=false

import torch
import triton
import triton.language as tl
from torch import Tensor

__all__ = ["gradients", "scores"]

_ROWS, _COLUMNS = 32, 64  # of a tile


@triton.jit
def _forward(
    query, key, vector, found, queries, keys, width, rows: tl.constexpr, columns: tl.constexpr
):  # query [B, W, T], key [B, W, S], vector [W], found [B, T, S]
    row = tl.program_id(0).to(tl.int64)
    t = tl.program_id(1) * rows + tl.arange(0, rows)
    s = tl.program_id(2) * columns + tl.arange(0, columns)
    query += row * width * queries
    key += row * width * keys
    total = tl.zeros([rows, columns], tl.float32)
    for w in range(width):
        q = tl.load(query + w * queries + t, mask=t < queries, other=0.0)
        k = tl.load(key + w * keys + s, mask=s < keys, other=0.0)
        total += tl.load(vector + w) * (0.5 - 1 / (1 + q[:, None] * k[None, :]))
    place = row * queries * keys + t[:, None] * keys + s[None, :]
    tl.store(found + place, 2 * total, mask=(t < queries)[:, None] & (s < keys)[None, :])


@triton.jit
def _backward(
    own, other, grad, grad_own, grad_vector, owns, others, width, rows: tl.constexpr, columns: tl.constexpr
):  # own [B, N, W], other [B, M, W], grad [B, M, N], grad_own [B, N, W], grad_vector [B, blocks of N, W]
    row = tl.program_id(0).to(tl.int64)
    n = tl.program_id(1) * rows + tl.arange(0, rows)
    w = tl.program_id(2) * columns + tl.arange(0, columns)
    place, inside = row * owns * width + n[:, None] * width + w[None, :], (n < owns)[:, None] & (w < width)[None, :]
    x = tl.load(own + place, mask=inside, other=0.0)
    other += row * others * width
    grad += row * others * owns
    quarters = tl.zeros([rows, columns], tl.float32)
    halves = tl.zeros([rows, columns], tl.float32)
    for m in range(others):
        y = tl.load(other + m * width + w, mask=w < width, other=0.0)
        g = tl.load(grad + m * owns + n, mask=n < owns, other=0.0)[:, None]
        h = 0.5 - 1 / (1 + x * y[None, :])
        halves += g * h
        quarters += g * (0.25 - h * h)
    tl.store(grad_own + place, quarters, mask=inside)
    blocks = tl.num_programs(1)
    place = (row * blocks + tl.program_id(1)) * width + w
    tl.store(grad_vector + place, tl.sum(halves, 0), mask=w < width)


def scores(query: Tensor, key: Tensor, vector: Tensor) -> Tensor:
    """From exponentials: `[B, T, W], [B, S, W], [W] -> [B, T, S]`."""
    (batch, queries, width), keys = query.shape, key.shape[1]
    query, key = query.mT.contiguous(), key.mT.contiguous()
    found = query.new_empty(batch, queries, keys)
    if found.numel():
        grid = batch, -(-queries // _ROWS), -(-keys // _COLUMNS)
        with torch.cuda.device_of(query):
            _forward[grid](query, key, vector.contiguous(), found, queries, keys, width, _ROWS, _COLUMNS)
    return found


def gradients(query: Tensor, key: Tensor, vector: Tensor, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Those of queries, keys and vector from that of the scores."""
    query, key = query.contiguous(), key.contiguous()
    grad_query, halves = _side(query, key, grad.mT.contiguous())
    grad_key, _ = _side(key, query, grad.contiguous())
    factor = 4 * vector
    return grad_query.mul_(factor), grad_key.mul_(factor), 2 * halves


def _side(own: Tensor, other: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    """Sums over the other side: quarters of this side's gradient, halves of the vector's."""
    batch, owns, width = own.shape
    blocks = -(-owns // _ROWS)
    grad_own, grad_vector = own.new_empty(own.shape), own.new_empty(batch, blocks, width)
    if own.numel():
        grid = batch, blocks, -(-width // _COLUMNS)
        with torch.cuda.device_of(own):
            _backward[grid](own, other, grad, grad_own, grad_vector, owns, other.shape[1], width, _ROWS, _COLUMNS)
    return grad_own, grad_vector.sum((0, 1))
