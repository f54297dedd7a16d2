"""What every prediction is made of: pieces of text with their place in it, and named attention maps over pieces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["AttentionMap", "Piece", "Prediction"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A unit that a model reads or writes, with its place in the text.

    Attributes:
        text: what a reader should see, such as `"house"`; special symbols as `"<eos>"`.
        start: index of its first character in the text; None for a symbol that stands for no text.
        end: index after its last character; None likewise.
        word: index of the word it belongs to, counted from 0, so that pieces can be shown as words; None likewise.
    """

    text: str
    start: int | None = None
    end: int | None = None
    word: int | None = None


@dataclass(frozen=True, slots=True)
class AttentionMap:
    """Weights of each query over the keys, with what both stand for.

    Attributes:
        weights: `[T, S]`, or `[layers, heads, T, S]`; each row sums to 1, or to 0 where there was nothing to attend to.
        queries: T pieces, the rows.
        keys: S pieces, the columns.

    Raises:
        ValueError: when the weights' shape does not fit the pieces.
    """

    weights: NDArray[np.float32]
    queries: Sequence[Piece]
    keys: Sequence[Piece]

    def __post_init__(self) -> None:
        if self.weights.ndim not in (2, 4) or self.weights.shape[-2:] != (len(self.queries), len(self.keys)):
            sides = f"{len(self.queries)} queries and {len(self.keys)} keys"
            raise ValueError(f"weights of shape {self.weights.shape} do not fit {sides}")

    def mean(self) -> "AttentionMap":
        """The same map with layers and heads averaged: weights `[T, S]`."""
        if self.weights.ndim == 2:
            return self
        return AttentionMap(self.weights.mean((0, 1)), self.queries, self.keys)


@dataclass(frozen=True, slots=True)
class Prediction:
    """One answer of a model, and what it saw.

    Attributes:
        text: the answer.
        score: the log-probability of the answer, in nats, before any length penalty.
        pieces: the answer in the model's own units.
        source: the input as it was given.
        source_pieces: the input in the model's own units.
        attention: named maps; `"cross"` has the answer's pieces as queries and the input's as keys.
    """

    text: str
    score: float
    pieces: Sequence[Piece]
    source: str
    source_pieces: Sequence[Piece]
    attention: Mapping[str, AttentionMap]
