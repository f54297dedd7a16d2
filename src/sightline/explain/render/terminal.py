"""Attention as plain text: for every target the sources that it looked at most."""

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, set_cell_size

from sightline.explain.render.labels import elide, visible
from sightline.results import AttentionMap

__all__ = ["text_heatmap"]

_LABEL_CELLS = 16
_BAR_CELLS = 8
_REST_CELLS = len("0.99 in 999 others")
_MOST = 5
_NEGLIGIBLE = 0.005  # would be printed as 0.00
_EIGHTHS = " ▏▎▍▌▋▊▉"
_GAP = "  "


def text_heatmap(map: AttentionMap, width: int = 80) -> str:
    """A line for each target: its heaviest sources with weights and bars, and what the other sources add up to.

    As many sources as fit into the width are shown, at most 5 and at least 1; weights that round to 0.00 are left
    blank. Columns are aligned by the cells that a terminal gives to a character (a Han character takes two). Several
    layers and heads are averaged.

    Args:
        map: weights `[T, S]` or `[layers, heads, T, S]`.
        width: of the terminal, in cells.

    Returns:
        Lines without control codes; empty for a map without targets.

    Example:
        >>> from sightline.results import Piece
        >>> weights = np.array([[0.75, 0.25], [0.0, 1.0]], np.float32)
        >>> print(text_heatmap(AttentionMap(weights, [Piece("la"), Piece("casa")], [Piece("the"), Piece("house")])))
        la    the   0.75 ██████    house 0.25 ██
        casa  house 1.00 ████████
    """
    weights = map.mean().weights
    targets, sources = (
        [elide(visible(piece.text), _LABEL_CELLS) for piece in side] for side in (map.queries, map.keys)
    )
    margin, label = _widest(targets), _widest(sources)
    column = len(_GAP) + label + len(" 0.00 ") + _BAR_CELLS
    fitting = (width - margin - len(_GAP) - _REST_CELLS) // column
    count = min(max(fitting, 1), _MOST)
    lines = (
        set_cell_size(target, margin) + "".join(_entries(row, sources, label, count))
        for target, row in zip(targets, weights, strict=True)
    )
    return "\n".join(line.rstrip() for line in lines)


def _entries(row: NDArray[np.float32], sources: list[str], label: int, count: int) -> list[str]:
    """The columns of one target."""
    if not row.any():
        return [_GAP + "(attends to nothing)"]
    heaviest = np.argsort(-row, kind="stable")
    shown = [index for index in heaviest[:count] if row[index] >= _NEGLIGIBLE]
    entries = [f"{_GAP}{set_cell_size(sources[n], label)} {row[n]:.2f} {_bar(float(row[n]))}" for n in shown]
    rest = float(row[heaviest[len(shown) :]].sum())
    if rest >= _NEGLIGIBLE:
        others = len(row) - len(shown)
        entries += [f"{_GAP}{rest:.2f} in {others} other{'s' if others > 1 else ''}"]
    return entries


def _bar(weight: float) -> str:
    """A bar of 8 cells for a weight of 1, exact to an eighth of a cell."""
    full, part = divmod(round(min(weight, 1) * _BAR_CELLS * 8), 8)
    return set_cell_size("█" * full + (_EIGHTHS[part] if part else ""), _BAR_CELLS)


def _widest(labels: list[str]) -> int:
    """The cells that the widest label takes."""
    return max((cell_len(label) for label in labels), default=0)
