"""Forecasts as pictures: what was seen, what is to come, and how wrong forecasts are step by step."""

from collections.abc import Mapping
from os import PathLike
from typing import Any, NamedTuple

import matplotlib.dates as dates
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from sightline.explain.render.frames import DOTS_PER_INCH, LETTERS, lighten, name
from sightline.explain.render.labels import elide
from sightline.explain.render.saving import check_ending, save

__all__ = ["Outlook", "Shown", "draw_errors", "draw_forecasts", "time_axis"]

Array = NDArray[np.floating]

# One colour per idea, told apart by the colour-blind.
_SEEN, _SAID, _CUTOFF, _GRID = "0.2", "#1f6fb4", "0.55", "0.9"
_OTHERS = ("#d9822b", "#5a9e6f", "#8a6bb0", "#a65e5e")
_FAINTEST, _DARKEST = 0.2, 0.6  # bands, from the widest to the narrowest
_LABEL_CELLS = 30
# Ticks a year, month, day, hour, minute or second apart; those where the next larger unit begins; beside the axis.
_DATES = ["%Y", "%b", "%d %b", "%H:%M", "%H:%M", "%S.%f"]
_STARTS = ["", "%Y", "%d %b", "%d %b", "%H:%M", "%H:%M"]
_BESIDE = ["", "%Y", "%Y", "%d %b %Y", "%d %b %Y", "%d %b %Y %H:%M"]
_SIZE = (9.0, 3.4)  # inches, of one picture
_POINTS_AS_DOTS = 40  # a line of no more points shows each


class Outlook(NamedTuple):
    """What was said at one cutoff.

    Attributes:
        times: of the steps ahead, `[H]`, datetime64 or whole numbers.
        point: the forecast, `[H]`.
        bands: low and high by level in per cent, `[H]` each.
    """

    times: NDArray[Any]
    point: Array
    bands: Mapping[float, tuple[Array, Array]]


class Shown(NamedTuple):
    """One series in a picture.

    Attributes:
        times: of what was observed, `[T]`.
        values: `[T]`, NaN where it was not.
        outlooks: forecasts, each from a cutoff of its own.
    """

    times: NDArray[Any]
    values: Array
    outlooks: tuple[Outlook, ...]


def draw_forecasts(
    shown: Mapping[str, Shown], *, title: str | None = None, path: str | PathLike[str] | None = None
) -> Figure:
    """Draw series with their forecasts and bands, one below the other; save where a path is given.

    A forecast goes on from the last observation before it. Its bands lie in each other, the narrowest the darkest; a
    dotted line marks each cutoff. Forecasts of
    what was observed too, as in a backtest, are drawn over it. Needs no display and leaves matplotlib's settings alone.

    Args:
        shown: series by their names, at least one.
        title: what stands above the picture.
        path: where to save it: `.png`, `.svg` or `.pdf`.

    Returns:
        The figure, with a canvas of its own.

    Raises:
        ConfigError: when the path ends in none of the known endings.
        OutputError: when the file cannot be written.

    Example:
        >>> past, ahead = np.arange(5), np.arange(5, 8)
        >>> outlook = Outlook(ahead, ahead / 2, {90: (ahead / 2 - 1, ahead / 2 + 1)})
        >>> figure = draw_forecasts({"a": Shown(past, past / 2, (outlook,))})
        >>> [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
        ['observed', 'forecast', '90% interval']
    """
    check_ending(path)
    figure = Figure(figsize=(_SIZE[0], _SIZE[1] * (0.35 + 0.65 * len(shown))), dpi=DOTS_PER_INCH, layout="constrained")
    rows = figure.subplots(len(shown), 1, squeeze=False)[:, 0]
    for axes, (each, series) in zip(rows, shown.items(), strict=True):
        _draw_series(axes, series)
        time_axis(axes, series.times)
        if len(shown) > 1:
            axes.set_ylabel(elide(each, _LABEL_CELLS), size=LETTERS)
    _finish(figure, rows[0], title)
    save(figure, path)
    return figure


def draw_errors(
    errors: Mapping[str, Array],
    *,
    label: str = "mean absolute error",
    title: str | None = None,
    path: str | PathLike[str] | None = None,
) -> Figure:
    """Draw how wrong forecasts are at each step ahead; the first is ours, the others stand behind it.

    Args:
        errors: `[H]` by the name of who forecasts.
        label: what kind of error it is.
        title: as in `draw_forecasts`, and so is what follows.
        path: likewise.

    Returns:
        The figure.

    Raises:
        ConfigError: as `draw_forecasts`.
        OutputError: likewise.
    """
    check_ending(path)
    figure = Figure(figsize=_SIZE, dpi=DOTS_PER_INCH, layout="constrained")
    axes = figure.subplots()
    for n, (each, values) in enumerate(errors.items()):
        colour, width = (_SAID, 2.0) if n == 0 else (_OTHERS[(n - 1) % len(_OTHERS)], 1.1)
        marker = "o" if len(values) <= _POINTS_AS_DOTS else ""
        (line,) = axes.plot(np.arange(1, len(values) + 1), values, label=each, color=colour, linewidth=width)
        line.set(marker=marker, markersize=3, zorder=3 if n == 0 else 2)
    axes.set_ylim(bottom=0)
    axes.margins(x=0.01)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_xlabel("steps ahead", size=LETTERS)
    axes.set_ylabel(label, size=LETTERS)
    _finish(figure, axes, title)
    save(figure, path)
    return figure


def _draw_series(axes: Axes, series: Shown) -> None:
    """What was observed as a line, and over it what was said of it."""
    sparse = len(series.values) <= _POINTS_AS_DOTS
    axes.plot(
        series.times, series.values, color=_SEEN, linewidth=1, marker="o" if sparse else "", markersize=2.5,
        label="observed",
    )  # fmt: skip
    for n, outlook in enumerate(series.outlooks):
        named = n == 0  # in the legend
        axes.axvline(outlook.times[0], color=_CUTOFF, linewidth=0.8, linestyle=":", zorder=1)
        before = np.flatnonzero((series.times < outlook.times[0]) & ~np.isnan(series.values))[-1:]
        times, point = (
            np.concatenate([known[before], said])
            for known, said in ((series.times, outlook.times), (series.values, outlook.point))
        )
        axes.plot(times, point, color=_SAID, linewidth=1.6, zorder=4, label="forecast" if named else None)
        for tint, level in zip(_tints(len(outlook.bands)), sorted(outlook.bands, reverse=True), strict=True):
            low, high = outlook.bands[level]
            label = f"{level:g}% interval" if named else None
            axes.fill_between(outlook.times, low, high, color=tint, linewidth=0, zorder=1.5, label=label)
    axes.margins(x=0.01)


def _tints(count: int) -> list[tuple[float, float, float]]:
    """Colours of bands from the widest to the narrowest; opaque, so that the legend shows them as they are."""
    red, green, blue = to_rgb(_SAID)
    shades = np.linspace(_FAINTEST, _DARKEST, count + 1)[:count]
    return [(1 - shade * (1 - red), 1 - shade * (1 - green), 1 - shade * (1 - blue)) for shade in shades.tolist()]


def time_axis(axes: Axes, times: NDArray[Any]) -> None:
    """Dates as short as they can be told, or whole numbers."""
    if np.issubdtype(times.dtype, np.datetime64):
        locator = dates.AutoDateLocator(minticks=4, maxticks=9)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(
            dates.ConciseDateFormatter(locator, formats=_DATES, zero_formats=_STARTS, offset_formats=_BESIDE)
        )
    else:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _finish(figure: Figure, first: Axes, title: str | None) -> None:
    """What all pictures have alike: light frames, small letters, one legend above."""
    for axes in figure.axes:
        lighten(axes)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(visible=True, axis="y", color=_GRID, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.yaxis.set_major_locator(MaxNLocator(6))
        axes.yaxis.set_major_formatter("{x:,.6g}")
    first.legend(
        loc="lower right", bbox_to_anchor=(1, 1), ncols=9, frameon=False, fontsize=LETTERS, borderaxespad=0.2,
        handlelength=1.6, columnspacing=1.2,
    )  # fmt: skip
    name(first, title, [axes.yaxis.label for axes in figure.axes])
