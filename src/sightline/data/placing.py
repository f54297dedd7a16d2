"""The piece of text behind each token."""

from collections.abc import Iterable

from sightline.results import Piece

__all__ = ["placed"]

_SPACE = "▁"


def placed(text: str, spans: Iterable[tuple[int, int]], spaced: bool) -> list[Piece]:
    """Pieces of a text from their spans, which may begin with a space, and at -1 with the space that was added.

    Characters belong to no word: who models them wants to see them, and many scripts write no spaces.
    """
    words: list[int | None] = []
    count = -1
    before = " "
    for character in text:
        count += before == " " and character != " "
        words.append(None if character == " " else count)
        before = character
    pieces: list[Piece] = []
    for start, end in spans:
        if end - start == 1 and (start < 0 or text[start] == " "):
            pieces.append(Piece(_SPACE, max(start, 0), end))
            continue
        start += start < 0 or text[start] == " "
        pieces.append(Piece(text[start:end], start, end, words[start] if spaced else None))
    return pieces
