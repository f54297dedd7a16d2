"""A classification: the label, how likely each class is, and the evidence for it in the text."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sightline.data.documents import Label
from sightline.explain import Seen, over_characters
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
        verdict: whether the attention is to be believed, for the first of `sides`; None where that was not asked, no
            label was given, or there is nothing to read.
        effects: `[L]`, how far the network's score for the first of `sides` falls without each piece, one at a time; of
            more than 400 pieces neighbours are left out together, and each has an even share. None where there is no
            verdict.
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
    effects: Array | None = None

    @property
    def score(self) -> float:
        """The probability of the label; of several the least, of none that the likeliest is not there."""
        return score_of(self.label, self.probabilities)

    def evidence(self) -> NDArray[np.float64]:
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
            found[phrase.words.start : phrase.words.stop] += phrase.shares.astype(np.float64) / len(phrase.words)
        return found

    def attended(self) -> Array:
        """The attention to each piece in the whole document, `[L]`: of a hierarchy both levels multiplied."""
        if self.sentence_attention is None:
            return self.word_attention
        return self.word_attention * np.repeat(self.sentence_attention, self._pieces_of_sentences())

    def attended_words(self) -> Array:
        """The same for each word, `[W]`: that of its pieces added up."""
        return self._by_word(self.attended())

    def focus(self) -> dict[int, float]:
        """How much of the attention lies on each character of the document."""
        return over_characters(self.pieces, self.attended())

    def seen(self) -> Seen:
        """Its attention to words, in small letters, as `sightline.explain.survey_places` sums it up over many."""
        weights = self.attended_words()
        names = [word.text.lower() for word in self.words]
        return Seen(weights, list(zip(names, weights.tolist(), strict=True)), self.verdict)

    def missed_words(self) -> Array | None:
        """The effects of each word's pieces added up, `[W]`; None where there is no verdict."""
        return None if self.effects is None else self._by_word(self.effects)

    def _by_word(self, values: Array) -> Array:
        found = np.zeros(len(self.words), np.float64)
        for piece, value in zip(self.pieces, values, strict=True):
            found[piece.word] += value
        return found.astype(np.float32)

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
        return {
            "label": self.label,
            "probabilities": dict(self.probabilities),
            "source": self.source,
            "scores": self.scores.tolist(),
            "constant": self.constant.tolist(),
            "words": [
                asdict(word) | {"evidence": evidence}
                for word, evidence in zip(self.words, self.evidence().tolist(), strict=True)
            ],
            "pieces": [
                asdict(piece) | {"attention": weight}
                for piece, weight in zip(self.pieces, self.word_attention.tolist(), strict=True)
            ],
            "sentences": [asdict(sentence) for sentence in self.sentences],
            "sentence_attention": _listed(self.sentence_attention),
            "word_contributions": _listed(self.word_contributions),
            "sentence_contributions": _listed(self.sentence_contributions),
            "phrases": [
                asdict(phrase.piece)
                | {"words": [phrase.words.start, phrase.words.stop], "shares": phrase.shares.tolist()}
                for phrase in self.phrases
            ],
            "sides": [{"meaning": side.meaning, "weights": side.weights.tolist()} for side in self.sides],
            "verdict": None if self.verdict is None else self.verdict.to_dict(),
            "effects": _listed(self.effects),
        }

    def to_json(self) -> str:
        """All of it in one line of JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Classification":
        """What `to_dict` gave."""
        label, verdict = values["label"], values["verdict"]
        weights, effects = values["sentence_attention"], values["effects"]
        return cls(
            label=label if isinstance(label, str) else tuple(label),
            probabilities=values["probabilities"],
            source=values["source"],
            words=[_piece(word) for word in values["words"]],
            pieces=[_piece(piece) for piece in values["pieces"]],
            sentences=[_piece(sentence) for sentence in values["sentences"]],
            word_attention=np.array([piece["attention"] for piece in values["pieces"]], np.float32),
            phrases=[
                Phrase(_piece(one), range(*one["words"]), np.array(one["shares"], np.float32))
                for one in values["phrases"]
            ],
            sides=[Side(side["meaning"], np.array(side["weights"], np.float32)) for side in values["sides"]],
            verdict=None if verdict is None else Verdict.from_dict(verdict),
            effects=None if effects is None else np.array(effects, np.float32),
            scores=np.array(values["scores"], np.float32),
            constant=np.array(values["constant"], np.float32),
            sentence_attention=None if weights is None else np.array(weights, np.float32),
            word_contributions=_rows(values["word_contributions"], len(values["scores"])),
            sentence_contributions=_rows(values["sentence_contributions"], len(values["scores"])),
        )

    @classmethod
    def from_json(cls, text: str) -> "Classification":
        """What `to_json` gave."""
        return cls.from_dict(json.loads(text))

    def to_frame(self) -> pl.DataFrame:
        """A row for each word and each of `sides`: `for, word, text, start, end, attention, evidence, effect`.

        The effect is null where it is not known (see `effects`).
        """
        evidence, missed = self.evidence(), self.missed_words()
        nothing = pl.Series([None] * len(self.words), dtype=pl.Float32)
        columns = {
            "word": range(len(self.words)),
            "text": [word.text for word in self.words],
            "start": [word.start for word in self.words],
            "end": [word.end for word in self.words],
            "attention": self.attended_words(),
        }
        return pl.concat(
            pl.DataFrame(
                {
                    **columns,
                    "evidence": evidence @ side.weights,
                    "effect": nothing if missed is None or side is not self.sides[0] else missed,
                }
            ).insert_column(0, pl.lit(side.meaning).alias("for"))
            for side in self.sides
        )

    def _repr_html_(self) -> str:
        from sightline.explain.render.documents import document_snippet
        from sightline.tasks.classify.showing import shown_of

        return document_snippet(shown_of(self))

    def __str__(self) -> str:
        label = self.label if isinstance(self.label, str) else ", ".join(self.label) or "(none)"
        return f"{label} ({self.score:.3f})"

    def __repr__(self) -> str:
        return f"Classification({self.label!r}, score={self.score:.3f}, source={self.source[:40]!r})"


def _piece(values: Mapping[str, Any]) -> Piece:
    return Piece(**{name: values[name] for name in Piece.__slots__})


def _rows(values: Sequence[Sequence[float]] | None, width: int) -> Array | None:
    return None if values is None else np.array(values, np.float32).reshape(-1, width)


def _listed(values: Array | None) -> list[Any] | None:
    return None if values is None else values.tolist()
