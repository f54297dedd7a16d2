"""Loops over time in which all steps use one tensor, whose gradient is computed once, when the loop is over.

Autograd would make a gradient of the tensor's full size at every step and add them up. The gradients of all steps'
results and all steps' inputs, side by side, give the same sum at once.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from sightline.attention.once import once_differentiable

__all__ = ["Steps"]

Gather = Callable[[Tensor, Tensor], tuple[Tensor, ...]]  # gradients and inputs of all steps -> those of the tensors


class _Deferred(torch.autograd.Function):
    """Passes on what each step adds to, and turns its gradient into the shared tensors', from the inputs seen."""

    @staticmethod
    def forward(ctx: Any, base: Tensor, seen: list[Tensor], gather: Gather, *shared: Tensor) -> Tensor:
        ctx.seen, ctx.gather = seen, gather
        return base.view_as(base)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        # A loop may have ended early; what it did not do has no gradient.
        return grad, None, None, *ctx.gather(grad[: len(ctx.seen)], torch.stack(ctx.seen))


class Steps:
    """The steps of one loop: what each adds to, and the inputs seen so far.

    Args:
        base: what the steps' results are added to, all steps of it: `[T, ...]`.
        shared: tensors that every step uses; a step is to use them detached.
        gather: their gradients, from the gradients and the inputs of all steps, `[T, ...]` each. It must not hold the
            loop itself: autograd's graph holds it, and a loop that holds a graph would never be freed.
    """

    def __init__(self, base: Tensor, shared: tuple[Tensor, ...], gather: Gather) -> None:
        self._seen: list[Tensor] = []
        self._learning = torch.is_grad_enabled() and any(x.requires_grad for x in shared)
        self._bases = iter((_Deferred.apply(base, self._seen, gather, *shared) if self._learning else base).unbind(0))

    def next(self, x: Tensor) -> Tensor:
        """What this step adds to; the input is kept for the shared tensors' gradients."""
        if self._learning:
            self._seen.append(x.detach())
        return next(self._bases)
