"""Words of a text coloured by signed numbers, for a terminal."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rich.text import Text

from sightline.results import Piece

__all__ = ["highlighted", "strengths"]

# Blue speaks for, orange against: told apart by eyes of every kind, on dark and on light.
_FOR, _AGAINST = (31, 119, 255), (230, 110, 0)
_LEAST = 0.08  # of the strongest, below which a word keeps its colour


def strengths(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """Numbers as parts of the largest one, from -1 to 1, roots taken so that the middle can be seen.

    Example:
        >>> strengths(np.array([4.0, -1.0, 0.0])).tolist()
        [1.0, -0.5, 0.0]
    """
    top = np.abs(values).max(initial=0.0)
    return np.sign(values) * np.sqrt(np.abs(values) / top) if top > 0 else np.zeros_like(values)


def highlighted(source: str, words: Sequence[Piece], values: NDArray[np.floating]) -> Text:
    """The text as rich prints it: words for something on blue, those against it on orange, the strongest in bold.

    Args:
        source: the text.
        words: with their places in it.
        values: of each word, above zero for, below zero against.

    Example:
        >>> highlighted("good film", [Piece("good", 0, 4), Piece("film", 5, 9)], np.array([1.0, 0.0])).plain
        'good film'
    """
    text = Text(source)
    for word, strength in zip(words, strengths(values).tolist(), strict=True):
        if abs(strength) >= _LEAST and word.start is not None and word.end is not None:
            text.stylize(_style(strength), word.start, word.end)
    return text


def _style(strength: float) -> str:
    """A background that is the fuller the stronger the word is."""
    colour = _FOR if strength > 0 else _AGAINST
    share = min(1.0, abs(strength))
    red, green, blue = (round(60 + (part - 60) * share) for part in colour)
    return f"{'bold ' if share > 0.7 else ''}#ffffff on #{red:02x}{green:02x}{blue:02x}"
