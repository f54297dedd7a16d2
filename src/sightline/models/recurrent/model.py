"""The recurrent encoder-decoder."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from sightline.attention import CHOICES
from sightline.errors import ConfigError
from sightline.layers import Dropout, RecurrentEncoder
from sightline.models.embeddings import embeddings, within
from sightline.models.protocol import Maps
from sightline.models.recurrent.decoders import (
    Bridge,
    Decoded,
    DecoderState,
    LuongDecoder,
    RecurrentDecoder,
    build_decoder,
)
from sightline.models.recurrent.pointer import Pointer
from sightline.models.recurrent.reading import FixedContext, Memory, Read, build_reader

__all__ = ["Recurrent"]


class Recurrent(nn.Module):
    """Recurrent encoder-decoder with attention, or with one fixed context vector.

    The decoder begins at `tanh(W h + b)` of the encoder's last state, for each layer and each part of its state.
    Initialisation: see `embeddings`, `Cell` and the scores; other matrices Xavier uniform, biases zero.

    Args:
        source_size: tokens in the source vocabulary.
        target_size: V.
        cell: `"lstm"` or `"gru"`.
        attention: a name in `SCORES`, or `"none"`.
        selection: a name in `SELECTIONS`.
        temperature: of the selection, where it has one.
        radius: of a local selection's window.
        estimator: how a hard selection is trained, a name in `ESTIMATORS`.
        coverage: let the sum of earlier weights into the score.
        pointer: let tokens be copied from where the attention looks; needs one vocabulary. Tokens past its end are
            those that it lacks, numbered within each input: they are read as `<unk>`, and can be copied.
        decoder: `"bahdanau"` or `"luong"`.
        input_feeding: with `"luong"`, let the attentional vector into the next step; `"bahdanau"` always lets the
            context into its cell.
        embedding_width: E.
        width: D of the decoder, and of the encoder's two directions together.
        encoder_layers: how many.
        decoder_layers: how many.
        bidirectional: let the encoder read both ways.
        longest: the number of positions, where each has weights of its own.
        dropout: of embeddings, between layers, of the features.
        shared_embeddings: one table for both sides.
        tied_output: the target's table is the output's matrix.

    Raises:
        ConfigError: where the numbers do not fit each other.

    Example:
        >>> import torch
        >>> model = Recurrent(11, 13, cell="gru", attention="additive", decoder="luong", embedding_width=6, width=8)
        >>> source, target = torch.tensor([[4, 5, 3]]), torch.tensor([[2, 7]])
        >>> features, maps = model(source, source != 0, target, need_weights=True)
        >>> features.shape, maps["cross"].shape
        (torch.Size([1, 2, 8]), torch.Size([1, 2, 3]))
    """

    def __init__(
        self,
        source_size: int,
        target_size: int,
        *,
        cell: str,
        attention: str,
        decoder: str,
        embedding_width: int,
        width: int,
        encoder_layers: int = 1,
        decoder_layers: int = 1,
        input_feeding: bool = True,
        selection: str = "softmax",
        temperature: float = 1.0,
        radius: int = 10,
        estimator: str = "gumbel",
        coverage: bool = False,
        pointer: bool = False,
        bidirectional: bool = True,
        longest: int = 512,
        dropout: float = 0.0,
        shared_embeddings: bool = False,
        tied_output: bool = False,
    ) -> None:
        super().__init__()
        _check(attention, selection, estimator, decoder, input_feeding, coverage, pointer)
        if bidirectional and width % 2:
            raise ConfigError(f"an encoder of two directions needs an even width, not {width}")
        self.source_embedding, self.target_embedding, self.output = embeddings(
            source_size,
            target_size,
            width=embedding_width,
            output_width=width,
            shared=shared_embeddings,
            tied=tied_output,
        )
        self.dropout = Dropout(dropout)
        self.encoder = RecurrentEncoder(
            cell,
            input_width=embedding_width,
            width=width // 2 if bidirectional else width,
            layers=encoder_layers,
            bidirectional=bidirectional,
            dropout=dropout,
        )
        memory_width = self.encoder.output_width
        reader = build_reader(
            attention,
            selection=selection,
            coverage=coverage,
            query_width=width,
            memory_width=memory_width,
            width=width,
            longest=longest,
            temperature=temperature,
            radius=radius,
            estimator=estimator,
        )
        self.decoder: RecurrentDecoder = build_decoder(
            decoder,
            reader=reader,
            cell=cell,
            embedding_width=embedding_width,
            memory_width=memory_width,
            width=width,
            layers=decoder_layers,
            input_feeding=input_feeding,
            dropout=dropout,
        )
        self.bridge = Bridge(memory_width, self.decoder.stack)
        # Whether what a step has read has a say in later steps.
        self.reads_ahead = decoder == "bahdanau" or input_feeding or coverage
        self.pointer = Pointer(memory_width + width + embedding_width) if pointer else None
        # What an answer is likely to be worth, for hard attention that learns from rewards.
        self.baseline = nn.Linear(width, 1) if selection in CHOICES and estimator == "reinforce" else None
        if self.baseline is not None:
            nn.init.zeros_(self.baseline.weight)
            nn.init.zeros_(self.baseline.bias)

    @property
    def reader(self) -> Read | FixedContext:
        """How the decoder reads the memory."""
        return self.decoder.reader

    def embed(self, source: Int[Tensor, "B S"]) -> Float[Tensor, "B S E"]:
        """The tokens' vectors."""
        return self.source_embedding(within(source, self.source_embedding.num_embeddings))

    def encode(
        self, source: Int[Tensor, "B S"], mask: Bool[Tensor, "B S"], vectors: Float[Tensor, "B S E"] | None = None
    ) -> Memory:
        """The memory: encoder states and what the score made of them."""
        states, last = self.encoder(self.dropout(self.embed(source) if vectors is None else vectors), mask)
        states = self.dropout(states)
        return Memory(source, states, self.reader.prepare(states), mask.unsqueeze(1), last)

    def start(self, memory: Memory) -> DecoderState:
        """The decoder's first state, from the encoder's last."""
        fed = memory.last.new_zeros(len(memory.last), self.decoder.fed_width)
        return DecoderState(self.bridge.states(memory.last), fed, self.reader.start(memory))

    def step(
        self, tokens: Int[Tensor, " N"], memory: Memory, state: DecoderState
    ) -> tuple[Float[Tensor, "N V"], DecoderState]:
        """Log-probabilities of the next token after these, and the next state.

        With a pointer V counts the tokens that can be copied only, too.
        """
        embedded = self.target_embedding(within(tokens, self.output.out_features)).unsqueeze(1)
        features, queries, seen, state = self.decoder(embedded, memory, state)
        logits = self.output(features[:, 0])
        if self.pointer is None:
            return torch.log_softmax(logits, -1), state
        odds = self.pointer(seen.context, queries, embedded)
        assert seen.weights is not None
        return self.pointer.mix(logits, odds, seen.weights[:, 0], memory.tokens), state

    def decode(self, memory: Memory, target: Int[Tensor, "B T"]) -> Decoded:
        """Every target position, teacher forcing, with what it asked and what it read."""
        embedded = self.target_embedding(within(target, self.output.out_features))
        return self.decoder(self.dropout(embedded), memory, self.start(memory))

    def generating(self, decoded: Decoded, target: Int[Tensor, "B T"]) -> Float[Tensor, "B T"]:
        """The log-odds of each position to be generated rather than copied."""
        assert self.pointer is not None
        embedded = self.target_embedding(within(target, self.output.out_features))
        return self.pointer(decoded.seen.context, decoded.queries, embedded).squeeze(-1)

    def features_of_each(self, memory: Memory, decoded: Decoded) -> Float[Tensor, "B T S D"]:
        """Features of each position, had it read one source position alone."""
        assert isinstance(self.decoder, LuongDecoder)
        return self.decoder.attentional_of_each(memory.states, decoded.queries)

    def forward(
        self,
        source: Int[Tensor, "B S"],
        mask: Bool[Tensor, "B S"],
        target: Int[Tensor, "B T"],
        *,
        need_weights: bool = False,
    ) -> tuple[Float[Tensor, "B T D"], Maps]:
        """Features of every target position, teacher forcing; `"cross"` is `[B, T, S]`."""
        features, _, seen, _ = self.decode(self.encode(source, mask), target)
        return features, {"cross": seen.weights} if need_weights and seen.weights is not None else {}


def _check(
    attention: str, selection: str, estimator: str, decoder: str, input_feeding: bool, coverage: bool, pointer: bool
) -> None:
    """What does not go together; raises ConfigError."""
    if attention == "none":
        asked = [name for name, wanted in (("coverage", coverage), ("a pointer", pointer)) if wanted]
        if selection != "softmax":
            asked.append(f"the selection {selection!r}")
        if asked:
            raise ConfigError(f"without attention there is no place for {' and '.join(asked)}: choose an attention")
    if selection not in CHOICES:
        return
    if pointer:
        raise ConfigError(
            f"a pointer copies from where the attention looks, and of what the selection {selection!r} does not take "
            "nothing could be learned: choose a soft selection"
        )
    if estimator == "marginal" and (decoder != "luong" or input_feeding or coverage):
        raise ConfigError(
            "the marginal likelihood is exact where no choice has a say in later tokens: set decoder to 'luong', "
            "input_feeding and coverage to false, or choose the estimator 'gumbel' or 'reinforce'"
        )
