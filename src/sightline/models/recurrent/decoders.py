"""Recurrent decoders with attention, as Bahdanau and as Luong write them.

Both run over T positions at once, where T is 1 in a search: what does not depend on the step stands outside the loop.
"""

from typing import NamedTuple, Protocol

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sightline.attention import Past, StepProduct
from sightline.errors import ConfigError
from sightline.layers import CellStack, Dropout
from sightline.layers.recurrent import State
from sightline.models.recurrent.reading import FixedContext, Memory, Read, Seen

__all__ = [
    "DECODERS",
    "BahdanauDecoder",
    "Bridge",
    "Decoded",
    "DecoderState",
    "LuongDecoder",
    "RecurrentDecoder",
    "build_decoder",
]

DECODERS = ("bahdanau", "luong")


class DecoderState(NamedTuple):
    """What goes from step to step.

    Attributes:
        layers: each layer's state.
        fed: the last attentional vector `[N, D]`; empty, `[N, 0]`, without input feeding.
        past: where earlier queries looked; None where the attention does not look back.
    """

    layers: tuple[State, ...]
    fed: Tensor
    past: Past | None


class Decoded(NamedTuple):
    """Features of T positions, the queries behind them, what these read, and the state after them."""

    features: Float[Tensor, "N T D"]
    queries: Float[Tensor, "N T D"]
    seen: Seen
    state: DecoderState


class RecurrentDecoder(Protocol):
    """What the model asks of a decoder."""

    fed_width: int
    reader: Read | FixedContext
    stack: CellStack

    def __call__(self, embedded: Float[Tensor, "N T E"], memory: Memory, state: DecoderState) -> Decoded:
        """T positions from that state on."""
        ...


class Bridge(nn.Linear):
    """The decoder's first states, `tanh(W h + b)` of what the encoder gives, for each layer and each part of its state.

    Args:
        memory_width: of what the encoder gives.
        stack: the decoder's cells.
    """

    def __init__(self, memory_width: int, stack: CellStack) -> None:
        super().__init__(memory_width, stack.width * len(stack.cells) * stack.carried)
        self.parts = len(stack.cells) * stack.carried
        self.carried = stack.carried
        nn.init.xavier_uniform_(self.weight)
        nn.init.zeros_(self.bias)

    def states(self, last: Float[Tensor, "B M"]) -> tuple[State, ...]:
        """One state for each layer."""
        parts = torch.tanh(self(last)).chunk(self.parts, -1)
        return tuple(parts[i : i + self.carried] for i in range(0, len(parts), self.carried))


def _together(steps: list[Seen]) -> Seen:
    """What all steps of a loop read."""
    contexts, *maps = zip(*steps, strict=True)
    return Seen(torch.stack(contexts, 1), *(None if parts[0] is None else torch.cat(parts, 1) for parts in maps))


class BahdanauDecoder(nn.Module):
    """Attend with the previous state, and let the context into the cell.

    `c_t = attend(s_{t-1})`; `s_t = cell([y_{t-1}; c_t], s_{t-1})`; `feature_t = tanh(W [s_t; c_t; y_{t-1}])`.
    Bahdanau, Cho and Bengio 2015, appendix A.2.2, where the output layer is a maxout of the same three instead of a
    tanh and reads `s_{t-1}`.

    Args:
        reader: how the memory is read.
        stack: the cells, which take the context at each step.
        embedding_width: E.
        memory_width: M.
        width: D.
        dropout: of the features.
    """

    fed_width = 0

    def __init__(
        self,
        *,
        reader: Read | FixedContext,
        stack: CellStack,
        embedding_width: int,
        memory_width: int,
        width: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.reader = reader
        self.stack = stack
        self.readout = nn.Linear(width + memory_width + embedding_width, width)
        self.dropout = Dropout(dropout)
        nn.init.xavier_uniform_(self.readout.weight)
        nn.init.zeros_(self.readout.bias)

    def forward(self, embedded: Float[Tensor, "N T E"], memory: Memory, state: DecoderState) -> Decoded:
        """T positions from that state on."""
        layers, _, past = state
        hidden: list[Tensor] = [layers[-1][0]]
        reads: list[Seen] = []
        rows, steps, _ = embedded.shape
        run, read = self.stack.loop(embedded), self.reader.loop(memory, steps, rows)
        for _ in range(steps):
            seen, past = read(hidden[-1], past)
            top, layers = run(layers, seen.context)
            hidden.append(top)
            reads.append(seen)
        seen = _together(reads)
        features = torch.tanh(self.readout(torch.cat([torch.stack(hidden[1:], 1), seen.context, embedded], -1)))
        queries = torch.stack(hidden[:-1], 1)
        return Decoded(self.dropout(features), queries, seen, DecoderState(layers, state.fed, past))


class LuongDecoder(nn.Module):
    """Attend with the new state; the attentional vector predicts, and with input feeding enters the next step.

    `s_t = cell([y_{t-1}; a_{t-1}], s_{t-1})`, without `a_{t-1}` if not fed; `c_t = attend(s_t)`;
    `feature_t = a_t = tanh(W [c_t; s_t])`. Luong, Pham and Manning 2015, sections 3 and 3.3.

    Args:
        reader: how the memory is read.
        stack: the cells; with input feeding they take the attentional vector of the step before.
        memory_width: M.
        width: D.
        dropout: of the attentional vector.
    """

    def __init__(
        self,
        *,
        reader: Read | FixedContext,
        stack: CellStack,
        memory_width: int,
        width: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.reader = reader
        self.stack = stack
        self.fed_width = width if stack.fed is not None else 0
        self.combine = nn.Linear(memory_width + width, width)
        self.dropout = Dropout(dropout)
        nn.init.xavier_uniform_(self.combine.weight)
        nn.init.zeros_(self.combine.bias)

    def forward(self, embedded: Float[Tensor, "N T E"], memory: Memory, state: DecoderState) -> Decoded:
        """T positions from that state on."""
        return (self._fed if self.fed_width else self._free)(embedded, memory, state)

    def attentional(self, context: Float[Tensor, "... M"], queries: Float[Tensor, "... D"]) -> Float[Tensor, "... D"]:
        """The attentional vector of what was read and of who asked."""
        return self.dropout(torch.tanh(self.combine(torch.cat([context, queries], -1))))

    def attentional_of_each(
        self, states: Float[Tensor, "B S M"], queries: Float[Tensor, "B T D"]
    ) -> Float[Tensor, "B T S D"]:
        """The attentional vector of each query, had it read one state alone."""
        of_state, of_query = self.combine.weight.split([states.shape[-1], queries.shape[-1]], 1)
        read = nn.functional.linear(states, of_state).unsqueeze(1)
        asked = nn.functional.linear(queries, of_query, self.combine.bias).unsqueeze(2)
        return self.dropout(torch.tanh(read + asked))

    def _free(self, embedded: Tensor, memory: Memory, state: DecoderState) -> Decoded:
        """Without input feeding the attention stands outside the loop: all positions attend at once."""
        layers, fed, past = state
        queries, layers = self.stack.run(embedded, layers)
        seen, past = self.reader(queries, memory, past)
        return Decoded(self.attentional(seen.context, queries), queries, seen, DecoderState(layers, fed, past))

    def _fed(self, embedded: Tensor, memory: Memory, state: DecoderState) -> Decoded:
        layers, fed, past = state
        rows, steps, _ = embedded.shape
        run, read = self.stack.loop(embedded), self.reader.loop(memory, steps, rows)
        combine = StepProduct.of(self.combine, steps, rows)
        outputs: list[Tensor] = []
        queries: list[Tensor] = []
        reads: list[Seen] = []
        for _ in range(steps):
            top, layers = run(layers, fed)
            seen, past = read(top, past)
            fed = self.dropout(torch.tanh(combine(torch.cat([seen.context, top], -1))))
            outputs.append(fed)
            queries.append(top)
            reads.append(seen)
        state = DecoderState(layers, fed, past)
        return Decoded(torch.stack(outputs, 1), torch.stack(queries, 1), _together(reads), state)


def build_decoder(
    kind: str,
    *,
    reader: Read | FixedContext,
    cell: str,
    embedding_width: int,
    memory_width: int,
    width: int,
    layers: int,
    input_feeding: bool,
    dropout: float,
) -> BahdanauDecoder | LuongDecoder:
    """The decoder of that name; `input_feeding` is a choice of Luong's, the other always lets the context in.

    Raises:
        ConfigError: for an unknown name.
    """
    if kind not in DECODERS:
        raise ConfigError(f"unknown decoder {kind!r}: choose one of {', '.join(DECODERS)}")
    fed_width = memory_width if kind == "bahdanau" else width if input_feeding else 0
    stack = CellStack(
        cell, input_width=embedding_width, width=width, layers=layers, fed_width=fed_width, dropout=dropout
    )
    if kind == "luong":
        return LuongDecoder(reader=reader, stack=stack, memory_width=memory_width, width=width, dropout=dropout)
    return BahdanauDecoder(
        reader=reader,
        stack=stack,
        embedding_width=embedding_width,
        memory_width=memory_width,
        width=width,
        dropout=dropout,
    )
