"""Recurrent decoders with attention, as Bahdanau and as Luong write them.

Both run over T positions at once, where T is 1 in a search: what does not depend on the step stands outside the loop.
"""

from typing import NamedTuple, Protocol

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sightline.layers import CellStack, Dropout, StepProduct
from sightline.layers.recurrent import State
from sightline.models.recurrent.reading import FixedContext, Memory, Read

__all__ = ["BahdanauDecoder", "DecoderState", "LuongDecoder", "RecurrentDecoder"]


class DecoderState(NamedTuple):
    """Each layer's state, and the last attentional vector `[N, D]` (empty, `[N, 0]`, without input feeding)."""

    layers: tuple[State, ...]
    fed: Tensor


class RecurrentDecoder(Protocol):
    """What the model asks of a decoder."""

    fed_width: int

    def __call__(
        self, embedded: Float[Tensor, "N T E"], memory: Memory, state: DecoderState
    ) -> tuple[Float[Tensor, "N T D"], DecoderState, Float[Tensor, "N T S"] | None]:
        """Features of T positions, the state after them, the attention weights."""
        ...


def _stack_weights(weights: list[Tensor | None]) -> Tensor | None:
    present = [w for w in weights if w is not None]
    return torch.cat(present, 1) if present else None


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

    def forward(
        self, embedded: Float[Tensor, "N T E"], memory: Memory, state: DecoderState
    ) -> tuple[Float[Tensor, "N T D"], DecoderState, Float[Tensor, "N T S"] | None]:
        """Features of T positions, the state after them, the attention weights."""
        layers = state.layers
        hidden: list[Tensor] = []
        contexts: list[Tensor] = []
        weights: list[Tensor | None] = []
        rows, steps, _ = embedded.shape
        run, read = self.stack.loop(embedded), self.reader.loop(memory, steps, rows)
        for _ in range(steps):
            context, weight = read(layers[-1][0])
            top, layers = run(layers, context)
            hidden.append(top)
            contexts.append(context)
            weights.append(weight)
        seen = torch.cat([torch.stack(hidden, 1), torch.stack(contexts, 1), embedded], -1)
        features = self.dropout(torch.tanh(self.readout(seen)))
        return features, DecoderState(layers, state.fed), _stack_weights(weights)


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

    def forward(
        self, embedded: Float[Tensor, "N T E"], memory: Memory, state: DecoderState
    ) -> tuple[Float[Tensor, "N T D"], DecoderState, Float[Tensor, "N T S"] | None]:
        """Features of T positions, the state after them, the attention weights."""
        return (self._fed if self.fed_width else self._free)(embedded, memory, state)

    def _free(
        self, embedded: Tensor, memory: Memory, state: DecoderState
    ) -> tuple[Tensor, DecoderState, Tensor | None]:
        """Without input feeding the attention stands outside the loop: all positions attend at once."""
        layers, fed = state
        run = self.stack.loop(embedded)
        hidden: list[Tensor] = []
        for _ in range(embedded.shape[1]):
            top, layers = run(layers)
            hidden.append(top)
        states = torch.stack(hidden, 1)
        context, weights = self.reader(states, memory)
        features = self.dropout(torch.tanh(self.combine(torch.cat([context, states], -1))))
        return features, DecoderState(layers, fed), weights

    def _fed(self, embedded: Tensor, memory: Memory, state: DecoderState) -> tuple[Tensor, DecoderState, Tensor | None]:
        layers, fed = state
        rows, steps, _ = embedded.shape
        run, read = self.stack.loop(embedded), self.reader.loop(memory, steps, rows)
        combine = StepProduct.of(self.combine, steps, rows)
        outputs: list[Tensor] = []
        maps: list[Tensor | None] = []
        for _ in range(steps):
            top, layers = run(layers, fed)
            context, weights = read(top)
            fed = self.dropout(torch.tanh(combine(torch.cat([context, top], -1))))
            outputs.append(fed)
            maps.append(weights)
        return torch.stack(outputs, 1), DecoderState(layers, fed), _stack_weights(maps)
