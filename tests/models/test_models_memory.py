"""What a training step keeps for its gradients is freed with it: graphs that hold themselves would pile up."""

import gc
import weakref

import pytest
import torch
from models_toys import MODELS, inputs
from torch import Tensor

pytestmark = pytest.mark.usefixtures("float64")


class _Kept:
    """Something kept for the backward pass."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


@pytest.mark.parametrize("name", MODELS)
def test_nothing_outlives_its_step(name):
    model = MODELS[name]().train()
    kept: list[weakref.ref] = []

    def keep(tensor: Tensor) -> _Kept:
        kept.append(weakref.ref(found := _Kept(tensor.detach())))
        return found

    gc.disable()  # which would miss such a graph in any case, and must not be needed
    try:
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda found: found.tensor):
            features, _ = model(*inputs())
        assert kept
        del features
        assert not [ref for ref in kept if ref() is not None]
    finally:
        gc.enable()
