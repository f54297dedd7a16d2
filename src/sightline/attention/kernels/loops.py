"""Loops in C on tensors: whether they can run, how they are called, and how threads share them."""

import ctypes
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from torch import Tensor

from sightline.attention.kernels.building import compiled_library

__all__ = ["Loops", "share"]

_THREADING = 2**20  # steps of some three tenths of a nanosecond, from which a second thread is worth its start


class Loops:
    """The functions of a C file, for contiguous tensors of float32 on a CPU."""

    def __init__(self, source: Path) -> None:
        self._source = source

    def available(self, like: Tensor) -> bool:
        """Whether there is a compiler, and this tensor is of the kind that the loops are made for."""
        return like.dtype == torch.float32 and like.device.type == "cpu" and compiled_library(self._source) is not None

    def call(self, name: str, *arguments: Tensor | int) -> None:
        """One of the functions, once it is known that they are available."""
        library = compiled_library(self._source)
        assert library is not None, "asked before whether it is available"
        for x in arguments:
            assert isinstance(x, int) or (x.dtype == torch.float32 and x.device.type == "cpu" and x.is_contiguous())
        passed = (ctypes.c_void_p(x.data_ptr()) if isinstance(x, Tensor) else ctypes.c_ssize_t(x) for x in arguments)
        getattr(library, name)(*passed)


@functools.cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="sightline")


def share(rows: int, work: int, do: Callable[[slice], None], *, together: int = 1) -> None:
    """All rows, shared among torch's number of threads where there is enough to do; ctypes lets go of the lock.

    Args:
        rows: how many.
        work: steps of some three tenths of a nanosecond that all of them take.
        do: works on some rows.
        together: rows that are not parted.
    """
    threads = min(torch.get_num_threads(), rows) if work >= _THREADING else 1
    if threads > 1:
        size = -(-rows // (threads * together)) * together
        list(_pool(threads).map(do, (slice(start, start + size) for start in range(0, rows, size))))
    elif work:
        do(slice(0, rows))
