"""A document as a picture: words on the colour of what they spoke for, sentences with bars where these have any."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from numpy.typing import NDArray

from sightline.errors import ConfigError
from sightline.explain.render.fonts import dress
from sightline.explain.render.frames import DOTS_PER_INCH
from sightline.explain.render.highlight import strengths
from sightline.explain.render.saving import check_ending, save
from sightline.results import Piece

__all__ = ["check_length", "draw_evidence"]

_FOR, _AGAINST, _INK, _BAR = "#1f77ff", "#e66e00", "0.15", "0.6"
_PALEST = 0.06  # strength, below which a word has no background
_LONGEST = 3000  # words; a picture of more is one that nobody reads
_LETTERS, _TITLE = 10, 12  # points

# Inches.
_WIDTH, _MARGIN, _LINE, _BARS, _SPACE, _HEAD = 7.6, 0.2, 0.235, 0.75, 0.045, 0.38


@dataclass(slots=True)
class _Span:
    """A stretch of text without white space, and how strongly it spoke; where it stands, in inches and rows."""

    text: Text
    strength: float
    x: float = 0.0
    row: int = 0
    width: float = 0.0


def draw_evidence(
    source: str,
    words: Sequence[Piece],
    values: NDArray[np.floating],
    *,
    sentences: Sequence[Piece] = (),
    attention: Sequence[float] = (),
    title: str | None = None,
    path: str | PathLike[str] | None = None,
) -> Figure:
    """Draw a text with its words on blue where they spoke for something, on orange and underlined where against.

    Sentences that have attention of their own begin a line each, beside a bar as long as it. Each word is written in
    an installed font that knows its script. Needs no display and leaves matplotlib's settings alone.

    Args:
        source: the text.
        words: with their places in it.
        values: of each word, above zero for, below zero against.
        sentences: with their places; none for a text in one go.
        attention: of each sentence.
        title: what stands above.
        path: where to save it: `.png`, `.svg` (text stays text) or `.pdf`.

    Returns:
        The figure, with a canvas of its own.

    Raises:
        ConfigError: for a text of more than 3,000 words, or a path that ends in none of the known endings.
        OutputError: when the file cannot be written.

    Example:
        >>> figure = draw_evidence("good film", [Piece("good", 0, 4), Piece("film", 5, 9)], np.array([1.0, 0.0]))
        >>> [text.get_text() for text in figure.texts]
        ['good', 'film']
    """
    check_ending(path)
    check_length(len(words))
    figure = Figure(figsize=(_WIDTH, 1), dpi=DOTS_PER_INCH)
    head = [figure.text(0, 0, title, size=_TITLE, color=_INK)] if title else []
    levels = strengths(values).tolist()
    bounds = [(each.start or 0, each.end or 0) for each in sentences] or [(0, len(source))]
    blocks = [[_write(figure, line) for line in _lines(source, words, levels, *bound)] for bound in bounds]
    dress([*head, *(each.text for lines in blocks for chunks in lines for chunk in chunks for each in chunk)])
    renderer = FigureCanvasAgg(figure).get_renderer()
    left = _MARGIN + (_BARS if sentences else 0)
    starts = [0]
    for lines in blocks:
        starts.append(_lay_out(lines, left, starts[-1], renderer))
    top = _MARGIN + (_HEAD if title else 0)
    height = top + starts[-1] * _LINE + _MARGIN
    figure.set_size_inches(_WIDTH, height)
    for text in head:
        _put(figure, text, _MARGIN, height - _HEAD)
    for each in (each for lines in blocks for chunks in lines for chunk in chunks for each in chunk):
        _put(figure, each.text, each.x, height - top - (each.row + 0.75) * _LINE)
        _colour(figure, each)
    for row, share in zip(starts, attention, strict=False):
        corner = (_MARGIN, height - top - (row + 0.75) * _LINE)
        _box(figure, corner, (max(share, 0.005) * (_BARS - 0.15), 0.11), _BAR)
    save(figure, path)
    return figure


def check_length(words: int) -> None:
    """Raises ConfigError for a text too long for a picture."""
    if words > _LONGEST:
        raise ConfigError(
            f"a picture of {words:,} words would be too large to read (at most {_LONGEST:,}): write a page, .html"
        )


def _lines(
    source: str, words: Sequence[Piece], levels: Sequence[float], start: int, end: int
) -> Iterator[list[list[tuple[str, float]]]]:
    """A part of the text line by line: stretches between white space, and of each its words and what parts them."""
    inside = [(word, level) for word, level in zip(words, levels, strict=True) if start <= (word.start or 0) < end]
    marks = {word.start or 0: level for word, level in inside}
    ends = {word.end or 0 for word, _ in inside}
    done = start
    for line in source[start:end].rstrip().split("\n"):
        chunks: list[list[tuple[str, float]]] = []
        for found in re.finditer(r"\S+", line):
            first, last = done + found.start(), done + found.end()
            cuts = [first, *(i for i in range(first + 1, last) if i in marks or i in ends), last]
            chunks.append([(source[i:j], marks.get(i, 0.0)) for i, j in itertools.pairwise(cuts)])
        yield chunks
        done += len(line) + 1


def _write(figure: Figure, line: Sequence[Sequence[tuple[str, float]]]) -> list[list[_Span]]:
    """The texts of a line, not placed yet."""
    return [
        [_Span(figure.text(0, 0, text, size=_LETTERS, color=_INK), strength) for text, strength in chunk]
        for chunk in line
    ]


def _lay_out(lines: Sequence[Sequence[Sequence[_Span]]], left: float, row: int, renderer: RendererAgg) -> int:
    """Put stretches side by side, from that row on, each whole; the first row that is free afterwards."""
    for chunks in lines:
        x = left
        for chunk in chunks:
            widths = [each.text.get_window_extent(renderer).width / DOTS_PER_INCH for each in chunk]
            if x > left and x + sum(widths) > _WIDTH - _MARGIN:
                row, x = row + 1, left
            for each, width in zip(chunk, widths, strict=True):
                each.x, each.row, each.width = x, row, width
                x += width
            x += _SPACE
        row += 1
    return row


def _put(figure: Figure, text: Text, x: float, y: float) -> None:
    """Move a text to a place in inches from the lower left: the same place at any number of dots per inch."""
    text.set(transform=figure.dpi_scale_trans, x=x, y=y)


def _colour(figure: Figure, span: _Span) -> None:
    """The background of a word, and a line below it where it spoke against."""
    share = min(1.0, abs(span.strength))
    if share < _PALEST:
        return
    y = float(span.text.get_position()[1]) - 0.05
    colour = _FOR if span.strength > 0 else _AGAINST
    tint = tuple(1 - 0.8 * share * (1 - part) for part in to_rgb(colour))
    _box(figure, (span.x - 0.01, y), (span.width + 0.02, 0.19), tint)
    if span.strength < 0:
        _box(figure, (span.x, y), (span.width, 0.014), colour)


def _box(
    figure: Figure, corner: tuple[float, float], size: tuple[float, float], colour: str | tuple[float, ...]
) -> None:
    (x, y), (width, height) = corner, size
    figure.add_artist(
        Rectangle(
            (x, y),
            width,
            height,
            transform=figure.dpi_scale_trans,
            facecolor=colour,
            linewidth=0,
            zorder=0.5,
        )
    )
