"""torch's optimizers without its compiler, which they import when first used: a second and 150 MB for nothing."""

from collections.abc import Callable
from typing import Any

import torch

__all__ = ["AdamW", "Uncompiled"]


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
