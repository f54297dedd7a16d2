"""Transformer blocks: self-attention, cross-attention and feed-forward, each on a residual path."""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from sightline.attention import KeyValue, MultiHeadAttention
from sightline.errors import ConfigError
from sightline.layers.dropout import Dropout
from sightline.layers.feedforward import FeedForward
from sightline.layers.positions import Positions

__all__ = ["NORMS", "DecoderBlock", "EncoderBlock", "encoder_blocks"]

NORMS = ("pre", "post")


class Residual(nn.Module):
    """A residual path with its normalisation: `x + f(norm(x))` ("pre") or `norm(x + f(x))` ("post").

    Post-norm is Vaswani et al. 2017; pre-norm (Xiong et al. 2020) trains without care for the warm-up. Raises
    ConfigError for another norm.
    """

    def __init__(self, width: int, dropout: float, norm: str) -> None:
        super().__init__()
        if norm not in NORMS:
            raise ConfigError(f"unknown norm {norm!r}: choose one of {', '.join(NORMS)}")
        self.norm = nn.LayerNorm(width)
        self.dropout = Dropout(dropout)
        self.first = norm == "pre"

    def enter(self, x: Tensor) -> Tensor:
        """What the function on the path sees."""
        return self.norm(x) if self.first else x

    def leave(self, x: Tensor, change: Tensor) -> Tensor:
        """The path after the function."""
        x = x + self.dropout(change)
        return x if self.first else self.norm(x)


class EncoderBlock(nn.Module):
    """Self-attention and feed-forward (Vaswani et al. 2017, section 3.1).

    Args:
        attention: of the block's own width.
        feedforward: likewise.
        width: D.
        dropout: of what each adds to the residual path.
        norm: where the normalisation stands.
    """

    def __init__(
        self, *, attention: MultiHeadAttention, feedforward: FeedForward, width: int, dropout: float, norm: str
    ) -> None:
        super().__init__()
        self.attention = attention
        self.feedforward = feedforward
        self.attention_path = Residual(width, dropout, norm)
        self.feedforward_path = Residual(width, dropout, norm)

    def forward(
        self,
        x: Float[Tensor, "B S D"],
        positions: Positions,
        mask: Bool[Tensor, "B 1 1 S"] | None,
        *,
        need_weights: bool = False,
    ) -> tuple[Float[Tensor, "B S D"], Float[Tensor, "B H S S"] | None]:
        """The states after the block, and the attention weights if they are asked for; without a mask all is read."""
        seen = self.attention_path.enter(x)
        change, _, weights = _attend_to_oneself(self.attention, seen, positions, mask, None, need_weights)
        x = self.attention_path.leave(x, change)
        return self.feedforward_path.leave(x, self.feedforward(self.feedforward_path.enter(x))), weights


def encoder_blocks(*, width: int, heads: int, hidden: int, layers: int, dropout: float) -> nn.ModuleList:
    """Pre-norm blocks one upon another, with scaled dot attention; what follows them is to normalise.

    Args:
        width: D.
        heads: H.
        hidden: of the feed-forward parts.
        layers: how many blocks.
        dropout: inside the feed-forward parts, and of what each part adds to the residual path.
    """
    return nn.ModuleList(
        EncoderBlock(
            attention=MultiHeadAttention(width, heads),
            feedforward=FeedForward(width, hidden, dropout),
            width=width,
            dropout=dropout,
            norm="pre",
        )
        for _ in range(layers)
    )


class DecoderBlock(nn.Module):
    """Causal self-attention with a cache, cross-attention to a projected memory, feed-forward.

    Args:
        attention: among the target's own positions.
        cross: to the memory.
        feedforward: of the block's width.
        width: D.
        dropout: of what each adds to the residual path.
        norm: where the normalisation stands.
    """

    def __init__(
        self,
        *,
        attention: MultiHeadAttention,
        cross: MultiHeadAttention,
        feedforward: FeedForward,
        width: int,
        dropout: float,
        norm: str,
    ) -> None:
        super().__init__()
        self.attention = attention
        self.cross = cross
        self.feedforward = feedforward
        self.attention_path = Residual(width, dropout, norm)
        self.cross_path = Residual(width, dropout, norm)
        self.feedforward_path = Residual(width, dropout, norm)

    def forward(
        self,
        x: Float[Tensor, "N T D"],
        positions: Positions,
        mask: Bool[Tensor, "T U"] | None,
        cache: KeyValue | None,
        memory: KeyValue,
        memory_mask: Bool[Tensor, "B 1 1 S"],
        *,
        need_weights: bool = False,
    ) -> tuple[Float[Tensor, "N T D"], KeyValue, Float[Tensor, "N H T U"] | None, Float[Tensor, "B H T S"] | None]:
        """The states after the block, the cache with these positions in it, own weights and cross weights.

        Args:
            x: the target's states from position U - T on, U the length with the cache.
            positions: how queries and keys are turned.
            mask: causal among them; None where all may be seen, as in a single step.
            cache: keys and values of the earlier positions, None if there are none.
            memory: of B inputs, projected by `cross`; N is B, or B times a number of beams.
            memory_mask: True where the memory may be read.
            need_weights: give both weights.
        """
        seen = self.attention_path.enter(x)
        change, cache, own = _attend_to_oneself(self.attention, seen, positions, mask, cache, need_weights)
        x = self.attention_path.leave(x, change)
        # The beams of an input are queries of its one row, so that the memory need not be copied for each.
        asked = self.cross_path.enter(x).reshape(memory.key.shape[0], -1, x.shape[-1])
        change, crossed = self.cross(self.cross.split(asked), memory, memory_mask, need_weights=need_weights)
        x = self.cross_path.leave(x, change.reshape(x.shape))
        x = self.feedforward_path.leave(x, self.feedforward(self.feedforward_path.enter(x)))
        return x, cache, own, crossed


def _attend_to_oneself(
    attention: MultiHeadAttention,
    x: Tensor,
    positions: Positions,
    mask: Tensor | None,
    cache: KeyValue | None,
    need_weights: bool,
) -> tuple[Tensor, KeyValue, Tensor | None]:
    """What self-attention makes of states that stand behind those of the cache, the cache with them, the weights."""
    offset = 0 if cache is None else cache.key.shape[2]
    query, new = positions.rotate(attention.split(x), offset), attention.keys_and_values(x)
    new = attention.prepare(KeyValue(positions.rotate(new.key, offset), new.value))
    cache = new if cache is None else cache.append(new)
    keys = cache.key.shape[2]
    change, weights = attention(
        query,
        cache,
        mask,
        bias=positions.bias(query, keys),
        offsets=positions.offsets(query.shape[2], keys),
        need_weights=need_weights,
    )
    return change, cache, weights
