"""Every score by its name."""

from collections.abc import Callable
from typing import NamedTuple

from sightline.attention.scores.hidden import Additive, Concat
from sightline.attention.scores.location import Location
from sightline.attention.scores.products import Bilinear, Cosine, Dot, ScaledDot
from sightline.attention.scores.protocol import Score
from sightline.errors import ConfigError

__all__ = ["SCORES", "Sizes", "as_score", "build_score"]


class Sizes(NamedTuple):
    """What a score may want to know: widths of query and key, of a hidden layer, and the longest input."""

    query: int
    key: int
    hidden: int
    longest: int

    def same_width(self, name: str) -> int:
        """The width of query and key, where it is one; raises ConfigError where it is not."""
        if self.query != self.key:
            raise ConfigError(
                f"the {name} score compares a query and a key of one width, and here they have {self.query} and "
                f"{self.key}: use 'bilinear' or 'additive', or make the widths equal"
            )
        return self.query


def _dot(sizes: Sizes) -> Score:
    sizes.same_width("dot")
    return Dot()


def _scaled_dot(sizes: Sizes) -> Score:
    sizes.same_width("scaled_dot")
    return ScaledDot()


SCORES: dict[str, Callable[[Sizes], Score]] = {
    "additive": lambda sizes: Additive(sizes.query, sizes.key, sizes.hidden),
    "concat": lambda sizes: Concat(sizes.query, sizes.key, sizes.hidden),
    "dot": _dot,
    "scaled_dot": _scaled_dot,
    "bilinear": lambda sizes: Bilinear(sizes.query, sizes.key),
    "cosine": lambda sizes: Cosine(sizes.same_width("cosine")),
    "location": lambda sizes: Location(sizes.query, sizes.longest),
}
_WITHOUT_WEIGHTS: dict[str, Callable[[], Score]] = {"dot": Dot, "scaled_dot": ScaledDot}


def _unknown(name: str) -> ConfigError:
    return ConfigError(f"unknown score {name!r}: choose one of {', '.join(SCORES)}")


def build_score(name: str, *, query_width: int, key_width: int, width: int, longest: int = 512) -> Score:
    """The score of that name for those sizes.

    Args:
        name: one in `SCORES`.
        query_width: Q.
        key_width: K.
        width: of a hidden layer, where there is one.
        longest: the number of positions, where each has weights of its own.

    Raises:
        ConfigError: for an unknown name, or widths that do not fit.
    """
    if name not in SCORES:
        raise _unknown(name)
    return SCORES[name](Sizes(query_width, key_width, width, longest))


def as_score(score: Score | str) -> Score:
    """A score as it is, or the one of a name.

    Raises:
        ConfigError: for an unknown name, or one of a score that has weights to learn.
    """
    if not isinstance(score, str):
        return score
    if score in _WITHOUT_WEIGHTS:
        return _WITHOUT_WEIGHTS[score]()
    if score in SCORES:
        raise ConfigError(
            f"the score {score!r} has weights to learn: pass a score object, from build_score({score!r}, ...)"
        )
    raise _unknown(score)
