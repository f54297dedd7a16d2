"""A page that shows predictions with their attention, complete in one file that asks nothing of the network."""

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike

import numpy as np
from rich.cells import cell_len

from sightline.explain.render.assets import filled
from sightline.explain.render.labels import averaged, visible
from sightline.explain.render.scale import darkest
from sightline.explain.words import merge_words
from sightline.files import write_atomic
from sightline.results import AttentionMap, Piece, Prediction

__all__ = ["html_report", "html_table"]

_LEVELS = 20  # report.css has a class for each: w0 ... w20
_SINGLE = 1_000_000  # weights on a page that are shown head by head, at most
_OPEN = 3  # so many predictions lie open, further ones are folded


@dataclass(frozen=True, slots=True)
class _Token:
    """A piece in a line of text: what to show, whether a space parts it from the one before, whether it is text."""

    text: str
    spaced: bool
    special: bool


@dataclass(frozen=True, slots=True)
class _Cell:
    """A weight as a level of colour, and in percent; an empty text where that rounds to 0."""

    level: int
    percent: str


@dataclass(frozen=True, slots=True)
class _Head:
    """One head of a map with layers, for the script: three digits for each weight in percent, row by row."""

    name: str
    digits: str
    top: str


@dataclass(frozen=True, slots=True)
class _Table:
    """A map as the template reads it."""

    name: str
    sides: tuple[str, str]
    note: str
    queries: list[_Token]
    keys: list[_Token]
    rows: list[list[_Cell]]
    upright: bool
    heads: list[_Head]


def html_report(
    predictions: Sequence[Prediction],
    path: str | PathLike[str] | None = None,
    *,
    title: str = "Sightline report",
    notes: Sequence[str] = (),
    by: Sequence[str] = (),
) -> str:
    """One page with every prediction: input, answer, score, and its attention over words.

    Point at a word of the answer, or walk there with Tab and the arrow keys, and the input is coloured by its
    weights; and the other way round. Layers and heads can be looked at one by one, up to a million weights on a page;
    maps behind these say that they cannot. Without JavaScript the mean stands in a table. Everything is in the one
    file: its Content-Security-Policy forbids each and every request, and admits only its own style and script. More
    than three predictions are folded.

    Args:
        predictions: what to show, in order.
        path: where to write the page too.
        title: of the page.
        notes: a line each, above all predictions.
        by: whose each prediction is, where there are several models; nothing where there is one.

    Returns:
        The page.

    Raises:
        OutputError: when the file cannot be written.

    Example:
        >>> page = html_report([Prediction("ja", -0.1, [Piece("ja")], "<yes>", [Piece("<yes>")], {})])
        >>> "&lt;yes&gt;" in page
        True
    """
    left = _SINGLE
    items: list[tuple[str, Prediction, list[_Table]]] = []
    for name, each in zip(by or [""] * len(predictions), predictions, strict=True):
        tables: list[_Table] = []
        for kind, found in each.attention.items():
            merged = merge_words(found)
            single = merged.weights.ndim == 4 and merged.weights.size <= left
            left -= merged.weights.size if single else 0
            tables.append(_table(kind, merged, single=single))
        items.append((name, each, tables))
    page = filled(
        "report.html",
        style=["report.css"],
        script=["report.js"],
        title=title,
        notes=notes,
        items=items,
        folded=len(items) > _OPEN,
    )
    if path is not None:
        write_atomic(path, page.encode())
    return page


def html_table(name: str, map: AttentionMap) -> str:
    """A map as one small table for a notebook, coloured by itself: no style sheet, no script."""
    return filled("table.html", table=_table(name, map), levels=_LEVELS)


def _table(name: str, map: AttentionMap, *, single: bool = False) -> _Table:
    """What the templates need of a map, of a single one each of its heads; colours as in `heatmap`."""
    weights = np.nan_to_num(map.mean().weights)
    top = darkest(weights)
    notes: list[str] = []
    if map.weights.ndim == 4:
        notes.append(averaged(*map.weights.shape[:2]) + ("" if single else ", not to be looked at one by one"))
    if top < 1:
        notes.append(f"darkest at {top:.0%}")
    keys = _tokens(map.keys)
    return _Table(
        name=name,
        sides=("answer", "input") if name == "cross" else ("queries", "keys"),
        note=", ".join(notes),
        queries=_tokens(map.queries),
        keys=keys,
        rows=[[_cell(weight, top) for weight in row] for row in weights.tolist()],
        upright=len(keys) > 8 and max(cell_len(key.text) for key in keys) > 3,
        heads=_heads(map) if single else [],
    )


def _heads(map: AttentionMap) -> list[_Head]:
    """All heads, the first layer's first."""
    found: list[_Head] = []
    for layer, heads in enumerate(np.nan_to_num(map.weights), 1):
        for head, weights in enumerate(heads, 1):
            digits = "".join(f"{percent:03d}" for percent in np.rint(100 * weights).astype(int).flat)
            found.append(_Head(f"layer {layer}, head {head}", digits, f"{darkest(weights):.4f}"))
    return found


def _cell(weight: float, top: float) -> _Cell:
    """A weight as colour and number."""
    percent = f"{100 * weight:.0f}"
    return _Cell(round(min(weight / top, 1) * _LEVELS), "" if percent == "0" else percent)


def _tokens(pieces: Sequence[Piece]) -> list[_Token]:
    """Pieces as a line of text: those that touch in the text touch on the page."""
    tokens: list[_Token] = []
    end: int | None = None
    for piece in pieces:
        spaced = bool(tokens) and (piece.start is None or end is None or piece.start > end)
        tokens.append(_Token(visible(piece.text), spaced, piece.start is None and piece.word is None))
        end = piece.end
    return tokens
