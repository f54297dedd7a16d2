"""A heat map of attention as a picture: sources along the top, targets down the left."""

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import QuadMesh
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure
from numpy.typing import NDArray
from rich.cells import cell_len

from sightline.explain.render.fonts import dress
from sightline.explain.render.labels import averaged, elide, visible
from sightline.explain.render.saving import check_ending, save
from sightline.explain.render.scale import darkest
from sightline.results import AttentionMap, Piece

__all__ = ["heatmap"]

_COLOURS = "Blues"  # sequential, safe for the colour-blind, and still ordered when printed in grey
_LABEL_CELLS = 24
_TITLE_CELLS = 60
_DOTS_PER_INCH = 150  # the same to measure and to save, since hinting makes text wider at some sizes

# Inches.
_PAD = 0.12
_BAR_WIDTH = 0.13
_BAR_HEIGHT = 1.5  # at least, so that its label has room beside a map of one row


@dataclass(frozen=True, slots=True)
class _Scale:
    """The measures of a picture: `cell` in inches, `font` in points; every `stride`-th label is written."""

    cell: float
    font: float
    stride: int

    @classmethod
    def of(cls, rows: int, columns: int) -> "_Scale":
        """Cells as large as a page allows and a label needs; past 40 inches labels have to be left out."""
        longest = max(rows, columns, 1)
        return cls.for_cell(min(max(10 / longest, 0.15), 0.42, 40 / longest))

    @classmethod
    def within(cls, axes: Axes, rows: int, columns: int) -> "_Scale":
        """Cells as large as axes of a given size allow."""
        box = axes.get_window_extent()
        return cls.for_cell(min(box.width / max(columns, 1), box.height / max(rows, 1)) / axes.figure.dpi)

    @classmethod
    def for_cell(cls, cell: float) -> "_Scale":
        """Letters that fit beside cells of that size."""
        return cls(cell, min(max(cell * 72 * 0.68, 7), 10), int(np.ceil(0.12 / cell)))


def heatmap(
    map: AttentionMap, *, title: str | None = None, path: str | PathLike[str] | None = None, ax: Axes | None = None
) -> Figure:
    """Draw a map as a picture that a person can read, and save it where a path is given.

    The picture grows with the number of labels; those wider than 24 cells are shortened in the middle. Colours run
    from 0 to 1, or to the largest weight where that is below one half; the bar says which. A map of several layers
    and heads is drawn as their mean, and says so. Each label is written in an installed font that knows its script.
    Needs no display, and leaves matplotlib's settings alone.

    Args:
        map: weights `[T, S]` or `[layers, heads, T, S]`.
        title: what stands above the picture.
        path: where to save it: `.png`, `.svg` (text stays text) or `.pdf`.
        ax: draw into these axes of your own figure, which then keeps its size.

    Returns:
        The figure, with a canvas of its own: `figure.savefig(...)` works as ever.

    Raises:
        ConfigError: when the path ends in none of the known endings.
        OutputError: when the file cannot be written.

    Example:
        >>> pieces = [Piece("a"), Piece("b")]
        >>> figure = heatmap(AttentionMap(np.eye(2, dtype=np.float32), pieces, pieces))
        >>> [label.get_text() for label in figure.axes[0].get_xticklabels()]
        ['a', 'b']
    """
    check_ending(path)
    figure = Figure(dpi=_DOTS_PER_INCH) if ax is None else ax.get_figure(root=True)
    assert figure is not None
    axes = figure.add_axes((0, 0, 1, 1)) if ax is None else ax
    rows, columns = map.weights.shape[-2:]
    scale = _Scale.of(rows, columns) if ax is None else _Scale.within(ax, rows, columns)
    weights = map.mean().weights
    mesh = _draw_cells(axes, weights, scale)
    _draw_labels(axes, map, scale, _heading(map, scale, title))
    place = figure.add_axes((0, 0, 1, 1)) if ax is None else None
    bar = figure.colorbar(mesh, cax=place, ax=ax)
    _mark(bar, darkest(weights))
    if ax is None:
        _fit(figure, axes, bar.ax, (max(columns, 1) * scale.cell, max(rows, 1) * scale.cell))
    save(figure, path)
    return figure


def _draw_cells(axes: Axes, weights: NDArray[np.float32], scale: _Scale) -> QuadMesh:
    """The coloured cells, with thin gaps between them and, where there is room for it, their values."""
    top = darkest(weights)
    mesh = axes.pcolormesh(weights, cmap=_COLOURS, vmin=0, vmax=top, edgecolors="white", linewidth=scale.cell * 2)
    axes.invert_yaxis()
    axes.grid(visible=False)
    axes.spines[:].set(linewidth=0.6, color="0.6")
    if scale.cell > 0.36 and weights.size <= 150:
        for row, column in np.argwhere(weights >= 0.005):
            weight = float(weights[row, column])
            colour = "white" if weight > 0.55 * top else "0.25"
            axes.text(column + 0.5, row + 0.5, f"{weight:.2f}", color=colour, size=7, ha="center", va="center")
    return mesh


def _draw_labels(axes: Axes, map: AttentionMap, scale: _Scale, heading: str) -> None:
    """What the columns, the rows and the whole stand for, each text in fonts that know it."""
    sources, targets = _shown(map.keys), _shown(map.queries)
    widest = max((cell_len(text) for text in sources), default=0) * scale.font * 0.6 / 72
    slant = 0 if widest < 0.95 * scale.cell * scale.stride else 45 if scale.cell > 0.25 else 90
    level = "center_baseline" if slant == 90 else "baseline"
    axes.xaxis.tick_top()
    axes.tick_params(length=0, labelsize=scale.font)
    columns, rows = range(0, len(sources), scale.stride), range(0, len(targets), scale.stride)
    axes.set_xticks([n + 0.5 for n in columns], [sources[n] for n in columns])
    axes.set_yticks([n + 0.5 for n in rows], [targets[n] for n in rows])
    for label in axes.get_xticklabels():
        label.set(rotation=slant, rotation_mode="anchor", ha="left" if slant else "center", va=level)
    text = axes.set_title(heading, loc="left", size=11) if heading else None
    dress([*axes.get_xticklabels(), *axes.get_yticklabels(), *([text] if text else [])])


def _mark(bar: Colorbar, top: float) -> None:
    """Say on the colour bar what the colours stand for, the darkest above all."""
    ticks = np.linspace(0, top, 5 if top == 1 else 3).tolist()
    bar.set_label("attention weight", size=8)
    bar.set_ticks(ticks, labels=[f"{tick:.2g}" for tick in ticks], size=8)
    bar.outline.set(linewidth=0.6, color="0.6")


def _heading(map: AttentionMap, scale: _Scale, title: str | None) -> str:
    """The title, and below it what the reader of the picture must know."""
    notes: list[str] = []
    if map.weights.ndim == 4:
        notes.append(averaged(*map.weights.shape[:2]))
    if scale.stride > 1:
        notes.append(f"one label in {scale.stride} is written")
    lines = [fill(title, _TITLE_CELLS)] if title else []
    return "\n".join([*lines, *([", ".join(notes)] if notes else [])])


def _shown(pieces: Sequence[Piece]) -> list[str]:
    """The labels of pieces."""
    return [elide(visible(piece.text), _LABEL_CELLS) for piece in pieces]


def _fit(figure: Figure, axes: Axes, bar: Axes, size: tuple[float, float]) -> None:
    """Give the cells their size, and the figure the size that cells, labels and bar need."""
    width, height = size
    tall = max(height, _BAR_HEIGHT)
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.set_size_inches(width, height)
    inner = axes.get_tightbbox(renderer)
    figure.set_size_inches(_BAR_WIDTH, tall)
    beside = bar.get_tightbbox(renderer)
    assert inner is not None
    assert beside is not None
    left, over, right = -inner.x0 / figure.dpi, inner.y1 / figure.dpi - height, inner.x1 / figure.dpi - width
    whole_width = _PAD + left + width + max(right, _PAD + beside.x1 / figure.dpi) + _PAD
    whole_height = _PAD + tall + over + _PAD
    figure.set_size_inches(whole_width, whole_height)

    def place(target: Axes, x: float, wide: float, high: float) -> None:
        y = _PAD + tall - high
        target.set_position((x / whole_width, y / whole_height, wide / whole_width, high / whole_height))

    place(axes, _PAD + left, width, height)
    place(bar, _PAD + left + width + _PAD, _BAR_WIDTH, tall)
