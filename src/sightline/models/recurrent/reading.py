"""How a recurrent decoder reads the encoded input: by attention, or as one fixed vector."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from sightline.attention import Attention, build_score

__all__ = ["FixedContext", "Memory", "Read", "build_reader"]


class Memory(NamedTuple):
    """Encoded inputs: states `[B, S, M]`, what the score made of them, where tokens are `[B, 1, S]`, the last state."""

    states: Tensor
    prepared: Tensor
    mask: Tensor
    last: Tensor


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
        """Context and weights. N may be B times a number of beams: an input's beams are queries of its one row."""
        asked = query.reshape(memory.states.shape[0], -1, query.shape[-1])
        context, weights = self.attention(asked, memory.prepared, memory.states, memory.mask)
        return context.view(*query.shape[:2], -1), weights.view(*query.shape[:2], -1)


class FixedContext(nn.Module):
    """No attention: every query gets the encoder's last state (Cho et al. 2014), and there are no weights."""

    def remember(self, states: Float[Tensor, "B S M"], mask: Bool[Tensor, "B S"], last: Float[Tensor, "B M"]) -> Memory:
        """The memory; only the last state is read."""
        return Memory(states, states, mask.unsqueeze(1), last)

    def forward(self, query: Float[Tensor, "N T Q"], memory: Memory) -> tuple[Float[Tensor, "N T M"], None]:
        """The last state for each query."""
        rows, length, _ = query.shape
        copies = torch.repeat_interleave(memory.last, rows // memory.last.shape[0], 0)
        return copies.unsqueeze(1).expand(-1, length, -1), None


def build_reader(attention: str, *, query_width: int, memory_width: int, width: int) -> Read | FixedContext:
    """The reader of that name: `"none"`, or a score's name; raises ConfigError for an unknown one."""
    if attention == "none":
        return FixedContext()
    return Read(Attention(build_score(attention, query_width=query_width, key_width=memory_width, width=width)))
