"""Gated recurrent units over whole sequences by loops in C: float32 on a CPU."""

from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from sightline.attention.kernels import Loops, share
from sightline.attention.once import once_differentiable

__all__ = ["available", "gated_states"]

_ROWS = 8  # as in gru.c
_LANES = 16  # numbers at most in what a processor takes at once
_WIDEST = 256  # beyond, the matrix leaves the cache, and little is won
_LOOPS = Loops(Path(__file__).with_name("gru.c"))


def available(entering: Tensor, width: int) -> bool:
    """Whether the loops are made for these, and faster than torch's own."""
    narrow = width % _LANES == 0 and width <= _WIDEST
    return narrow and entering.numel() > 0 and not torch.is_autocast_enabled("cpu") and _LOOPS.available(entering)


def gated_states(
    entering: Float[Tensor, "B T G"],
    weight: Float[Tensor, "G D"],
    bias: Float[Tensor, " G"],
    first: Float[Tensor, "B D"],
) -> Float[Tensor, "B T D"]:
    r"""The state at each step, where `available`.

    .. math:: r, z = \sigma(x_{rz} + U_{rz} h + d_{rz}); n = \tanh(x_n + r (U_n h + d_n)); h' = (1 - z) n + z h

    Args:
        entering: x, what the inputs add to the gates r, z and n.
        weight: U.
        bias: d.
        first: the state before the first step.

    Raises:
        RuntimeError: where the gradient is to be differentiated again.
    """
    return _GatedStates.apply(entering, weight, bias, first)


class _GatedStates(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, entering: Tensor, weight: Tensor, bias: Tensor, first: Tensor) -> Tensor:
        (batch, steps, gates), width = entering.shape, weight.shape[1]
        entering, first, turned = entering.contiguous(), first.contiguous(), weight.t().contiguous()
        states, kept = entering.new_empty(batch, steps, width), entering.new_empty(batch, steps, 4 * width)

        def do(rows: slice) -> None:
            x, h, into, keep = entering[rows], first[rows], states[rows], kept[rows]
            own = x.new_empty(_ROWS, gates)
            _LOOPS.call("forward", x, turned, bias, h, into, keep, own, len(x), steps, width)

        share(batch, _work(states), do, together=_ROWS)
        ctx.save_for_backward(weight, first, states, kept)
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        weight, first, states, kept = ctx.saved_tensors
        grad, weight = grad.contiguous(), weight.contiguous()
        batch, steps, width = states.shape
        entered, own = grad.new_empty(batch, steps, 3 * width), torch.empty_like(grad)
        carried = torch.zeros_like(first)

        def do(rows: slice) -> None:
            inputs = (grad[rows], weight, first[rows], states[rows], kept[rows])
            outputs = (entered[rows], own[rows], carried[rows], grad.new_empty(_ROWS, 3 * width))
            _LOOPS.call("backward", *inputs, *outputs, len(inputs[0]), steps, width)

        share(batch, _work(states), do, together=_ROWS)
        before = torch.cat([first.unsqueeze(1), states[:, :-1]], 1).flatten(0, 1)
        gates = (entered[..., : 2 * width].flatten(0, 1), own.flatten(0, 1))
        for_weight = torch.cat([some.t() @ before for some in gates])
        return entered, for_weight, torch.cat([some.sum(0) for some in gates]), carried


def _work(states: Tensor) -> int:
    """What all steps take, in the unit of `share`: three products of width squared each, some 12 of them a unit."""
    return states.numel() * states.shape[-1] // 4
