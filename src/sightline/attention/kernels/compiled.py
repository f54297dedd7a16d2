"""Additive scores and their gradients by compiled loops: float32 on a CPU."""

import ctypes
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from sightline.attention.kernels.building import compiled_library

__all__ = ["available", "gradients", "scores"]

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


def _each(rows: int, work: int, do: Callable[[int], None]) -> None:
    """Do it for every row, on torch's number of threads where there is enough to do; ctypes lets go of the lock."""
    threads = min(torch.get_num_threads(), rows)
    if threads > 1 and work >= _THREADING:
        list(_pool(threads).map(do, range(rows)))
    else:
        for row in range(rows):
            do(row)


def scores(query: Tensor, key: Tensor, vector: Tensor) -> Tensor:
    """From exponentials: `[B, T, W], [B, S, W], [W] -> [B, T, S]`."""
    (batch, steps, width), keys = query.shape, key.shape[1]
    query, key, vector = query.contiguous(), key.contiguous(), vector.contiguous()
    found = query.new_empty(batch, steps, keys)

    def row(b: int) -> None:
        _call("forward", query[b], key[b], vector, found[b], steps, keys, width)

    _each(batch, batch * steps * keys * width, row)
    return found


def gradients(query: Tensor, key: Tensor, vector: Tensor, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Those of queries, keys and vector from that of the scores."""
    (batch, steps, width), places = query.shape, key.shape[1]
    query, key, grad = query.contiguous(), key.contiguous(), grad.contiguous()
    grad_query, grad_key = torch.zeros_like(query), torch.zeros_like(key)
    grad_vector, part = query.new_zeros(batch, width), query.new_empty(batch, 1 + _QUERIES, width)

    def row(b: int) -> None:
        outputs = grad_query[b], grad_key[b], grad_vector[b], part[b]
        _call("backward", query[b], key[b], grad[b], *outputs, steps, places, width)

    _each(batch, batch * steps * places * width, row)
    factor = 4 * vector
    return grad_query.mul_(factor), grad_key.mul_(factor), 2 * grad_vector.sum(0)
