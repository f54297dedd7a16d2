"""A translation: the answer, what it was read from, and the attention between them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from sightline.explain import Attention, html_report, over_characters
from sightline.results import Piece, Prediction, Verdict

__all__ = ["Candidate", "Translation"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Another answer of the search.

    Attributes:
        text: the answer.
        score: its log-probability in nats.
    """

    text: str
    score: float


@dataclass(frozen=True, slots=True, repr=False)
class Translation(Prediction):
    """One translation. Its attention maps are empty where they were not asked for, or the model has none.

    Attributes:
        attention: the maps, with their pictures.
        alternatives: the n-best list without its first.
        certified: after an exact search, whether no better answer exists; None after any other.
        cut_off: whether the answer reached the longest length that the search allows, and had to end there.
    """

    attention: Attention
    alternatives: Sequence[Candidate] = ()
    certified: bool | None = None
    cut_off: bool = False

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Translation({self.text!r}, score={self.score:.3f}, source={self.source!r})"

    def focus(self) -> dict[int, float]:
        """How much of the attention lies on each character of the source, the mean over the answer's tokens."""
        if "cross" not in self.attention:
            return {}
        return over_characters(self.source_pieces, self.attention["cross"].mean().weights.mean(0))

    def plot(self, path: str | Path | None = None, *, words: bool = True) -> Any:
        """A heat map of the cross-attention as a matplotlib figure, written to `path` (PNG or SVG) if one is given."""
        return self.attention.plot(path=path, words=words)

    def to_html(self, path: str | Path | None = None) -> str:
        """A self-contained page, written to `path` if one is given."""
        return html_report([self], path)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "source": self.source,
            "source_pieces": [asdict(piece) for piece in self.source_pieces],
            "text": self.text,
            "pieces": [asdict(piece) for piece in self.pieces],
            "score": self.score,
            "certified": self.certified,
            "cut_off": self.cut_off,
            "alternatives": [asdict(one) for one in self.alternatives],
            "attention": self.attention.to_dict(),
            "verdict": None if self.verdict is None else self.verdict.to_dict(),
        }

    def to_json(self) -> str:
        """All of it in one line of JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Translation":
        """What `to_dict` gave."""
        return cls(
            text=values["text"],
            score=values["score"],
            pieces=[Piece(**piece) for piece in values["pieces"]],
            source=values["source"],
            source_pieces=[Piece(**piece) for piece in values["source_pieces"]],
            attention=Attention.from_dict(values["attention"]),
            verdict=None if values["verdict"] is None else Verdict.from_dict(values["verdict"]),
            alternatives=[Candidate(**one) for one in values["alternatives"]],
            certified=values["certified"],
            cut_off=values["cut_off"],
        )

    @classmethod
    def from_json(cls, text: str) -> "Translation":
        """What `to_json` gave."""
        return cls.from_dict(json.loads(text))

    def to_frame(self) -> pl.DataFrame:
        """The attention in a long table (see `sightline.explain.Attention.to_frame`)."""
        return self.attention.to_frame()

    def _repr_html_(self) -> str:
        return self.attention.notebook()
