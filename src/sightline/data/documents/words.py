"""Words of a document and where they stand, in any script."""

from typing import NamedTuple

import regex

__all__ = ["Word", "cut_words", "lower", "split_words", "without_markup"]

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


def split_words(text: str) -> list[str]:
    """The words of `cut_words` without their places, six times as fast.

    Example:
        >>> split_words("It's late!")
        ["It's", 'late', '!']
    """
    return _WORD.findall(text)


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
