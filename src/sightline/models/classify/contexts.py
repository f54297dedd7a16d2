"""How vectors come to know what stands beside them: recurrent, by self-attention, or not at all."""

from collections.abc import Iterable
from typing import cast

from jaxtyping import Bool, Float
from torch import Tensor, nn

from sightline.layers import EncoderBlock, RecurrentEncoder, RotaryPositions, encoder_blocks

__all__ = ["NoContext", "RecurrentContext", "TransformerContext"]


class NoContext(nn.Module):
    """Each vector for itself, as in an average of embeddings."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, x: Float[Tensor, "B S D"], mask: Bool[Tensor, "B S"]) -> Float[Tensor, "B S D"]:
        """The same vectors, zero at padding."""
        return x.masked_fill(~mask.unsqueeze(-1), 0.0)


class RecurrentContext(nn.Module):
    """The states of a recurrent encoder (see `RecurrentEncoder`).

    Args:
        cell: `"lstm"` or `"gru"`.
        input_width: of the vectors.
        width: of each direction.
        layers: how many.
        bidirectional: read backwards too.
        dropout: between the layers.
    """

    def __init__(
        self, cell: str, *, input_width: int, width: int, layers: int, bidirectional: bool, dropout: float
    ) -> None:
        super().__init__()
        self.encoder = RecurrentEncoder(
            cell, input_width=input_width, width=width, layers=layers, bidirectional=bidirectional, dropout=dropout
        )
        self.width = self.encoder.output_width

    def forward(self, x: Float[Tensor, "B S I"], mask: Bool[Tensor, "B S"]) -> Float[Tensor, "B S D"]:
        """The states."""
        return self.encoder(x, mask)[0]


class TransformerContext(nn.Module):
    """Blocks of self-attention with rotary positions, pre-norm, with a normalisation at the end (Vaswani et al. 2017).

    Args:
        input_width: of the vectors, which are projected if that is not the width.
        width: D.
        heads: H.
        hidden: of the feed-forward parts.
        layers: how many blocks.
        dropout: of what each part adds to the residual path.
    """

    def __init__(
        self,
        *,
        input_width: int,
        width: int,
        heads: int,
        hidden: int,
        layers: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.width = width
        self.enter = nn.Linear(input_width, width)
        self.positions = RotaryPositions(width, heads)
        self.blocks = encoder_blocks(width=width, heads=heads, hidden=hidden, layers=layers, dropout=dropout)
        self.norm = nn.LayerNorm(width)
        nn.init.xavier_uniform_(self.enter.weight)
        nn.init.zeros_(self.enter.bias)

    def forward(self, x: Float[Tensor, "B S I"], mask: Bool[Tensor, "B S"]) -> Float[Tensor, "B S D"]:
        """The states after the last block, zero at padding."""
        x = self.positions.embed(self.enter(x))
        for block in cast("Iterable[EncoderBlock]", self.blocks):
            x, _ = block(x, self.positions, mask[:, None, None])
        return self.norm(x).masked_fill(~mask.unsqueeze(-1), 0.0)
