"""Where and how precisely a model computes: the device, and the precision of float32 matrix products."""

from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import Literal, get_args

import torch
from torch import nn

from sightline.attention.precision import precision, rounding
from sightline.errors import ConfigError

__all__ = [
    "MatmulPrecision",
    "cuda_devices",
    "fast_matmul",
    "large_products",
    "medium_error",
    "pick_device",
    "set_threads",
]

MatmulPrecision = Literal["highest", "exact", "large", "fast"]

_EXACT_ERROR = 1e-5
_TEST_SIZE = 256


def pick_device(name: str = "auto") -> torch.device:
    """The device of a name that torch knows, or for "auto" the first GPU where there is one and else the CPU.

    Raises:
        ConfigError: when there is no such device here.

    Example:
        >>> pick_device("cpu")
        device(type='cpu')
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f'device is {name!r}, which is not to be had here ({reason}); use "auto" or "cpu"') from error
    return device


def set_threads(count: int | None) -> int:
    """Sets how many CPU threads an operation may use; None leaves it as it is. Returns the number in force.

    Raises:
        ConfigError: when the count is less than 1.
    """
    if count is not None:
        if count < 1:
            raise ConfigError(f"threads is {count}; it must be at least 1")
        torch.set_num_threads(count)
    return torch.get_num_threads()


def cuda_devices(model: nn.Module) -> list[torch.device]:
    """The CUDA devices a model lies on, in a fixed order."""
    return sorted({p.device for p in model.parameters() if p.device.type == "cuda"}, key=str)


@contextmanager
def fast_matmul(kind: MatmulPrecision, device: torch.device | str = "cpu") -> Generator[bool]:
    """Within the block, computes products of float32 matrices the fast way; yields whether it does.

    torch can hand float32 products to quicker kernels (`torch.set_float32_matmul_precision("medium")`); this pays more
    on a CPU than anything else a user can set. What "medium" means depends on the processor:

    - x86 without bfloat16 matrix units, AMD above all: the product goes to oneDNN instead of MKL, about twice as fast
      there, and stays a float32 product (relative error below 1e-6).
    - x86 with them (AMX): the factors are rounded to bfloat16 (8 bits of mantissa, relative error about 4e-3), sums
      stay float32; faster by a factor of 2 to 4. Weights, activations, gradients and optimizer stay float32: mixed
      precision training, usually as good as float32.
    - NVIDIA GPUs: TF32 (10 bits of mantissa).

    Processors between the two (AVX-512 BF16, as Zen 4 and 5 have it) multiply bfloat16 twice as fast as float32, but
    medium makes no use of it. There the largest products, those of a recurrent decoder's steps and of the output
    layer, have their factors rounded by us (`sightline.attention.precision.factor_type`), and their results too.

    So the kinds are:

    - "fast": medium, whatever it means here, and rounded factors where that pays. For training.
    - "large": as "fast" within `large_products`, otherwise as "exact". oneDNN compiles a kernel for each new shape,
      which takes about a millisecond and a megabyte; where batches are of many shapes and the products small, that is
      more than they save.
    - "exact": medium where a small test of the device shows float32 errors, otherwise float32 as torch does it by
      default. For inference, where equal inputs should give equal answers on every machine.
    - "highest": float32 as torch does it by default.

    On GPUs the recurrent layers of cuDNN round to TF32 by torch's default; here they do so under "fast" alone.

    The setting is the whole process's; it is put back at the end of the block. Keep the same kind when a run is
    resumed, or it will not go on bit for bit.

    Raises:
        ConfigError: when the kind is none of these.

    Example:
        >>> with fast_matmul("highest") as fast:
        ...     fast, torch.get_float32_matmul_precision()
        (False, 'highest')
    """
    global _large_is_fast
    if kind not in get_args(MatmulPrecision):
        raise ConfigError(f"matmul is {kind!r}; it must be one of {', '.join(get_args(MatmulPrecision))}")
    exact = kind in ("exact", "large")
    medium = kind == "fast" or (exact and medium_error(torch.device(device)) < _EXACT_ERROR)
    before = _large_is_fast
    _large_is_fast = kind == "large"
    recurrent = nullcontext() if torch.device(device).type == "cpu" else _cudnn_rounds(medium)
    try:
        with recurrent, precision("medium" if medium else "highest"), rounding(kind == "fast" and _rounding_pays()):
            yield medium
    finally:
        _large_is_fast = before


@contextmanager
def _cudnn_rounds(on: bool) -> Generator[None]:
    """Within the block, whether cuDNN's layers may round to TF32, unless it was told so by torch's newer settings."""
    try:
        before = torch.backends.cudnn.allow_tf32
    except RuntimeError:
        yield
        return
    torch.backends.cudnn.allow_tf32 = on
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before


@contextmanager
def large_products() -> Generator[None]:
    """Within the block, products of matrices are large, and of shapes that come again in every update.

    `fast_matmul("large")` computes these the fast way.
    """
    if not _large_is_fast:
        yield
        return
    with precision("medium"), rounding(_rounding_pays()):
        yield


def _rounding_pays() -> bool:
    """Whether this processor multiplies bfloat16 faster than float32, and "medium" does not make use of it."""
    return torch.cpu.get_capabilities().get("avx512_bf16", False) and medium_error(torch.device("cpu")) < _EXACT_ERROR


_large_is_fast = False  # as torch's own setting, the whole process's


@cache
def medium_error(device: torch.device) -> float:
    """The relative error of products of float32 matrices at "medium" precision on a device, against float64.

        |C - C64|_F / |C64|_F

    The larger one of a linear layer's and a batched product's. Measured once for each device and process.
    """
    generator = torch.Generator().manual_seed(0)
    left, right = torch.randn(2, _TEST_SIZE, _TEST_SIZE, generator=generator)
    exact = left.double() @ right.double()
    with precision("medium"):
        a, b = left.to(device), right.to(device)
        products = (torch.nn.functional.linear(a, b.t()), torch.bmm(a.expand(4, -1, -1), b.expand(4, -1, -1))[0])
    return max(((product.cpu().double() - exact).norm() / exact.norm()).item() for product in products)
