"""Additive scores and their gradients by compiled loops: float32 on a CPU."""

import ctypes
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from sightline.attention.kernels.building import compiled_library

__all__ = ["available", "gradients", "query_gradient", "scores"]

_QUERIES = 4  # as in additive.c
_THREADING = 2**20  # elements of the hidden layer from which a second thread is worth its start


def available(like: Tensor) -> bool:
    """Whether there is a compiler, and this tensor is of the kind that the loops are made for."""
    return like.dtype == torch.float32 and like.device.type == "cpu" and compiled_library("additive") is not None


def _call(name: str, *arguments: Tensor | int) -> None:
    library = compiled_library("additive")
    assert library is not None, "asked before whether it is available"
    passed = (ctypes.c_void_p(x.data_ptr()) if isinstance(x, Tensor) else ctypes.c_ssize_t(x) for x in arguments)
    getattr(library, name)(*passed)


@functools.cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="sightline")


def _share(rows: int, work: int, do: Callable[[slice], None]) -> None:
    """All rows, shared among torch's number of threads where there is enough to do; ctypes lets go of the lock."""
    threads = min(torch.get_num_threads(), rows) if work >= _THREADING else 1
    if threads > 1:
        size = -(-rows // threads)
        list(_pool(threads).map(do, (slice(start, start + size) for start in range(0, rows, size))))
    elif work:
        do(slice(0, rows))


def scores(query: Tensor, key: Tensor, vector: Tensor) -> Tensor:
    """From exponentials: `[B, T, W], [B, S, W], [W] -> [B, T, S]`."""
    (batch, steps, width), keys = query.shape, key.shape[1]
    query, key, vector = query.contiguous(), key.contiguous(), vector.contiguous()
    found = query.new_zeros(batch, steps, keys)

    def do(rows: slice) -> None:
        q, k, into = query[rows], key[rows], found[rows]
        _call("forward", q, k, vector, into, len(q), steps, keys, width)

    _share(batch, batch * steps * keys * width, do)
    return found


def query_gradient(query: Tensor, key: Tensor, vector: Tensor, grad: Tensor) -> Tensor:
    """That of the queries alone, from that of the scores."""
    (batch, steps, width), keys = query.shape, key.shape[1]
    query, key, grad = query.contiguous(), key.contiguous(), grad.contiguous()
    found = torch.zeros_like(query)

    def do(rows: slice) -> None:
        q, k, g, into = query[rows], key[rows], grad[rows], found[rows]
        _call("backward_queries", q, k, g, into, q.new_empty(width), len(q), steps, keys, width)

    _share(batch, batch * steps * keys * width, do)
    return found.mul_(4 * vector)


def gradients(query: Tensor, key: Tensor, vector: Tensor, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Those of queries, keys and vector from that of the scores."""
    (batch, steps, width), keys = query.shape, key.shape[1]
    query, key, grad = query.contiguous(), key.contiguous(), grad.contiguous()
    grad_query, grad_key, grad_vector = torch.zeros_like(query), torch.zeros_like(key), query.new_zeros(batch, width)

    def do(rows: slice) -> None:
        q, outputs = query[rows], (x[rows] for x in (grad_query, grad_key, grad_vector))
        part = query.new_empty(1 + _QUERIES, width)
        _call("backward", q, key[rows], grad[rows], *outputs, part, len(q), steps, keys, width)

    _share(batch, batch * steps * keys * width, do)
    factor = 4 * vector
    return grad_query.mul_(factor), grad_key.mul_(factor), 2 * grad_vector.sum(0)
