"""A page about forecasts, complete in one file that asks nothing of the network."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike

from sightline.explain.render.assets import filled
from sightline.files import write_atomic

__all__ = ["Part", "Picture", "forecasts_page"]


@dataclass(frozen=True, slots=True)
class Picture:
    """The bytes of a PNG file, and what it says to those who do not see it."""

    png: bytes
    says: str

    @property
    def content(self) -> str:
        """The bytes in base64."""
        return base64.b64encode(self.png).decode("ascii")


@dataclass(frozen=True, slots=True)
class Part:
    """A heading and what stands below it: a table, notes, pictures.

    Attributes:
        heading: what it is about.
        header: of the table.
        rows: texts, the first of each its name.
        notes: a line each.
        pictures: one below the other.
    """

    heading: str
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    notes: Sequence[str] = ()
    pictures: Sequence[Picture] = ()


def forecasts_page(
    title: str,
    lines: Sequence[str],
    findings: Sequence[str],
    parts: Sequence[Part],
    path: str | PathLike[str] | None = None,
) -> str:
    """The page; its Content-Security-Policy forbids each and every request.

    Args:
        title: of the page.
        lines: what was forecast, by what.
        findings: about the data.
        parts: of the page, in order.
        path: where to write it too.

    Raises:
        OutputError: when the file cannot be written.
    """
    page = filled("forecasts.html", style=["report.css"], title=title, lines=lines, findings=findings, parts=parts)
    if path is not None:
        write_atomic(path, page.encode())
    return page
