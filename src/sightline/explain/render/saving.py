"""Pictures become files, whole or not at all."""

from contextlib import nullcontext
from io import BytesIO
from os import PathLike
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from sightline.errors import ConfigError
from sightline.files import write_atomic

__all__ = ["as_png", "check_ending", "save"]

_ENDINGS = (".png", ".svg", ".pdf")


def check_ending(path: str | PathLike[str] | None) -> None:
    """Raises ConfigError when a picture cannot have this name."""
    if path is not None and Path(path).suffix.lower() not in _ENDINGS:
        raise ConfigError(f"cannot draw {path}: its name must end in one of {', '.join(_ENDINGS)}")


def save(figure: Figure, path: str | PathLike[str] | None) -> None:
    """Write the figure in the format that the path's ending names, where a path is given.

    Raises:
        OutputError: when the file cannot be written.
    """
    if path is None:
        return
    # In an SVG, text that can be searched, copied and edited; a setting is matplotlib's only way to ask for it.
    kind, picture = Path(path).suffix.lower().removeprefix("."), BytesIO()
    with matplotlib.rc_context({"svg.fonttype": "none"}) if kind == "svg" else nullcontext():
        figure.savefig(picture, dpi="figure", format=kind)
    write_atomic(path, picture.getvalue())


def as_png(figure: Figure) -> bytes:
    """The figure as a PNG file has it."""
    picture = BytesIO()
    figure.savefig(picture, dpi="figure", format="png")
    return picture.getvalue()
