"""What every test runs under: shapes are checked at each call, one thread, seeds, examples that are always the same."""

import os
from collections.abc import Iterator

import hypothesis
import jaxtyping
import pytest

# Modules that annotate tensors with shapes. Those that take a Protocol in a public function are left out (as
# `decoding.sample`): the checker refuses a Protocol that is not checkable at run time.
SHAPED = [
    "sightline.attention",
    "sightline.data.batches",
    "sightline.data.series.windows",
    "sightline.decoding.candidates",
    "sightline.decoding.tree",
    "sightline.explain.measures",
    "sightline.layers",
    "sightline.models",
    "sightline.training.losses",
    "sightline.training.scheduled_sampling",
]
jaxtyping.install_import_hook(SHAPED, "beartype.beartype")  # before any of them is imported

import torch  # noqa: E402

if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"  # kernels for GPUs run on the CPU; read when Triton is imported
torch.set_num_threads(1)
hypothesis.settings.register_profile("sightline", deadline=None, derandomize=True)
hypothesis.settings.load_profile("sightline")


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(7)


@pytest.fixture(scope="module")
def float64() -> Iterator[None]:
    """Tensors and weights are float64 where no other type is asked for."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)
