"""A page of documents with the evidence for their labels, complete in one file that asks nothing of the network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class _Span:
    """A stretch of text: a word in the colour of a level, with what it adds, and the same by attention; or no word."""

    text: str
    level: str = ""
    says: str = ""
    seen: str = ""
    weight: str = ""
    word: bool = False


@dataclass(frozen=True, slots=True)
class _Block:
    """A sentence, or the whole text: its spans, and its bar in per cent where it has one."""

    spans: list[_Span]
    percent: float | None


def document_report(
    documents: Sequence[Shown], path: str | PathLike[str] | None = None, *, title: str = "Sightline report"
) -> str:
    """One page with every document: its label, how sure that is, and the words that spoke for it and against it.

    What speaks for the label stands on blue, what speaks against it on orange and is underlined, so that it can be told
    without colours; a button colours words by the attention to them instead. With a hierarchy each sentence has a bar,
    as long as its attention. More than three documents are folded.

    Args:
        documents: what to show, in order.
        path: where to write the page too.
        title: of the page.

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
    levels = strengths(shown.values)
    attended = np.asarray(shown.attended, float) if len(shown.attended) else np.zeros(len(shown.words))
    seen = strengths(attended)
    bounds = [(sentence.start or 0, sentence.end or 0) for sentence in shown.sentences] or [(0, len(shown.source))]
    blocks: list[_Block] = []
    i = 0
    for k, (start, end) in enumerate(bounds):
        spans: list[_Span] = []
        done = start
        while i < len(shown.words) and (shown.words[i].start or 0) < end:
            word = shown.words[i]
            first, last = word.start or 0, word.end or 0
            if first > done:
                spans.append(_Span(shown.source[done:first]))
            says, weight = f"{shown.values[i]:+.3f}", f"{attended[i]:.1%} of the attention"
            spans.append(
                _Span(shown.source[first:last], _level(levels[i]), says, _step("seen", seen[i]), weight, word=True)
            )
            done, i = last, i + 1
        if done < end:
            spans.append(_Span(shown.source[done:end]))
        blocks.append(_Block(spans, 100 * shown.attention[k] if shown.sentences else None))
    return blocks


def _level(strength: float) -> str:
    return _step("for" if strength > 0 else "against", abs(strength))


def _step(name: str, strength: float) -> str:
    step = round(strength * _LEVELS)
    return "" if step == 0 else f"{name} s{step}"
