"""How a recurrent decoder reads the encoded input: by attention, or as one fixed vector.

Queries come as `[N, T, Q]`, where N may be B times a number of beams: an input's beams are queries of its one row.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sightline.attention import SCORES, Attention, Coverage, Past, StepRead, build_score, build_selection
from sightline.errors import ConfigError

__all__ = ["FixedContext", "Memory", "Read", "Seen", "build_reader"]


class Memory(NamedTuple):
    """Encoded inputs.

    Attributes:
        tokens: `[B, S]`, which a pointer copies.
        states: `[B, S, M]`.
        prepared: what the score made of the states.
        mask: `[B, 1, S]`, where tokens are.
        last: the last state, `[B, M]`.
    """

    tokens: Tensor
    states: Tensor
    prepared: Tensor
    mask: Tensor
    last: Tensor


class Seen(NamedTuple):
    """What queries read, `[N, T, M]` or `[N, M]`, under which weights, chosen from what: `[N, T, S]` both."""

    context: Tensor
    weights: Tensor | None
    probabilities: Tensor | None


# One step of a loop: query [N, Q] and past to what is read, [N, M] and [N, 1, S], and the past after it.
Reading = Callable[[Tensor, Past | None], tuple[Seen, Past | None]]


class Read(nn.Module):
    """Reading by attention: the context is the states' sum under the weights that the score and selection give."""

    def __init__(self, attention: Attention) -> None:
        super().__init__()
        self.attention = attention

    def prepare(self, states: Float[Tensor, "B S M"]) -> Float[Tensor, "B S W"]:
        """All that does not depend on a query."""
        return self.attention.prepare(states)

    def start(self, memory: Memory) -> Past | None:
        """The past of the first query, where the attention looks back."""
        if not self.attention.counts:
            return None
        return Past.start((len(memory.states),), memory.states.shape[1], memory.states)

    def forward(self, query: Float[Tensor, "N T Q"], memory: Memory, past: Past | None) -> tuple[Seen, Past | None]:
        """What T queries read that do not wait for what the one before has read, and the past after them."""
        inputs, rows, steps = len(memory.states), *query.shape[:2]
        beams = rows // inputs
        if past is None:  # all queries of an input are alike, whichever beam they are of
            weights, probabilities = self.attention.select(
                query.view(inputs, beams * steps, -1), memory.prepared, memory.mask
            )
        else:  # each beam has a past of its own: beams stand in a dimension of their own, their queries behind
            weights, probabilities = self.attention.select(
                query.view(inputs, beams, steps, -1),
                memory.prepared.unsqueeze(1),
                memory.mask.unsqueeze(1),
                Past(*(part.view(inputs, beams, 1, *part.shape[1:]) for part in past)),
            )
        context = (weights.view(inputs, beams * steps, -1) @ memory.states).view(rows, steps, -1)
        weights, probabilities = (x.reshape(rows, steps, -1) for x in (weights, probabilities))
        if past is not None:
            past = Past(past.count + steps, weights[:, -1], past.total + weights.sum(1))
        return Seen(context, weights, probabilities), past

    def loop(self, memory: Memory, steps: int, rows: int) -> Reading:
        """The same for a loop in which every query depends on the one before: call it once for each of T steps."""
        inputs = len(memory.states)
        weigh = self.attention.loop(memory.prepared, memory.mask, steps, rows // inputs)
        read = StepRead(memory.states, steps, rows // inputs)

        def step(query: Tensor, past: Past | None) -> tuple[Seen, Past | None]:
            asked = query.view(inputs, rows // inputs, -1)
            before = None if past is None else Past(*(part.view(inputs, -1, *part.shape[1:]) for part in past))
            weights, probabilities = weigh(asked, before)
            flat = weights.view(rows, -1)
            seen = Seen(read(weights).view(rows, -1), flat.unsqueeze(1), probabilities.view(rows, 1, -1))
            return seen, None if past is None else past.after(flat)

        return step


class FixedContext(nn.Module):
    """No attention: every query gets the encoder's last state (Cho et al. 2014), and there are no weights."""

    def prepare(self, states: Float[Tensor, "B S M"]) -> Float[Tensor, "B S M"]:
        """Nothing: only the last state is read."""
        return states

    def start(self, memory: Memory) -> None:
        """Nothing is looked back at."""

    def forward(self, query: Float[Tensor, "N T Q"], memory: Memory, past: None) -> tuple[Seen, None]:
        """The last state for each query."""
        rows, length, _ = query.shape
        return Seen(self._copies(memory, rows).unsqueeze(1).expand(-1, length, -1), None, None), None

    def loop(self, memory: Memory, steps: int, rows: int) -> Reading:
        """The last state at each step."""
        seen = Seen(self._copies(memory, rows), None, None)
        return lambda query, past: (seen, None)

    def _copies(self, memory: Memory, rows: int) -> Tensor:
        return torch.repeat_interleave(memory.last, rows // len(memory.last), 0)


def build_reader(
    attention: str,
    *,
    selection: str,
    coverage: bool,
    query_width: int,
    memory_width: int,
    width: int,
    longest: int,
    temperature: float,
    radius: int,
    estimator: str,
) -> Read | FixedContext:
    """The reader of that name: `"none"`, or a score's name, with that selection.

    Raises:
        ConfigError: for an unknown name, widths that do not fit, or coverage of a score that prepares no key.
    """
    if attention == "none":
        return FixedContext()
    if attention not in SCORES:
        raise ConfigError(f"unknown attention {attention!r}: choose one of none, {', '.join(SCORES)}")
    score = build_score(attention, query_width=query_width, key_width=memory_width, width=width, longest=longest)
    select = build_selection(
        selection,
        query_width=query_width,
        width=width,
        temperature=temperature,
        radius=radius,
        estimator=estimator,
    )
    if not coverage:
        return Read(Attention(score, select))
    prepared = score.prepare(torch.zeros(1, memory_width)).shape[-1]
    if not prepared:
        raise ConfigError(f"the {attention} score does not look at the keys, so that coverage has no place in it")
    return Read(Attention(score, select, coverage=Coverage(prepared)))
