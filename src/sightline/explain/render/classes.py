"""How a classifier errs as pictures: what was taken for what, and how often it is right by how sure it is."""

from collections.abc import Sequence
from os import PathLike

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from sightline.explain.render.frames import DOTS_PER_INCH, LETTERS, lighten, name
from sightline.explain.render.labels import elide
from sightline.explain.render.saving import check_ending, save

__all__ = ["draw_calibration", "draw_confusion"]

_COLOUR, _FAINT = "#1f6fb4", "0.55"
_NUMBERED = 20  # classes, beyond which cells are too small for numbers
_LABEL_CELLS = 24


def draw_confusion(
    confusion: NDArray[np.integer],
    classes: Sequence[str],
    *,
    title: str | None = None,
    path: str | PathLike[str] | None = None,
) -> Figure:
    """Draw how many documents of each class (rows) were taken for each class (columns); save where a path is given.

    A cell is the darker the larger its share of its row; up to 20 classes their counts are written. Needs no display
    and leaves matplotlib's settings alone.

    Args:
        confusion: `[C, C]`, as `sightline.metrics.confusion` gives it.
        classes: their names.
        title: what stands above the picture.
        path: where to save it: `.png`, `.svg` or `.pdf`.

    Returns:
        The figure, with a canvas of its own.

    Raises:
        ConfigError: when the path ends in none of the known endings.
        OutputError: when the file cannot be written.

    Example:
        >>> figure = draw_confusion(np.array([[8, 2], [1, 9]]), ["no", "yes"])
        >>> [text.get_text() for text in figure.axes[0].texts]
        ['8', '2', '1', '9']
    """
    check_ending(path)
    count = len(classes)
    side = 1.6 + min(max(0.42 * count, 2.2), 12)
    figure = Figure(figsize=(side + 0.6, side), dpi=DOTS_PER_INCH, layout="constrained")
    axes = figure.subplots()
    shares = confusion / np.maximum(confusion.sum(1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    labels = [elide(each, _LABEL_CELLS) for each in classes]
    axes.set_xticks(range(count), labels, rotation=45, rotation_mode="anchor", ha="right")
    axes.set_yticks(range(count), labels)
    axes.set_xlabel("taken for (the darker, the more of its row)", size=LETTERS)
    axes.set_ylabel("is", size=LETTERS)
    lighten(axes)
    if count <= _NUMBERED:
        for (row, column), number in np.ndenumerate(confusion):
            ink = "white" if shares[row, column] > 0.55 else "0.25" if number else "0.75"
            axes.text(column, row, f"{number:,}", color=ink, size=LETTERS - 1, ha="center", va="center")
    name(axes, title, [*axes.get_xticklabels(), *axes.get_yticklabels()])
    save(figure, path)
    return figure


def draw_calibration(
    edges: NDArray[np.floating],
    answers: NDArray[np.integer],
    confidence: NDArray[np.floating],
    right: NDArray[np.floating],
    *,
    title: str | None = None,
    path: str | PathLike[str] | None = None,
) -> Figure:
    """Draw how often answers are right by how sure they are, and below how many there are; save where a path is given.

    On the dotted line probabilities mean what they say; below it answers are surer than they may be. A dot is the
    larger the more answers it stands for.

    Args:
        edges: between intervals of probability, `[n + 1]`.
        answers: how many there are in each, `[n]`.
        confidence: their mean probability, `[n]`; where there are none it does not matter.
        right: the share of them that is right, likewise.
        title: as in `draw_confusion`, and so is what follows.
        path: likewise.

    Returns:
        The figure.

    Raises:
        ConfigError: as `draw_confusion`.
        OutputError: likewise.

    Example:
        >>> figure = draw_calibration(np.array([0.5, 1.0]), np.array([10]), np.array([0.8]), np.array([0.7]))
        >>> figure.axes[0].get_ylabel()
        'answers that are right'
    """
    check_ending(path)
    figure = Figure(figsize=(4.6, 5.0), dpi=DOTS_PER_INCH, layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    there = answers > 0
    sizes = 6 + 60 * answers / answers.max(initial=1)
    above.plot([0, 1], [0, 1], color=_FAINT, linewidth=0.8, linestyle=":")
    above.plot(confidence[there], right[there], color=_COLOUR, linewidth=1.2)
    above.scatter(confidence[there], right[there], s=sizes[there], color=_COLOUR, zorder=3, clip_on=False)
    above.set_ylim(-0.03, 1.03)
    above.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    above.set_ylabel("answers that are right", size=LETTERS)
    below.bar(edges[:-1], answers, width=np.diff(edges), align="edge", color=_COLOUR, edgecolor="white", linewidth=0.5)
    below.set_xlim(max(0.0, edges[:-1][there].min(initial=1.0) - 0.03), 1.0)
    below.xaxis.set_major_locator(MaxNLocator(5))
    below.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    below.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    below.yaxis.set_major_formatter("{x:,.0f}")
    below.set_ylabel("answers", size=LETTERS)
    below.set_xlabel("probability given to the answer", size=LETTERS)
    for axes in (above, below):
        _open(axes)
    name(above, title)
    save(figure, path)
    return figure


def _open(axes: Axes) -> None:
    """A frame on two sides."""
    lighten(axes)
    axes.spines[["top", "right"]].set_visible(False)
