"""Words of a document and where they stand, in any script."""

from collections.abc import Sequence
from typing import NamedTuple

import regex

from sightline.results import Piece

__all__ = ["Word", "cut_words", "lower", "place_pieces", "without_markup"]

# Scripts that set no space between words: each character by itself, with its marks.
_WORD = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]\p{M}*"
    r"|[\p{L}\p{N}][\p{L}\p{N}\p{M}_]*(?:['’][\p{L}\p{N}][\p{L}\p{N}\p{M}_]*)*"
    r"|\S"
)
_TAG = regex.compile(r"<[^<>]{1,200}>")


class Word(NamedTuple):
    """A word or a single sign, and its place in the text."""

    text: str
    start: int
    end: int


def cut_words(text: str) -> list[Word]:
    """Words and signs, from left to right: letters and digits together, everything else sign by sign.

    An apostrophe between letters is part of its word.

    Example:
        >>> [word.text for word in cut_words("It's 5 o'clock (really).")]
        ["It's", '5', "o'clock", '(', 'really', ')', '.']
        >>> [word.text for word in cut_words("東京へ")]
        ['東', '京', 'へ']
    """
    return [Word(match[0], match.start(), match.end()) for match in _WORD.finditer(text)]


def lower(text: str) -> str:
    """The text in lower case, each character in its place: one whose lower case has another length stays.

    Example:
        >>> lower("ÄB İ") == "äb İ"
        True
    """
    small = text.lower()
    if len(small) == len(text):
        return small
    return "".join(other if len(other := char.lower()) == 1 else char for char in text)


def without_markup(text: str) -> str:
    """The text with spaces in place of HTML tags, so that all else keeps its place.

    Example:
        >>> without_markup("good<br />film")
        'good      film'
    """
    return _TAG.sub(lambda tag: " " * len(tag[0]), text)


def place_pieces(words: Sequence[Word], pieces: Sequence[Piece]) -> list[Piece]:
    """Pieces of `" ".join(words)` with their places in the text that the words were cut from.

    Example:
        >>> words = cut_words("to-day")
        >>> place_pieces(words, [Piece("to", 0, 2, 0), Piece("-", 3, 4, 1), Piece("day", 5, 8, 2)])[2]
        Piece(text='day', start=3, end=6, word=2)
    """
    shift, begin = [], 0
    for word in words:
        shift.append(word.start - begin)
        begin += len(word.text) + 1
    return [
        piece
        if piece.word is None or piece.start is None or piece.end is None
        else Piece(piece.text, piece.start + shift[piece.word], piece.end + shift[piece.word], piece.word)
        for piece in pieces
    ]
