"""Models of a few symbols, small enough to enumerate, and the enumeration."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, NamedTuple

import torch
from torch import Tensor

PAD, EOS, BOS = 0, 1, 2
SYMBOLS: dict[str, Any] = {"bos": BOS, "eos": EOS, "forbidden": (PAD, BOS)}


class Cell(NamedTuple):
    history: Tensor
    lengths: list[Tensor]


@dataclass
class Toy:
    """A model whose log-probabilities hang on the input and on every token written.

    Those of a row stand in a table, at a place given by a hash of its input and all its tokens. The hash is kept twice,
    in two corners of the state, so that a tree that is not reordered as a whole is found out.
    """

    table: Tensor
    keys: Tensor
    memory: object = field(default_factory=object)
    steps: list[int] = field(default_factory=list)

    @property
    def batch(self) -> int:
        return len(self.keys)

    @property
    def start(self) -> dict[str, Any]:
        zeros = torch.zeros(self.batch, 3)
        return {"cell": Cell(self.keys.clone(), [zeros]), "nothing": None, "twin": (self.keys[:, None].clone(), [])}

    @property
    def given(self) -> tuple[Any, ...]:
        """What every search is given first."""
        return self.step, self.memory, self.start

    def step(self, tokens: Tensor, memory: object, state: dict[str, Any]) -> tuple[Tensor, dict[str, Any]]:
        cell, twin = state["cell"], state["twin"][0]
        assert memory is self.memory
        assert len(tokens) == len(cell.history) == len(twin)
        assert len(tokens) % self.batch == 0
        assert torch.equal(cell.history, twin[:, 0])
        assert (cell.lengths[0] == len(self.steps)).all() or self.batch == 1
        self.steps.append(len(tokens))
        history = self.hash(cell.history, tokens)
        grown = Cell(history, [cell.lengths[0] + 1])
        return self.table[history], {"cell": grown, "nothing": None, "twin": (history[:, None].clone(), [])}

    def hash(self, history: Tensor, tokens: Tensor | int) -> Tensor:
        return (history * 31 + tokens * 7 + 11) % len(self.table)

    def pick(self, inputs: Sequence[int]) -> "Toy":
        """The same model with some of the inputs, in the order given."""
        return replace(self, keys=self.keys[list(inputs)], memory=object(), steps=[])

    def log_prob(self, index: int, tokens: Sequence[int]) -> float:
        """Of one sequence, by a loop."""
        place, total = self.keys[index], 0.0
        for before, token in zip((BOS, *tokens[:-1]), tokens, strict=True):
            place = self.hash(place, before)
            total += float(self.table[place, token])
        return total

    def ranked(self, index: int, max_length: int, alpha: float = 0.0) -> list[tuple[float, tuple[int, ...]]]:
        """Every sequence of nonzero probability with its score, best first, by enumeration."""
        letters = [token for token in range(self.table.shape[1]) if token not in (PAD, BOS, EOS)]
        scored = [
            (self.log_prob(index, tokens) / ((5 + len(tokens)) / 6) ** alpha, tokens)
            for tokens in sequences(letters, max_length)
        ]
        return sorted((pair for pair in scored if pair[0] > -float("inf")), reverse=True)


def toy(batch: int, vocabulary: int, seed: int, *, sharpness: float = 2.0, zeros: float = 0.0) -> Toy:
    """A random model; a share of `zeros` of its probabilities is 0."""
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(997, vocabulary, generator=generator, dtype=torch.float64) * sharpness
    logits[torch.rand(logits.shape, generator=generator) < zeros] = -float("inf")
    logits[:, EOS].clamp_(min=-5.0)
    return Toy(logits.log_softmax(1), torch.randint(997, (batch,), generator=generator))


def sequences(letters: Sequence[int], max_length: int) -> Iterator[tuple[int, ...]]:
    """All of them: up to `max_length - 1` letters and the end."""
    for length in range(max_length):
        for tokens in product(letters, repeat=length):
            yield (*tokens, EOS)
