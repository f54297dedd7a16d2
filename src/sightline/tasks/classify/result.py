"""A classification: the label, how likely each class is, and the evidence for it in the text."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.data.documents import Label
from sightline.results import Piece, Verdict
from sightline.tasks.classify.sides import Side

__all__ = ["Classification", "Phrase", "score_of"]

Array = NDArray[np.float32]


def score_of(label: Label, probabilities: Mapping[str, float]) -> float:
    """The probability of a label; of several the least, of none that the likeliest is not there."""
    if isinstance(label, str):
        return probabilities[label]
    return min((probabilities[name] for name in label), default=1 - max(probabilities.values()))


@dataclass(frozen=True, slots=True)
class Phrase:
    """An n-gram and what the linear model beside the network takes it for.

    Attributes:
        piece: its words and their place, where it stands first.
        words: which of the document's words it is.
        shares: `[K]`, what it adds to each score.
    """

    piece: Piece
    words: range
    shares: Array


@dataclass(frozen=True, slots=True, repr=False)
class Classification:
    """What a classifier says of one document, and why.

        scores = constant + sum_l contributions_l + sum_phrases shares

    to the last digit, over words or over sentences; where the network's pooling is no sum, over neither. Scores are one
    for each class, and of C ordered classes one for each of the C - 1 borders between them.

    Attributes:
        label: the likeliest class, or all that are likelier than not where a document may have several.
        probabilities: of each class.
        source: the document.
        words: its words.
        pieces: its words in the network's own units.
        sentences: its sentences, where the network reads them one by one.
        word_attention: `[L]`, to each piece; it sums to 1, within each sentence where there is a hierarchy; of gated
            pooling each gate for itself.
        sentence_attention: `[N]`; None without a hierarchy.
        scores: `[K]`.
        constant: `[K]`, what nothing in the text is the reason of.
        word_contributions: `[L, K]`, of each piece, where scores are a sum over words.
        sentence_contributions: `[N, K]`, where they are a sum over sentences.
        phrases: what the linear model of n-grams adds; none without it.
        sides: what is explained: the answer, or each of several labels.
        verdict: whether the attention is to be believed; None where that was not asked, or there is nothing to read.
    """

    label: Label
    probabilities: Mapping[str, float]
    source: str
    words: Sequence[Piece]
    pieces: Sequence[Piece]
    sentences: Sequence[Piece]
    word_attention: Array
    sentence_attention: Array | None
    scores: Array
    constant: Array
    word_contributions: Array | None
    sentence_contributions: Array | None
    phrases: Sequence[Phrase]
    sides: Sequence[Side]
    verdict: Verdict | None = None

    @property
    def score(self) -> float:
        """The probability of the label; of several the least, of none that the likeliest is not there."""
        return score_of(self.label, self.probabilities)

    def evidence(self) -> Array:
        """What each word adds to each score, `[W, K]`: with `constant` these sum to the scores.

        Where the network's pooling is no sum, these are the n-grams' shares alone, and do not.

        A piece's contribution is its word's, an n-gram's is shared out evenly among its words. A sentence's is shared
        out by the attention within it: there the sentence is exact, and the word is a reading.
        """
        found = np.zeros((len(self.words), len(self.scores)), np.float64)
        shares = self.word_contributions
        if self.sentence_contributions is not None:
            spread = np.repeat(self.sentence_contributions, self._pieces_of_sentences(), 0)
            shares = self.word_attention[:, None] * spread
        if shares is not None:
            for piece, share in zip(self.pieces, shares, strict=True):
                found[piece.word] += share
        for phrase in self.phrases:
            found[phrase.words.start : phrase.words.stop] += phrase.shares / len(phrase.words)
        return found.astype(np.float32)

    def attended(self) -> Array:
        """The attention to each piece in the whole document, `[L]`: of a hierarchy both levels multiplied."""
        if self.sentence_attention is None:
            return self.word_attention
        return self.word_attention * np.repeat(self.sentence_attention, self._pieces_of_sentences())

    def _pieces_of_sentences(self) -> list[int]:
        """How many pieces each sentence has."""
        firsts = [sentence.word or 0 for sentence in self.sentences]
        places = np.searchsorted(firsts, [piece.word or 0 for piece in self.pieces], side="right") - 1
        return np.bincount(places, minlength=len(firsts)).tolist()

    def plot(self, path: str | Path | None = None, *, side: int = 0) -> Any:
        """The words on the colours of what they spoke for as a matplotlib figure; see `draw_evidence`.

        Args:
            path: where to save it: `.png`, `.svg` or `.pdf`.
            side: which of `sides`.
        """
        from sightline.explain.render.evidence import draw_evidence
        from sightline.tasks.classify.showing import shown_of

        shown = shown_of(self)[side]
        return draw_evidence(
            shown.source,
            shown.words,
            shown.values,
            sentences=shown.sentences,
            attention=shown.attention,
            title=f"{self}: {shown.meaning}",
            path=path,
        )

    def to_html(self, path: str | Path | None = None) -> str:
        """A self-contained page, written to `path` if one is given."""
        from sightline.explain.render.documents import document_report
        from sightline.tasks.classify.showing import shown_of

        return document_report(shown_of(self), path)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        sentence_attention = None if self.sentence_attention is None else self.sentence_attention.tolist()
        return {
            "label": self.label,
            "probabilities": dict(self.probabilities),
            "scores": self.scores.tolist(),
            "constant": self.constant.tolist(),
            "words": [
                {"text": word.text, "start": word.start, "end": word.end, "evidence": evidence}
                for word, evidence in zip(self.words, self.evidence().tolist(), strict=True)
            ],
            "pieces": [
                {"text": piece.text, "start": piece.start, "end": piece.end, "attention": weight}
                for piece, weight in zip(self.pieces, self.word_attention.tolist(), strict=True)
            ],
            "sentences": [{"start": sentence.start, "end": sentence.end} for sentence in self.sentences],
            "sentence_attention": sentence_attention,
            "verdict": None if self.verdict is None else asdict(self.verdict),
            "phrases": [
                {"text": p.piece.text, "start": p.piece.start, "end": p.piece.end, "shares": p.shares.tolist()}
                for p in self.phrases
            ],
        }

    def __str__(self) -> str:
        label = self.label if isinstance(self.label, str) else ", ".join(self.label) or "(none)"
        return f"{label} ({self.score:.3f})"

    def __repr__(self) -> str:
        return f"Classification({self.label!r}, score={self.score:.3f}, source={self.source[:40]!r})"
