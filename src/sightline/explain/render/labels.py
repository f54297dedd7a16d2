"""Pieces of text made fit to stand beside a picture: one line, nothing invisible, not too long."""

import unicodedata

from rich.cells import cell_len

__all__ = ["averaged", "elide", "visible"]

_JOINER = "\u200d"
_SPACE = "␣"


def visible(text: str) -> str:
    r"""The text with blanks and control characters shown: a lone space as `␣`, a newline as `\n`.

    Example:
        >>> visible("a\tb"), visible("  "), visible("new york")
        ('a\\tb', '␣␣', 'new york')
    """
    if not text.strip(" "):
        return _SPACE * max(len(text), 1)
    return "".join(_escape(char) if unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs") else char for char in text)


def averaged(layers: int, heads: int) -> str:
    """What a map of several layers and heads is shown as."""
    return f"mean of {layers} layer{'s' * (layers != 1)} × {heads} head{'s' * (heads != 1)}"


def elide(text: str, width: int) -> str:
    """The text, with its middle replaced by `…` where it is wider than `width` cells (a Han character takes two).

    A character is never parted from its accents, vowel signs or joiners.

    Example:
        >>> elide("Donaudampfschifffahrtsgesellschaft", 12)
        'Donaud…chaft'
    """
    if cell_len(text) <= width:
        return text
    clusters = _clusters(text)
    head = _fitting(clusters, width // 2)
    tail = _fitting(clusters[::-1], width - 1 - width // 2)[::-1]
    return "".join([*head, "…", *tail])


def _escape(char: str) -> str:
    """A control character as a Python reader knows it."""
    return char.encode("unicode_escape").decode("ascii")


def _clusters(text: str) -> list[str]:
    """Characters with the marks that belong to them."""
    clusters: list[str] = []
    for char in text:
        joins = unicodedata.category(char) in ("Mn", "Mc", "Me") or char == _JOINER
        if clusters and (joins or clusters[-1].endswith(_JOINER)):
            clusters[-1] += char
        else:
            clusters.append(char)
    return clusters


def _fitting(clusters: list[str], width: int) -> list[str]:
    """As many clusters from the start as `width` cells hold."""
    taken: list[str] = []
    for cluster in clusters:
        width -= cell_len(cluster)
        if width < 0:
            break
        taken.append(cluster)
    return taken
