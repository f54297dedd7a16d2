"""Multi-head attention, with keys and values that can be projected once and kept."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from sightline.attention.dropout import dropout
from sightline.attention.scores import ScaledDot
from sightline.attention.selection import masked_softmax
from sightline.errors import ConfigError

__all__ = ["KeyValue", "MultiHeadAttention"]


class KeyValue(NamedTuple):
    """Keys and values by head, `[B, H, S, K]` each: the projected memory, or the cache of a decoder."""

    key: Tensor
    value: Tensor

    def append(self, later: "KeyValue") -> "KeyValue":
        """Both with the later positions behind the earlier ones."""
        return KeyValue(torch.cat([self.key, later.key], 2), torch.cat([self.value, later.value], 2))


class MultiHeadAttention(nn.Module):
    """Multi-head attention: `concat_h(softmax(Q_h K_h^T / sqrt(K)) V_h) W_o`, each head with projections of its own.

    Vaswani et al. 2017, "Attention Is All You Need", section 3.2.2. Keys and values are projected by `project`, apart
    from `forward`, so that a decoder projects its memory once and appends to its cache. Initialisation: Xavier uniform,
    where query, key and value count as one matrix of three times the width, biases zero.

    Args:
        width: D, of queries and of the output.
        heads: H; the width is a multiple of it.
        memory_width: width of what is attended to; as `width` if None.
        dropout: of the weights, in training.

    Raises:
        ConfigError: where the width is not a multiple of the heads.

    Example:
        >>> import torch
        >>> attention = MultiHeadAttention(width=8, heads=2)
        >>> x = torch.randn(3, 5, 8)
        >>> output, weights = attention(attention.split(x), attention.project(x), need_weights=True)
        >>> output.shape, weights.shape
        (torch.Size([3, 5, 8]), torch.Size([3, 2, 5, 5]))
    """

    def __init__(self, width: int, heads: int, *, memory_width: int | None = None, dropout: float = 0.0) -> None:
        super().__init__()
        if width % heads:
            raise ConfigError(f"a width of {width} cannot be split into {heads} heads: choose a multiple of {heads}")
        self.heads = heads
        self.dropout = dropout
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(memory_width or width, width)
        self.value = nn.Linear(memory_width or width, width)
        self.output = nn.Linear(width, width)
        for part in (self.query, self.key, self.value):
            nn.init.xavier_uniform_(part.weight, gain=2**-0.5)
        nn.init.xavier_uniform_(self.output.weight)
        for part in (self.query, self.key, self.value, self.output):
            nn.init.zeros_(part.bias)

    def _by_head(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def split(self, x: Float[Tensor, "B T D"]) -> Float[Tensor, "B H T K"]:
        """Queries by head."""
        return self._by_head(self.query(x))

    def project(self, memory: Float[Tensor, "B S M"]) -> KeyValue:
        """Keys and values by head."""
        return KeyValue(self._by_head(self.key(memory)), self._by_head(self.value(memory)))

    def forward(
        self,
        query: Float[Tensor, "B H T K"],
        memory: KeyValue,
        mask: Bool[Tensor, "..."] | None = None,
        *,
        need_weights: bool = False,
    ) -> tuple[Float[Tensor, "B T D"], Float[Tensor, "B H T S"] | None]:
        """Attend from queries by head to keys and values by head.

        Args:
            query: from `split`.
            memory: from `project`.
            mask: bool, True = attend, broadcastable to `[B, H, T, S]`.
            need_weights: give the weights too. Without them inference takes torch's fused kernel; the numbers agree.

        Returns:
            Output `[B, T, D]`, and weights `[B, H, T, S]` or None. A query with nothing to attend to gets the
            output's bias.
        """
        rate = self.dropout if self.training else 0.0
        # On CPU the fused kernel's backward is the slower one at the lengths of sentences.
        if need_weights or (torch.is_grad_enabled() and query.device.type == "cpu"):
            weights = masked_softmax(ScaledDot().forward(query, memory.key), mask)
            context = (dropout(weights, rate) if rate else weights) @ memory.value
        else:
            weights = None
            context = F.scaled_dot_product_attention(query, memory.key, memory.value, mask, rate)
            if mask is not None:
                context = context.masked_fill(~mask.any(-1, keepdim=True), 0.0)
        return self.output(context.transpose(1, 2).flatten(2)), weights if need_weights else None
