"""How a recurrent decoder reads the encoded input: by attention, or as one fixed vector."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from sightline.attention import SCORES, Attention, build_score
from sightline.errors import ConfigError
from sightline.layers import StepRead

__all__ = ["FixedContext", "Memory", "Read", "build_reader"]


class Memory(NamedTuple):
    """Encoded inputs: states `[B, S, M]`, what the score made of them, where tokens are `[B, 1, S]`, the last state."""

    states: Tensor
    prepared: Tensor
    mask: Tensor
    last: Tensor


Reading = Callable[[Tensor], tuple[Tensor, Tensor | None]]  # query [N, Q] -> context [N, M], weights [N, 1, S]


class Read(nn.Module):
    """Reading by attention: the context is the states' sum under the weights that the score and selection give."""

    def __init__(self, attention: Attention) -> None:
        super().__init__()
        self.attention = attention

    def remember(self, states: Float[Tensor, "B S M"], mask: Bool[Tensor, "B S"], last: Float[Tensor, "B M"]) -> Memory:
        """The memory, with all that does not depend on a query computed."""
        return Memory(states, self.attention.prepare(states), mask.unsqueeze(1), last)

    def forward(
        self, query: Float[Tensor, "N T Q"], memory: Memory
    ) -> tuple[Float[Tensor, "N T M"], Float[Tensor, "N T S"] | None]:
        """Context and weights of T queries at once.

        N may be B times a number of beams: an input's beams are queries of its one row.
        """
        asked = query.reshape(len(memory.states), -1, query.shape[-1])
        context, weights = self.attention(asked, memory.prepared, memory.states, memory.mask)
        return context.view(*query.shape[:2], -1), weights.view(*query.shape[:2], -1)

    def loop(self, memory: Memory, steps: int, rows: int) -> Reading:
        """The same for a loop in which every query depends on the one before: call it once for each of T steps."""
        inputs = len(memory.states)
        read = StepRead(memory.states, steps, rows // inputs)

        def step(query: Tensor) -> tuple[Tensor, Tensor]:
            asked = query.view(inputs, rows // inputs, -1)
            weights = self.attention.weigh(asked, memory.prepared, memory.mask)
            return read(weights).view(rows, -1), weights.view(rows, 1, -1)

        return step


class FixedContext(nn.Module):
    """No attention: every query gets the encoder's last state (Cho et al. 2014), and there are no weights."""

    def remember(self, states: Float[Tensor, "B S M"], mask: Bool[Tensor, "B S"], last: Float[Tensor, "B M"]) -> Memory:
        """The memory; only the last state is read."""
        return Memory(states, states, mask.unsqueeze(1), last)

    def forward(self, query: Float[Tensor, "N T Q"], memory: Memory) -> tuple[Float[Tensor, "N T M"], None]:
        """The last state for each query."""
        rows, length, _ = query.shape
        return self._copies(memory, rows).unsqueeze(1).expand(-1, length, -1), None

    def loop(self, memory: Memory, steps: int, rows: int) -> Reading:
        """The last state at each step."""
        copies = self._copies(memory, rows)
        return lambda query: (copies, None)

    def _copies(self, memory: Memory, rows: int) -> Tensor:
        return torch.repeat_interleave(memory.last, rows // len(memory.last), 0)


def build_reader(attention: str, *, query_width: int, memory_width: int, width: int) -> Read | FixedContext:
    """The reader of that name: `"none"`, or a score's name; raises ConfigError for an unknown one."""
    if attention == "none":
        return FixedContext()
    if attention not in SCORES:
        raise ConfigError(f"unknown attention {attention!r}: choose one of none, {', '.join(SCORES)}")
    return Read(Attention(build_score(attention, query_width=query_width, key_width=memory_width, width=width)))
