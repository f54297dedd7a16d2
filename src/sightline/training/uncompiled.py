"""torch's optimizers without its compiler, which they import when first used: a second and 150 MB for nothing."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

__all__ = ["AdamW", "SparseAdam", "Uncompiled"]


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """What torch wrapped, to tell the compiler to keep out; the same where it is not wrapped."""
    return getattr(function, "__wrapped__", function)


class Uncompiled(torch.optim.Optimizer):
    """An optimizer that no compiled program holds, so that nothing has to be kept from the compiler."""

    add_param_group = _plain(torch.optim.Optimizer.add_param_group)
    load_state_dict = _plain(torch.optim.Optimizer.load_state_dict)
    state_dict = _plain(torch.optim.Optimizer.state_dict)
    zero_grad = _plain(torch.optim.Optimizer.zero_grad)


class AdamW(Uncompiled, torch.optim.AdamW):
    """`torch.optim.AdamW` itself (Loshchilov and Hutter 2019)."""

    @torch.no_grad()
    def step(self) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - no closure
        """One update of all parameters that have a gradient."""
        _plain(torch.optim.AdamW.step)(self)


class SparseAdam(Uncompiled, torch.optim.SparseAdam):
    """`torch.optim.SparseAdam`, Adam (Kingma and Ba 2015) of those rows alone that have a gradient.

    Its count of steps is a tensor, as in the other optimizers, so that it can be saved as theirs is.
    """

    def __init__(self, parameters: list[nn.Parameter], learning_rate: float, betas: tuple[float, float]) -> None:
        super().__init__(parameters, learning_rate, betas)
        for parameter in parameters:
            moments = {name: torch.zeros_like(parameter) for name in ("exp_avg", "exp_avg_sq")}
            self.state[parameter] = {"step": torch.zeros((), device=parameter.device), **moments}

    @torch.no_grad()
    def step(self) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - no closure
        """One update of all rows that have a gradient."""
        _plain(torch.optim.SparseAdam.step)(self)
