"""A page of documents with the evidence for their labels, complete in one file that asks nothing of the network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike

import numpy as np
from numpy.typing import NDArray

from sightline.explain.render.assets import filled
from sightline.explain.render.highlight import strengths
from sightline.files import write_atomic
from sightline.results import Piece

__all__ = ["Shown", "document_report", "document_snippet"]

_LEVELS = 10  # documents.css has a class for each: s1 ... s10
_OPEN = 3  # so many documents lie open, further ones are folded


@dataclass(frozen=True, slots=True)
class Shown:
    """A document as the page shows it.

    Attributes:
        label: that was given.
        meaning: what the words' numbers speak for.
        probabilities: of each class, those worth showing.
        source: the text.
        words: with their places.
        values: of each word, above zero for the label, below zero against it.
        sentences: with their places; empty where they have no attention of their own.
        attention: of each sentence.
        phrases: what the n-grams add, the strongest first.
        verdict: whether the attention is to be believed, for people; empty for nothing.
        attended: the attention to each word; empty where it is not to be shown.
        missed: how far the score falls without each word, or its pieces one at a time; likewise.
        by: whose label it is, where there are several models.
    """

    label: str
    meaning: str
    probabilities: Mapping[str, float]
    source: str
    words: Sequence[Piece]
    values: NDArray[np.floating]
    sentences: Sequence[Piece]
    attention: Sequence[float]
    phrases: Sequence[tuple[str, float]]
    verdict: str = ""
    attended: Sequence[float] = ()
    missed: Sequence[float] = ()
    by: str = ""


@dataclass(frozen=True, slots=True)
class _Span:
    """A stretch of text: a word in the colour of a level, with its number, and both of each other view; or no word."""

    text: str
    level: str = ""
    says: str = ""
    views: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])


@dataclass(frozen=True, slots=True)
class _Block:
    """A sentence, or the whole text: its spans, and its bar in per cent where it has one."""

    spans: list[_Span]
    percent: float | None


def document_report(
    documents: Sequence[Shown],
    path: str | PathLike[str] | None = None,
    *,
    title: str = "Sightline report",
    notes: Sequence[str] = (),
) -> str:
    """One page with every document: its label, how sure that is, and the words that spoke for it and against it.

    What speaks for the label stands on blue, what speaks against it on orange and is underlined, so that it can be told
    without colours; buttons colour words by the attention to them instead, or by what the score loses without them.
    With a hierarchy each sentence has a bar, as long as its attention. More than three documents are folded.

    Args:
        documents: what to show, in order.
        path: where to write the page too.
        title: of the page.
        notes: a line each, above all documents.

    Returns:
        The page.

    Raises:
        OutputError: when the file cannot be written.

    Example:
        >>> word = Piece("<b>", 0, 3)
        >>> shown = Shown("good", "words for it", {"good": 0.9}, "<b>", [word], np.array([1.0]), [], [], [])
        >>> "&lt;b&gt;" in document_report([shown])
        True
    """
    items = [(each, _blocks(each)) for each in documents]
    page = filled(
        "documents.html",
        style=("report.css", "documents.css"),
        script=["documents.js"],
        title=title,
        notes=notes,
        items=items,
        folded=len(items) > _OPEN,
    )
    if path is not None:
        write_atomic(path, page.encode())
    return page


def document_snippet(documents: Sequence[Shown]) -> str:
    """The same for a notebook: no style sheet, and nothing to fold."""
    return filled("snippet.html", items=[(each, _blocks(each)) for each in documents], levels=_LEVELS)


def _blocks(shown: Shown) -> list[_Block]:
    """The text in sentences where these have bars, else in one block; what stands between words goes with it."""
    words = _words(shown)
    bounds = [(sentence.start or 0, sentence.end or 0) for sentence in shown.sentences] or [(0, len(shown.source))]
    blocks: list[_Block] = []
    i = 0
    for k, (start, end) in enumerate(bounds):
        spans: list[_Span] = []
        done = start
        while i < len(words) and (shown.words[i].start or 0) < end:
            first, last = shown.words[i].start or 0, shown.words[i].end or 0
            if first > done:
                spans.append(_Span(shown.source[done:first]))
            spans.append(words[i])
            done, i = last, i + 1
        if done < end:
            spans.append(_Span(shown.source[done:end]))
        blocks.append(_Block(spans, 100 * shown.attention[k] if shown.sentences else None))
    return blocks


def _words(shown: Shown) -> list[_Span]:
    """Each word by what it says, and by each other view that there is of it."""
    views: dict[str, list[tuple[str, str]]] = {}
    if len(shown.attended):
        levels = strengths(np.asarray(shown.attended, float)).tolist()
        views["attention"] = [
            (_step("seen", level), f"{weight:.1%} of the attention")
            for level, weight in zip(levels, shown.attended, strict=True)
        ]
    if len(shown.missed):
        levels = strengths(np.asarray(shown.missed, float)).tolist()
        views["erasure"] = [
            (_level(level), f"left out, it takes {fall:+.3f} from the score")
            for level, fall in zip(levels, shown.missed, strict=True)
        ]
    levels = strengths(shown.values).tolist()
    return [
        _Span(
            text=shown.source[word.start : word.end],
            level=_level(levels[i]),
            says=f"{shown.values[i]:+.3f}",
            views={name: each[i] for name, each in views.items()},
        )
        for i, word in enumerate(shown.words)
    ]


def _level(strength: float) -> str:
    return _step("for" if strength > 0 else "against", abs(strength))


def _step(name: str, strength: float) -> str:
    step = round(strength * _LEVELS)
    return "" if step == 0 else f"{name} s{step}"
