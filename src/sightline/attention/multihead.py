"""Multi-head attention, with keys and values that can be projected once and kept."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from sightline.attention.dropout import dropout
from sightline.attention.precision import small_products
from sightline.attention.scores import ScaledDot, Score, as_score
from sightline.attention.selection import Plain, Selection, SelectionFunction, as_selection, masked_softmax
from sightline.errors import ConfigError

__all__ = ["KeyValue", "MultiHeadAttention"]


class KeyValue(NamedTuple):
    """Keys and values by head, `[B, G, S, K]` each: the projected memory, or the cache of a decoder.

    G is the number of key heads. A key is what the score has prepared of it.
    """

    key: Tensor
    value: Tensor

    def append(self, later: "KeyValue") -> "KeyValue":
        """Both with the later positions behind the earlier ones."""
        return KeyValue(torch.cat([self.key, later.key], 2), torch.cat([self.value, later.value], 2))


class MultiHeadAttention(nn.Module):
    """Multi-head attention: `concat_h(softmax(Q_h K_h^T / sqrt(K)) V_h) W_o`, each head with projections of its own.

    Vaswani et al. 2017, "Attention Is All You Need", section 3.2.2. Keys and values are projected by `project`, apart
    from `forward`, so that a decoder projects its memory once and appends to its cache. With fewer key heads than
    heads, each is shared by `heads / key_heads` neighbours: grouped-query attention (Ainslie et al. 2023), with one it
    is multi-query attention (Shazeer 2019), and the cache is as much smaller. Initialisation: Xavier uniform, where
    query, key and value count as one matrix of three times the width, biases zero.

    Args:
        width: D, of queries and of the output.
        heads: H; the width is a multiple of it.
        memory_width: width of what is attended to; as `width` if None.
        key_heads: heads of keys and values; as `heads` if None, which is a multiple of it.
        score: compares query and key inside each head, where both have width K = D / H: a `Score`, or the name of one
            without weights. All heads share its weights, their queries and keys being projected apart.
        selection: weights from scores: a `Selection` that does not look back, a function of scores and mask, or the
            name of one.
        dropout: of the weights, in training.

    Raises:
        ConfigError: where the width is not a multiple of the heads, or the heads of the key heads, or the selection
            looks back.

    Example:
        >>> import torch
        >>> attention = MultiHeadAttention(width=8, heads=2)
        >>> x = torch.randn(3, 5, 8)
        >>> output, weights = attention(attention.split(x), attention.project(x), need_weights=True)
        >>> output.shape, weights.shape
        (torch.Size([3, 5, 8]), torch.Size([3, 2, 5, 5]))
    """

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        memory_width: int | None = None,
        key_heads: int | None = None,
        score: Score | str = "scaled_dot",
        selection: Selection | SelectionFunction | str = "softmax",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if width % heads:
            raise ConfigError(f"a width of {width} cannot be split into {heads} heads: choose a multiple of {heads}")
        groups = key_heads or heads
        if heads % groups:
            raise ConfigError(f"{heads} heads cannot share {groups} key heads: choose a divisor of {heads}")
        self.score = as_score(score)
        self.selection = as_selection(selection)
        if self.selection.counts:
            raise ConfigError(
                f"multi-head attention cannot look back, as the selection {type(self.selection).__name__} does: choose "
                "another, or a recurrent decoder"
            )
        self.heads = heads
        self.shared = heads // groups
        # What torch's fused kernel computes.
        softmax = isinstance(self.selection, Plain) and self.selection.function is masked_softmax
        self.plain = softmax and isinstance(self.score, ScaledDot)
        self.dropout = dropout
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(memory_width or width, width // self.shared)
        self.value = nn.Linear(memory_width or width, width // self.shared)
        self.output = nn.Linear(width, width)
        for part in (self.query, self.key, self.value):
            nn.init.xavier_uniform_(part.weight, gain=2**-0.5)
        nn.init.xavier_uniform_(self.output.weight)
        for part in (self.query, self.key, self.value, self.output):
            nn.init.zeros_(part.bias)

    def _by_head(self, x: Tensor, heads: int) -> Tensor:
        return x.unflatten(-1, (heads, -1)).transpose(1, 2)

    def split(self, x: Float[Tensor, "B T D"]) -> Float[Tensor, "B H T K"]:
        """Queries by head."""
        return self._by_head(self.query(x), self.heads)

    def keys_and_values(self, memory: Float[Tensor, "B S M"]) -> KeyValue:
        """Keys and values by head, before the score has seen the keys."""
        groups = self.heads // self.shared
        return KeyValue(self._by_head(self.key(memory), groups), self._by_head(self.value(memory), groups))

    def project(self, memory: Float[Tensor, "B S M"]) -> KeyValue:
        """Keys, as the score prepares them, and values by head."""
        return self.prepare(self.keys_and_values(memory))

    def prepare(self, memory: KeyValue) -> KeyValue:
        """The same with keys as the score prepares them."""
        return KeyValue(self.score.prepare(memory.key), memory.value)

    def forward(
        self,
        query: Float[Tensor, "B H T K"],
        memory: KeyValue,
        mask: Bool[Tensor, "..."] | None = None,
        *,
        bias: Float[Tensor, "..."] | None = None,
        offsets: Float[Tensor, "T S K"] | None = None,
        need_weights: bool = False,
    ) -> tuple[Float[Tensor, "B T D"], Float[Tensor, "B H T S"] | None]:
        """Attend from queries by head to keys and values by head.

        Args:
            query: from `split`.
            memory: from `project`.
            mask: bool, True = attend, broadcastable to `[B, H, T, S]`.
            bias: joins the scores, broadcastable to them.
            offsets: joins the values, as each query sees them.
            need_weights: give the weights too. Without them inference takes torch's fused kernel; the numbers agree.

        Returns:
            Output `[B, T, D]`, and weights `[B, H, T, S]` or None. A query with nothing to attend to gets the
            output's bias.
        """
        rate = self.dropout if self.training else 0.0
        key, value = (x.repeat_interleave(self.shared, 1) if self.shared > 1 else x for x in memory)
        # On CPU the fused kernel's backward is the slower one at the lengths of sentences.
        slow = need_weights or (torch.is_grad_enabled() and query.device.type == "cpu")
        if slow or not self.plain or bias is not None or offsets is not None:
            scores = self.score(query, key)
            weights = self.selection(scores if bias is None else scores + bias, mask, query, None).weights
            read = dropout(weights, rate) if rate else weights
            context = read @ value
            if offsets is not None:
                context = context + torch.einsum("bhts,tsk->bhtk", read, offsets)
        else:
            weights = None
            mask = None if mask is None else torch.atleast_2d(mask)
            context = _fused(query, key, value, mask, rate)
            if mask is not None:
                context = context.masked_fill(~mask.any(-1, keepdim=True), 0.0)
        return self.output(context.transpose(1, 2).flatten(2)), weights if need_weights else None


def _fused(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, rate: float) -> Tensor:
    """torch's fused kernel, whose products are small."""
    with small_products(query):
        return F.scaled_dot_product_attention(query, key, value, mask, rate)
