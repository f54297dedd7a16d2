"""Documents in words and sentences, and as numbers of tokens."""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from sightline.data import Tokenizer
from sightline.data.documents import Word, cut_sentences, cut_words, lower, split_words, without_markup
from sightline.results import Piece
from sightline.tasks.classify.config import DocumentsConfig, WordsConfig

__all__ = ["Cut", "cut", "number", "pieces_of", "words_of"]

T = TypeVar("T")


class Cut(NamedTuple):
    """A document's words and how many each sentence has; words that were left out on request are only counted."""

    words: list[str]
    sentences: list[int]
    left_out: int


def cut(text: str, words: WordsConfig, data: DocumentsConfig, *, sentences: bool) -> Cut:
    """A document's words, in sentences or in one piece."""
    seen, found = _seen(text, words)
    if not sentences:
        every = split_words(found)
        kept = _shortened(every, data)
        return Cut(kept, [len(kept)], len(every) - len(kept))
    placed = cut_words(found)
    some = _shortened(placed, data)
    counts = cut_sentences(seen, [word.start for word in some], words.longest_sentence)
    return Cut([word.text for word in some], counts, len(placed) - len(some))


def words_of(text: str, words: WordsConfig, data: DocumentsConfig) -> list[Word]:
    """The words of a `Cut` with their places, which take longer to find than the words."""
    return _shortened(cut_words(_seen(text, words)[1]), data)


def _seen(text: str, words: WordsConfig) -> tuple[str, str]:
    """What of a text is read, and how its words are written, each character in its place."""
    seen = without_markup(text) if words.markup else text
    return seen, lower(seen) if words.lower else seen


def _shortened(words: list[T], data: DocumentsConfig) -> list[T]:
    if data.longest is None or len(words) <= data.longest:
        return words
    if data.keep == "head":
        return words[: data.longest]
    if data.keep == "tail":
        return words[-data.longest :]
    tail = data.longest // 2
    return words[: data.longest - tail] + words[len(words) - tail :]


def number(cuts: Sequence[Cut], tokenizer: Tokenizer) -> list[list[list[int]]]:
    """Rows of ids of each document; one without any words has one row without any."""
    texts: list[str] = []
    for each in cuts:
        done = 0
        for count in each.sentences:
            texts.append(" ".join(each.words[done : done + count]))
            done += count
    ids = iter(tokenizer.encode_batch(texts))
    return [[next(ids) for _ in each.sentences] or [[]] for each in cuts]


def pieces_of(words: Sequence[Word], sentences: Sequence[int], tokenizer: Tokenizer) -> list[Piece]:
    """The text behind each token of a document, as `number` numbers them; `word` counts the document's words.

    Where spaces are tokens, the one between two words of a sentence belongs to the second, and takes no place.
    """
    firsts = set(np.cumsum([0, *sentences]).tolist())
    found: list[Piece] = []
    for i, word in enumerate(words):
        space = 0 if tokenizer.spaced or i in firsts else 1
        for piece in tokenizer.encode(" " * space + word.text).pieces:
            start, end = (word.start + max(0, (place or 0) - space) for place in (piece.start, piece.end))
            found.append(Piece(piece.text, start, end, i))
    return found
