"""Links between the words of two texts, as word aligners write them: `i-j`, counted from 0, a pair of texts a line.

Words are what spaces part. A gold standard tells sure links, `i-j`, from possible ones, `ipj`.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from os import PathLike
from typing import NamedTuple

from sightline.data.files import read_lines
from sightline.errors import DataError
from sightline.results import Piece

__all__ = ["GoldLinks", "Link", "format_links", "read_links", "text_words", "words_of_pieces"]

Link = tuple[int, int]  # a word of the source and one of the target

_WORD = re.compile(r"\S+")
_LINK = re.compile(r"(\d+)([-p])(\d+)")


class GoldLinks(NamedTuple):
    """Links of one pair that people agreed on, and all that somebody found; sure ones are possible, too."""

    sure: frozenset[Link]
    possible: frozenset[Link]


def read_links(path: str | PathLike[str]) -> list[GoldLinks]:
    """The links of each pair; a line without any is a pair without any.

    Raises:
        DataError: when the file cannot be read, or holds something else than links.
    """
    found: list[GoldLinks] = []
    for number, line in enumerate(read_lines(path), 1):
        sure: set[Link] = set()
        possible: set[Link] = set()
        for word in line.split():
            match = _LINK.fullmatch(word)
            if match is None:
                raise DataError(
                    f"{word[:40]!r} is no link: expected such as 0-1, or 0p1 for one that is only possible",
                    path=path,
                    line=number,
                )
            first, kind, second = match.groups()
            possible.add((int(first), int(second)))
            if kind == "-":
                sure.add((int(first), int(second)))
        found.append(GoldLinks(frozenset(sure), frozenset(possible)))
    return found


def format_links(links: Iterable[Link]) -> str:
    """One line of links, in order.

    Example:
        >>> format_links({(1, 0), (0, 2)})
        '0-2 1-0'
    """
    return " ".join(f"{i}-{j}" for i, j in sorted(links))


def text_words(text: str) -> list[Piece]:
    """The words of a text with their places, numbered from 0.

    Example:
        >>> [(word.text, word.start, word.word) for word in text_words("no way")]
        [('no', 0, 0), ('way', 3, 1)]
    """
    return [Piece(match.group(), *match.span(), number) for number, match in enumerate(_WORD.finditer(text))]


def words_of_pieces(words: Sequence[Piece], pieces: Sequence[Piece]) -> list[int | None]:
    """Which word each piece of the same text ends in; None for one that stands for no text, or for a space.

    Example:
        >>> words_of_pieces(text_words("no way"), [Piece("no", 0, 2), Piece("w", 3, 4), Piece("<eos>")])
        [0, 1, None]
    """
    starts = [word.start or 0 for word in words]
    found: list[int | None] = []
    for piece in pieces:
        number = -1 if piece.end is None else bisect_right(starts, piece.end - 1) - 1
        inside = number >= 0 and (piece.end or 0) <= (words[number].end or 0)
        found.append(number if inside else None)
    return found
