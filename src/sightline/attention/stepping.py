"""Products inside a loop over time, whose weight gradient is computed once, when the loop is over."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sightline.attention.deferred import Steps
from sightline.attention.once import once_differentiable
from sightline.attention.precision import factor_type, small_products

__all__ = ["StepProduct", "StepRead"]


class StepProduct:
    """`base_t + W x_t`, one step after the other; factors are rounded where `rounding` allows.

    Args:
        weight: W, `[G, I]`.
        base: what each step adds to, all steps of it: `[T, N, G]`; a bias is expanded to that shape.

    Example:
        >>> import torch
        >>> product = StepProduct(torch.eye(2), torch.ones(1, 1, 2))
        >>> product(torch.tensor([[3.0, 4.0]])).tolist()
        [[4.0, 5.0]]
    """

    def __init__(self, weight: Float[Tensor, "G I"], base: Float[Tensor, "T N G"]) -> None:
        self._weight = weight.detach().to(factor_type(weight))
        self._steps = Steps(base, (weight,), _weight_gradient)

    @classmethod
    def of(cls, linear: nn.Linear, steps: int, rows: int) -> "StepProduct":
        """A linear layer, `W x_t + b`, for N rows at each of T steps."""
        return cls(linear.weight, linear.bias.expand(steps, rows, -1))

    def __call__(self, x: Float[Tensor, "N I"]) -> Float[Tensor, "N G"]:
        """The next step's product."""
        factor = x.to(self._weight.dtype)
        base = self._steps.next(factor)
        if factor.dtype == base.dtype:
            return torch.addmm(base, factor, self._weight.t())
        return base + factor @ self._weight.t()


def _weight_gradient(grad: Tensor, seen: Tensor) -> tuple[Tensor]:
    product = grad.flatten(0, 1).t().to(seen.dtype) @ seen.flatten(0, 1)
    return (product.to(grad.dtype),)


class StepRead:
    """`w_t V`, one step after the other: values read under weights.

    Args:
        value: V, `[B, S, D]`.
        steps: T.
        queries: K, the queries of a row at each step.

    Example:
        >>> import torch
        >>> read = StepRead(torch.ones(1, 2, 3), steps=1, queries=1)
        >>> read(torch.tensor([[[0.5, 0.5]]])).tolist()
        [[[1.0, 1.0, 1.0]]]
    """

    def __init__(self, value: Float[Tensor, "B S D"], steps: int, queries: int) -> None:
        base = value.new_zeros(()).expand(steps, len(value), queries, value.shape[2])
        self._value = value.detach()
        self._steps = Steps(base, (value,), lambda grad, seen: (torch.einsum("tbks,tbkd->bsd", seen, grad),))

    def __call__(self, weights: Float[Tensor, "B K S"]) -> Float[Tensor, "B K D"]:
        """The next step's context."""
        return _Read.apply(self._steps.next(weights), weights, self._value)


class _Read(torch.autograd.Function):
    """`base + w V` by small products, in both directions; V has its gradient elsewhere."""

    @staticmethod
    def forward(ctx: Any, base: Tensor, weights: Tensor, value: Tensor) -> Tensor:
        ctx.save_for_backward(value)
        with small_products(value):
            return torch.baddbmm(base, weights, value)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        (value,) = ctx.saved_tensors
        with small_products(value):
            return grad, grad @ value.mT, None
