"""Muon: momentum whose step on a matrix is made orthogonal."""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sightline.attention.precision import factor_type
from sightline.training.runtime import large_products
from sightline.training.uncompiled import Uncompiled

__all__ = ["Muon", "orthogonalize"]

_STEPS = 5
_COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # Jordan et al. 2024
_RMS = 0.2  # Liu et al. 2025, section 2.2: about that of AdamW's steps


class Muon(Uncompiled):
    """Momentum orthogonalised by Newton-Schulz (Jordan et al. 2024), scaled to go with AdamW (Liu et al. 2025).

        m <- mu m + (1 - mu) g
        W <- W - lr (0.2 sqrt(max(rows, columns)) orthogonal((1 - mu) g + mu m) + weight_decay W)

    All singular values of a step are near 1, so that directions which a gradient holds little of are learned as fast
    as the others. The scale gives each step the root mean square of 0.2, whatever the matrix's shape, so that one
    learning rate serves both optimizers.

    `torch.optim.Muon` computes in bfloat16, one matrix after the other, which a CPU without bfloat16 products does at
    a tenth of its speed. Here matrices of one shape go together, in their own precision, or in bfloat16 where that is
    quicker and allowed (`sightline.training.fast_matmul`).

    Args:
        parameters: matrices.
        learning_rate: lr.
        momentum: mu.
        weight_decay: decoupled.

    Example:
        >>> weight = nn.Parameter(torch.zeros(3, 2))
        >>> optimizer = Muon([weight], learning_rate=1.0, momentum=0.95, weight_decay=0.0)
        >>> (weight * torch.tensor([[2.0, 0.0], [0.0, 1.0], [0.0, 0.0]])).sum().backward()
        >>> optimizer.step()
        >>> round(weight.square().mean().sqrt().item(), 1)
        0.2
    """

    def __init__(
        self, parameters: Iterable[nn.Parameter], *, learning_rate: float, momentum: float, weight_decay: float
    ) -> None:
        super().__init__(parameters, {"lr": learning_rate, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - no closure
        """One update of all parameters that have a gradient."""
        for group in self.param_groups:
            shapes: dict[torch.Size, list[nn.Parameter]] = {}
            for parameter in group["params"]:
                if parameter.grad is not None:
                    shapes.setdefault(parameter.shape, []).append(parameter)
            for parameters in shapes.values():
                self._step_together(parameters, group["lr"], group["momentum"], group["weight_decay"])

    def _step_together(self, parameters: list[nn.Parameter], rate: float, momentum: float, decay: float) -> None:
        ahead: list[Tensor] = []
        for parameter in parameters:
            assert parameter.grad is not None
            state = self.state[parameter]
            if not state:
                state["momentum"] = torch.zeros_like(parameter)
            mean = state["momentum"]
            mean.lerp_(parameter.grad, 1 - momentum)
            ahead.append(parameter.grad.lerp(mean, momentum))
        stacked = torch.stack(ahead)
        with large_products():
            steps = orthogonalize(stacked.to(factor_type(stacked))).to(stacked.dtype)
        scale = _RMS * max(steps.shape[1:]) ** 0.5
        for parameter, step in zip(parameters, steps.unbind(), strict=True):
            parameter.mul_(1 - rate * decay).add_(step, alpha=-rate * scale)


def orthogonalize(matrices: Float[Tensor, "*B R C"]) -> Float[Tensor, "*B R C"]:
    """Nearly `U V^T` of each matrix `U S V^T`: five steps of a quintic Newton-Schulz iteration.

        X <- a X + (b A + c A A) X,    A = X X^T

    Singular values come out between about 0.7 and 1.2, except those below a few thousandths of the largest, which stay
    smaller; a matrix of zeros stays as it is.

    Example:
        >>> values = torch.linalg.svdvals(orthogonalize(torch.tensor([[3.0, 0.0, 0.0], [0.0, 1.0, 0.0]])))
        >>> bool((values > 0.6).all() and (values < 1.3).all())
        True
    """
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.mT if tall else matrices
    x = x / (torch.linalg.matrix_norm(x, keepdim=True) + 1e-7)
    a, b, c = _COEFFICIENTS
    for _ in range(_STEPS):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return x.mT if tall else x
