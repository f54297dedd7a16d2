"""The Transformer encoder-decoder."""

from collections.abc import Iterable
from typing import NamedTuple, cast

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from sightline.attention import KeyValue, MultiHeadAttention, build_score, build_selection, causal_mask
from sightline.layers import DecoderBlock, Dropout, EncoderBlock, FeedForward, build_positions
from sightline.models.embeddings import embeddings
from sightline.models.protocol import Maps

__all__ = ["Transformer", "TransformerMemory"]

Cache = tuple[KeyValue, ...]


class TransformerMemory(NamedTuple):
    """Keys and values of the encoded inputs for each decoder block, and where they hold tokens, `[B, 1, 1, S]`."""

    blocks: tuple[KeyValue, ...]
    mask: Tensor


class Transformer(nn.Module):
    """Transformer encoder-decoder (Vaswani et al. 2017), pre- or post-norm.

    Embeddings are scaled by `sqrt(width)`. With pre-norm each half ends in a normalisation of its own. Initialisation:
    see `embeddings`, `MultiHeadAttention` and `FeedForward`.

    Args:
        source_size: tokens in the source vocabulary.
        target_size: V.
        width: D.
        heads: H.
        hidden: width of the feed-forward parts.
        encoder_layers: blocks of the encoder.
        decoder_layers: blocks of the decoder.
        attention: a name in `SCORES`, the score inside every head.
        selection: a name in `SELECTIONS`, one that does not look back.
        temperature: of the selection, where it has one.
        key_heads: heads of keys and values, each shared by as many heads; as `heads` if None.
        dropout: of embeddings and of what each part adds to the residual path.
        attention_dropout: of the attention weights.
        activation_dropout: inside the feed-forward parts.
        norm: `"pre"` or `"post"`.
        positions: a name in `POSITIONS`.
        longest: the number of positions, where each has weights of its own.
        shared_embeddings: one table for both sides.
        tied_output: the target's table is the output's matrix.

    Raises:
        ConfigError: where the numbers do not fit each other.

    Example:
        >>> import torch
        >>> model = Transformer(11, 13, width=8, heads=2, hidden=16, encoder_layers=1, decoder_layers=1)
        >>> source, target = torch.tensor([[4, 5, 3]]), torch.tensor([[2, 7]])
        >>> features, maps = model(source, source != 0, target, need_weights=True)
        >>> features.shape, maps["cross"].shape
        (torch.Size([1, 2, 8]), torch.Size([1, 1, 2, 2, 3]))
    """

    def __init__(
        self,
        source_size: int,
        target_size: int,
        *,
        width: int,
        heads: int,
        hidden: int,
        encoder_layers: int,
        decoder_layers: int,
        attention: str = "scaled_dot",
        selection: str = "softmax",
        temperature: float = 1.0,
        key_heads: int | None = None,
        dropout: float = 0.1,
        attention_dropout: float = 0.0,
        activation_dropout: float = 0.0,
        norm: str = "pre",
        positions: str = "sinusoidal",
        longest: int = 512,
        shared_embeddings: bool = False,
        tied_output: bool = False,
    ) -> None:
        super().__init__()

        def attend() -> MultiHeadAttention:
            head = max(1, width // heads)
            return MultiHeadAttention(
                width,
                heads,
                key_heads=key_heads,
                score=build_score(attention, query_width=head, key_width=head, width=head, longest=longest),
                selection=build_selection(selection, query_width=head, width=head, temperature=temperature),
                dropout=attention_dropout,
            )

        def feedforward() -> FeedForward:
            return FeedForward(width, hidden, activation_dropout)

        self.source_embedding, self.target_embedding, self.output = embeddings(
            source_size, target_size, width=width, output_width=width, shared=shared_embeddings, tied=tied_output
        )
        self.scale = width**0.5
        self.source_positions = build_positions(positions, width=width, heads=heads, longest=longest)
        self.target_positions = build_positions(positions, width=width, heads=heads, longest=longest)
        self.dropout = Dropout(dropout)
        self.encoder = nn.ModuleList(
            EncoderBlock(attention=attend(), feedforward=feedforward(), width=width, dropout=dropout, norm=norm)
            for _ in range(encoder_layers)
        )
        self.decoder = nn.ModuleList(
            DecoderBlock(
                attention=attend(),
                cross=attend(),
                feedforward=feedforward(),
                width=width,
                dropout=dropout,
                norm=norm,
            )
            for _ in range(decoder_layers)
        )
        self.encoder_norm = nn.LayerNorm(width) if norm == "pre" else nn.Identity()
        self.decoder_norm = nn.LayerNorm(width) if norm == "pre" else nn.Identity()

    def _decoder_blocks(self) -> Iterable[DecoderBlock]:
        return cast("Iterable[DecoderBlock]", self.decoder)

    def _encode(
        self, vectors: Tensor, mask: Tensor, need_weights: bool
    ) -> tuple[TransformerMemory, list[Tensor | None]]:
        x = self.dropout(self.source_positions.embed(vectors * self.scale))
        mask = mask[:, None, None, :]
        maps: list[Tensor | None] = []
        for block in cast("Iterable[EncoderBlock]", self.encoder):
            x, weights = block(x, self.source_positions, mask, need_weights=need_weights)
            maps.append(weights)
        x = self.encoder_norm(x)
        return TransformerMemory(tuple(block.cross.project(x) for block in self._decoder_blocks()), mask), maps

    def _decode(
        self, tokens: Tensor, memory: TransformerMemory, state: Cache, need_weights: bool
    ) -> tuple[Tensor, Cache, list[tuple[Tensor | None, Tensor | None]]]:
        offset = state[0].key.shape[2] if state else 0
        x = self.dropout(self.target_positions.embed(self.target_embedding(tokens) * self.scale, offset))
        length = tokens.shape[1]
        mask = causal_mask(length, offset + length, device=tokens.device) if length > 1 else None
        caches: list[KeyValue] = []
        maps: list[tuple[Tensor | None, Tensor | None]] = []
        for i, (block, seen) in enumerate(zip(self._decoder_blocks(), memory.blocks, strict=True)):
            cache = state[i] if state else None
            x, cache, own, cross = block(
                x, self.target_positions, mask, cache, seen, memory.mask, need_weights=need_weights
            )
            caches.append(cache)
            maps.append((own, cross))
        return self.decoder_norm(x), tuple(caches), maps

    def embed(self, source: Int[Tensor, "B S"]) -> Float[Tensor, "B S D"]:
        """The tokens' vectors, before they are scaled."""
        return self.source_embedding(source)

    def encode(
        self, source: Int[Tensor, "B S"], mask: Bool[Tensor, "B S"], vectors: Float[Tensor, "B S D"] | None = None
    ) -> TransformerMemory:
        """The memory: keys and values of the encoded inputs for each decoder block."""
        return self._encode(self.embed(source) if vectors is None else vectors, mask, need_weights=False)[0]

    def start(self, memory: TransformerMemory) -> Cache:
        """An empty cache for each decoder block: `[B, H, 0, K]`."""
        return tuple(KeyValue(block.key[:, :, :0], block.value[:, :, :0]) for block in memory.blocks)

    def step(
        self, tokens: Int[Tensor, " N"], memory: TransformerMemory, state: Cache
    ) -> tuple[Float[Tensor, "N V"], Cache]:
        """Log-probabilities of the next token after these, and the caches with these in them."""
        features, state, _ = self._decode(tokens.unsqueeze(1), memory, state, need_weights=False)
        return torch.log_softmax(self.output(features[:, 0]), -1), state

    def forward(
        self,
        source: Int[Tensor, "B S"],
        mask: Bool[Tensor, "B S"],
        target: Int[Tensor, "B T"],
        *,
        need_weights: bool = False,
    ) -> tuple[Float[Tensor, "B T D"], Maps]:
        """Features of every target position, teacher forcing.

        With `need_weights` the maps are `"cross"` `[B, layers, H, T, S]`, `"encoder"` `[B, layers, H, S, S]` and
        `"decoder"` `[B, layers, H, T, T]`.
        """
        memory, encoder = self._encode(self.embed(source), mask, need_weights)
        features, _, decoder = self._decode(target, memory, (), need_weights)
        if not need_weights:
            return features, {}
        own, cross = zip(*decoder, strict=True)
        parts = {"cross": cross, "encoder": encoder, "decoder": own}
        return features, {name: torch.stack([w for w in maps if w is not None], 1) for name, maps in parts.items()}
