"""A translation: the answer, what it was read from, and the attention between them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sightline.explain import Attention, html_report
from sightline.results import Prediction

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
            "text": self.text,
            "score": self.score,
            "certified": self.certified,
            "cut_off": self.cut_off,
            "alternatives": [{"text": c.text, "score": c.score} for c in self.alternatives],
            "attention": self.attention.to_dict(),
            "verdict": None if self.verdict is None else asdict(self.verdict),
        }
