"""What pictures have alike: light frames and small letters, and a title in a font that can write it."""

from collections.abc import Iterable

from matplotlib.axes import Axes
from matplotlib.text import Text

from sightline.explain.render.fonts import dress
from sightline.explain.render.labels import elide

__all__ = ["DOTS_PER_INCH", "LETTERS", "lighten", "name"]

DOTS_PER_INCH = 150
LETTERS = 8  # points
_TITLE, _TITLE_CELLS = 11, 60


def lighten(axes: Axes) -> None:
    """Thin grey frames and ticks, small letters."""
    axes.spines[:].set(linewidth=0.6, color="0.6")
    axes.tick_params(length=2.5, width=0.6, color="0.6", labelsize=LETTERS)
    for axis in (axes.xaxis, axes.yaxis):
        axis.get_offset_text().set_fontsize(LETTERS)


def name(axes: Axes, title: str | None, others: Iterable[Text] = ()) -> None:
    """Write the title on the left, or leave its room, and give it and other texts fonts that know their letters."""
    head = axes.set_title(elide(title, _TITLE_CELLS) if title else " ", loc="left", size=_TITLE)
    dress([head, *others])
