"""Every selection by its name."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from sightline.attention.selection.hard import Hard
from sightline.attention.selection.local import LocalMonotonic, LocalPredictive
from sightline.attention.selection.monotonic import Monotonic
from sightline.attention.selection.protocol import Plain, Selection, SelectionFunction
from sightline.attention.selection.soft import entmax15, masked_softmax, sparsemax
from sightline.errors import ConfigError

__all__ = ["SELECTIONS", "as_selection", "build_selection"]


class Options(NamedTuple):
    """What a selection may want to know."""

    query_width: int
    width: int
    temperature: float
    radius: int
    estimator: str


SELECTIONS: dict[str, Callable[[Options], Selection]] = {
    "softmax": lambda o: Plain(
        masked_softmax if o.temperature == 1 else partial(masked_softmax, temperature=o.temperature)
    ),
    "sparsemax": lambda o: Plain(sparsemax),
    "entmax15": lambda o: Plain(entmax15),
    "local_m": lambda o: LocalMonotonic(o.radius),
    "local_p": lambda o: LocalPredictive(o.query_width, o.width, o.radius),
    "monotonic": lambda o: Monotonic(),
    "argmax": lambda o: Hard("argmax", o.estimator, o.temperature),
    "sample": lambda o: Hard("sample", o.estimator, o.temperature),
}
_ALONE = {"softmax": masked_softmax, "sparsemax": sparsemax, "entmax15": entmax15}


def _unknown(name: str) -> ConfigError:
    return ConfigError(f"unknown selection {name!r}: choose one of {', '.join(SELECTIONS)}")


def build_selection(
    name: str,
    *,
    query_width: int,
    width: int,
    temperature: float = 1.0,
    radius: int = 10,
    estimator: str = "gumbel",
) -> Selection:
    """The selection of that name.

    Args:
        name: one in `SELECTIONS`.
        query_width: Q, where the query has a say.
        width: of a hidden layer, where there is one.
        temperature: of the softmax, or of a hard selection's Gumbel-softmax.
        radius: of a window; 10 is the paper's.
        estimator: how a hard selection is trained.

    Raises:
        ConfigError: for an unknown name.
    """
    if name not in SELECTIONS:
        raise _unknown(name)
    return SELECTIONS[name](Options(query_width, width, temperature, radius, estimator))


def as_selection(selection: Selection | SelectionFunction | str) -> Selection:
    """A selection as it is, a function of scores and mask as a selection, or the one of a name.

    Raises:
        ConfigError: for an unknown name, or one of a selection that has to be built.
    """
    if not isinstance(selection, str):
        return selection if isinstance(selection, Selection) else Plain(selection)
    if selection in _ALONE:
        return Plain(_ALONE[selection])
    if selection in SELECTIONS:
        raise ConfigError(
            f"the selection {selection!r} has options or weights of its own: pass a selection object, from "
            f"build_selection({selection!r}, ...)"
        )
    raise _unknown(selection)
