"""Dropout as a layer."""

from jaxtyping import Float
from torch import Tensor, nn

from sightline.attention.dropout import dropout
from sightline.errors import ConfigError

__all__ = ["Dropout"]


class Dropout(nn.Module):
    """`dropout` in training, nothing otherwise.

    Args:
        rate: probability of zero, at least 0 and below 1.

    Raises:
        ConfigError: for a rate outside that range.

    Example:
        >>> import torch
        >>> Dropout(0.5).eval()(torch.ones(2)).tolist()
        [1.0, 1.0]
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        if not 0 <= rate < 1:
            raise ConfigError(f"a dropout of {rate} is not possible: choose at least 0 and below 1")
        self.rate = rate

    def forward(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """`x` with dropout in training mode, `x` itself otherwise."""
        return dropout(x, self.rate) if self.training and self.rate > 0 else x
