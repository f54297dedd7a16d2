"""How products of float32 matrices are computed, where one setting for all of them would not be the best for each."""

from collections.abc import Generator
from contextlib import contextmanager, nullcontext

import torch
from torch import Tensor

__all__ = ["factor_type", "precision", "rounding", "small_products"]

_rounding = False  # as torch's own setting, the whole process's


@contextmanager
def precision(name: str) -> Generator[None]:
    """Within the block torch's float32 matrix precision is this one: "highest", "high" or "medium"."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(name)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


@contextmanager
def small_products(like: Tensor) -> Generator[None]:
    """Within the block products are many and small: on a CPU they stay as torch does them by default.

    Where others go to oneDNN (precision "medium") these would as well, which prepares each of them anew and takes
    longer for that than for the product.
    """
    with precision("highest") if like.device.type == "cpu" else nullcontext():
        yield


@contextmanager
def rounding(on: bool) -> Generator[None]:
    """Within the block `factor_type` is bfloat16 for what is float32 on a CPU, if this is on."""
    global _rounding
    before, _rounding = _rounding, on
    try:
        yield
    finally:
        _rounding = before


def factor_type(like: Tensor) -> torch.dtype:
    """The type that factors of a large product are to be given, so that it is quickest within what `rounding` allows.

    Example:
        >>> import torch
        >>> with rounding(True):
        ...     factor_type(torch.zeros(1)), factor_type(torch.zeros(1, dtype=torch.float64))
        (torch.bfloat16, torch.float64)
    """
    rounded = _rounding and like.dtype == torch.float32 and like.device.type == "cpu"
    return torch.bfloat16 if rounded else like.dtype
