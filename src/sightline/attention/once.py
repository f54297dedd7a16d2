"""Gradients that are written by hand and cannot be differentiated again."""

import functools
from collections.abc import Callable
from typing import Any

import torch

__all__ = ["once_differentiable"]


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """For the `backward` of an autograd function: refuse `create_graph=True`, whose second gradient would be wrong.

    torch's own decorator lets it pass where the incoming gradient is a constant, and the second gradient is then
    silently that of the other terms alone.
    """

    @functools.wraps(backward)
    def checked(ctx: Any, *grads: Any) -> Any:
        if torch.is_grad_enabled():
            name = type(ctx).__name__.removeprefix("_").removesuffix("Backward")
            raise RuntimeError(
                f"{name} has a gradient but no second one: differentiate without create_graph=True, or write the "
                "formula in plain torch where you need it"
            )
        return backward(ctx, *grads)

    return checked
