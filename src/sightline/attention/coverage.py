"""Coverage: what has been read already has a say in where to look next."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["Coverage"]


class Coverage(nn.Module):
    """Coverage joins what a score has prepared of each key: `k'_s = k_s + w c_s`, c the sum of all earlier weights.

    With the additive score this is `v . tanh(W q + U k_s + w c_s + b)` (Tu et al. 2016, "Modeling Coverage for Neural
    Machine Translation", section 3.1; See, Liu and Manning 2017, section 2.3, equation 11). Any other score that
    prepares a vector can be covered likewise. Initialisation: uniform within `1 / sqrt(width)`.

    Args:
        width: W, of a prepared key.

    Example:
        >>> import torch
        >>> Coverage(width=7)(torch.zeros(2, 5, 7), torch.ones(2, 3, 5)).shape
        torch.Size([2, 3, 5, 7])
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(width)
        self.vector = nn.Parameter(torch.empty(width).uniform_(-bound, bound))

    def forward(self, prepared: Float[Tensor, "*#B S W"], total: Float[Tensor, "*B T S"]) -> Float[Tensor, "*B T S W"]:
        """The prepared keys as each query sees them."""
        return prepared.unsqueeze(-3) + total.unsqueeze(-1) * self.vector
