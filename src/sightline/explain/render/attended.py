"""What forecasts used of the past as a picture: steps back along time, steps ahead from top to bottom."""

from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from sightline.explain.render.frames import DOTS_PER_INCH, LETTERS, lighten, name
from sightline.explain.render.labels import elide
from sightline.explain.render.saving import check_ending, save
from sightline.explain.render.series import time_axis

__all__ = ["draw_attended"]

_ROWS = 6  # variables, at most
_COLOURS = "Blues"
_LABEL_CELLS = 20
_FAINT = 0.5  # small weights are lifted by this power, or few of hundreds of steps would show


def draw_attended(
    times: NDArray[Any],
    weights: Mapping[str, NDArray[np.floating]],
    *,
    label: str = "",
    title: str | None = None,
    path: str | PathLike[str] | None = None,
) -> Figure:
    """Draw how much each step ahead used of each step back, variable by variable; save where a path is given.

    All variables share one scale of colours. Of more than six those are drawn that were used most, and the title says
    so. Needs no display and leaves matplotlib's settings alone.

    Args:
        times: of the steps back, `[L]`, datetime64 or whole numbers.
        weights: `[H, L]` by the name of the variable.
        label: of the steps back, where they are no timestamps.
        title: what stands above the picture.
        path: where to save it: `.png`, `.svg` or `.pdf`.

    Returns:
        The figure, with a canvas of its own.

    Raises:
        ConfigError: when the path ends in none of the known endings.
        OutputError: when the file cannot be written.

    Example:
        >>> figure = draw_attended(np.arange(3), {"y": np.array([[0.0, 0.2, 0.8]])})
        >>> figure.axes[0].get_ylabel()
        'y'
    """
    check_ending(path)
    chosen = sorted(weights, key=lambda each: -float(weights[each].sum()))[:_ROWS]
    if len(chosen) < len(weights):
        title = f"{title or 'weights'} ({len(chosen)} of {len(weights)} variables)"
    figure = Figure(figsize=(9.0, 0.9 + 1.1 * len(chosen)), dpi=DOTS_PER_INCH, layout="constrained")
    rows = figure.subplots(len(chosen), 1, squeeze=False, sharex=True)[:, 0]
    norm = PowerNorm(_FAINT, 0, max(float(weights[each].max()) for each in chosen) or 1.0)
    for axes, variable in zip(rows, chosen, strict=True):
        steps = np.arange(1, len(weights[variable]) + 1)
        axes.pcolormesh(times, steps, weights[variable], cmap=_COLOURS, norm=norm, shading="nearest", rasterized=True)
        axes.invert_yaxis()
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.set_ylabel(elide(variable, _LABEL_CELLS), size=LETTERS)
        lighten(axes)
    time_axis(rows[-1], times)
    rows[-1].set_xlabel(label, size=LETTERS)
    bar = figure.colorbar(ScalarMappable(norm, _COLOURS), ax=rows.tolist(), fraction=0.03, pad=0.01)
    bar.set_label("weight", size=LETTERS)
    bar.ax.tick_params(labelsize=LETTERS)
    figure.supylabel("steps ahead", size=LETTERS)
    name(rows[0], title, [axes.yaxis.label for axes in rows])
    save(figure, path)
    return figure
