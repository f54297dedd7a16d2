"""Templates that come with the package, and what pages of theirs need: escaping, and names for what they admit."""

import base64
import hashlib
import math
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

__all__ = ["filled"]


def filled(template: str, *, style: Sequence[str] = (), script: Sequence[str] = (), **values: object) -> str:
    """A template with its values, all of them escaped.

    Style sheets or scripts that are named stand in the page as `style` or `script`, and `style_hash` or `script_hash`
    is how its Content-Security-Policy names them.

    Args:
        template: a file of the package.
        style: likewise, one after another.
        script: likewise.
        values: what the template asks for; it fails on what it is not given.
    """
    for name, assets in (("style", style), ("script", script)):
        if assets:
            text = "".join(map(_asset, assets))
            values |= {name: Markup(text), f"{name}_hash": _digest(text)}
    return _templates().get_template(template).render(values)


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=FunctionLoader(_asset), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    templates.filters["signed"] = _signed
    templates.filters["probability"] = _probability
    return templates


def _signed(number: float) -> str:
    """A number with a true minus sign."""
    return f"{number:.3f}".replace("-", "−")


def _probability(score: float) -> str:
    """The probability that a log-probability stands for."""
    return f"{math.exp(min(score, 0)):.2g}"


@cache
def _asset(name: str) -> str:
    """A file that comes with the package."""
    return files("sightline.explain.render").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """How a Content-Security-Policy names an inline text that it admits."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
