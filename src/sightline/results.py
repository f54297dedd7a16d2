"""What every prediction is made of: pieces of text with their place in it, named attention maps, and a verdict."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["AttentionMap", "Piece", "Prediction", "Verdict"]


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

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        sides = {
            name: [asdict(piece) for piece in side] for name, side in (("queries", self.queries), ("keys", self.keys))
        }
        return {"weights": self.weights.tolist(), **sides}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "AttentionMap":
        """What `to_dict` gave."""
        queries, keys = ([Piece(**piece) for piece in values[name]] for name in ("queries", "keys"))
        weights = np.array(values["weights"], np.float32)
        return cls(weights if weights.size else weights.reshape(len(queries), len(keys)), queries, keys)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far attention names what an answer rests on.

    Attributes:
        kind: `"supported"`, `"weak"` or `"not supported"`.
        chance: how likely the same weights in a random order would lie on what matters as much.
        gain: what taking away the most attended pieces first takes from the score, between what random ones take (0)
            and what the best ranking known takes (1).
        comprehensiveness: of attention, `"attention"`, of leaving out each piece, `"erasure"`, of a random order,
            `"random"`, and where they are known of gradient x input, `"gradient"`, and signed evidence, `"evidence"`.
        sufficiency: likewise.
        agreement: Kendall's tau of attention with the effect of leaving out each piece, the mean over the answer's
            parts.
    """

    kind: Literal["supported", "weak", "not supported"]
    chance: float
    gain: float
    comprehensiveness: dict[str, float]
    sufficiency: dict[str, float]
    agreement: float

    def __str__(self) -> str:
        falls = ", ".join(f"{value:+.2f} by {name}" for name, value in self.comprehensiveness.items())
        agreement = "untold, since all count alike" if math.isnan(self.agreement) else f"{self.agreement:+.2f}"
        return (
            f"attention {self.kind}: without the first pieces the score falls {falls}; chance {self.chance:.3g}, "
            f"agreement with erasure {agreement}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self) | {"agreement": None if math.isnan(self.agreement) else self.agreement}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Verdict":
        """What `to_dict` gave."""
        found = cls(**values)
        return replace(found, agreement=math.nan) if values["agreement"] is None else found


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
        verdict: whether the attention is to be believed; None where that was not asked, or there is none.
    """

    text: str
    score: float
    pieces: Sequence[Piece]
    source: str
    source_pieces: Sequence[Piece]
    attention: Mapping[str, AttentionMap]
    verdict: Verdict | None = None
