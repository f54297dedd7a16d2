"""The feed-forward part of a Transformer block."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from sightline.layers.dropout import Dropout

__all__ = ["FeedForward"]


class FeedForward(nn.Module):
    """`W2 relu(W1 x + b1) + b2` at every position (Vaswani et al. 2017, section 3.3).

    Initialisation: Xavier uniform, biases zero, as in the paper's code; Kaiming's gain for a ReLU would double the
    variance of what enters the residual path.

    Args:
        width: D.
        hidden: width between the two.
        dropout: of what the ReLU gives.

    Example:
        >>> import torch
        >>> FeedForward(8, 16, 0.0)(torch.randn(2, 3, 8)).shape
        torch.Size([2, 3, 8])
    """

    def __init__(self, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.inner = nn.Linear(width, hidden)
        self.outer = nn.Linear(hidden, width)
        self.dropout = Dropout(dropout)
        for part in (self.inner, self.outer):
            nn.init.xavier_uniform_(part.weight)
            nn.init.zeros_(part.bias)

    def forward(self, x: Float[Tensor, "*B T D"]) -> Float[Tensor, "*B T D"]:
        """The same function at every position."""
        # A factor of dropout, 0 or more, may as well stand before a ReLU, whose output is then kept once for gradients.
        return self.outer(F.relu(self.dropout(self.inner(x))))
