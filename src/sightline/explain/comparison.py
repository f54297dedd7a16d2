"""How far the attention of several models to one input lies apart."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sightline.errors import ConfigError
from sightline.explain.measures import entropy
from sightline.results import Piece

__all__ = ["divergence", "over_characters"]


def divergence(shares: Sequence[Mapping[Any, float]]) -> float:
    r"""How far distributions over the same places lie apart, from 0 to 1: the mean over all pairs of them.

    .. math:: JS(p, q) = H\left(\frac{p + q}{2}\right) - \frac{H(p) + H(q)}{2}

    the Jensen-Shannon divergence in bits, 1 where no place is in both: Lin 1991, "Divergence Measures Based on the
    Shannon Entropy"; for attention Jain and Wallace 2019, "Attention is not Explanation", section 3.

    Args:
        shares: two at least, each of the places that have one; they need not sum to 1.

    Returns:
        NaN where one of them has nothing anywhere.

    Raises:
        ConfigError: for fewer than two.

    Example:
        >>> divergence([{"a": 1.0}, {"b": 1.0}])
        1.0
        >>> divergence([{"a": 0.5, "b": 0.5}, {"b": 2.0, "a": 2.0}])
        0.0
    """
    if len(shares) < 2:
        raise ConfigError("nothing lies apart from itself: give two distributions at least")
    places = dict.fromkeys(place for each in shares for place in each)
    rows = np.array([[each.get(place, 0.0) for place in places] for each in shares])
    sums = rows.sum(1, keepdims=True)
    if (sums <= 0).any():
        return math.nan
    pairs = list(itertools.combinations(rows / sums, 2))
    apart = [_bits((p + q) / 2) - (_bits(p) + _bits(q)) / 2 for p, q in pairs]
    return max(0.0, sum(apart) / len(pairs))


def over_characters(pieces: Sequence[Piece], weights: NDArray[np.floating]) -> dict[int, float]:
    """Weights of pieces shared out evenly among their characters, so that models with other pieces can be compared.

    What stands for no text is left out.

    Args:
        pieces: with their places in the text.
        weights: of each piece.

    Example:
        >>> over_characters([Piece("ab", 0, 2), Piece("d", 3, 4), Piece("<eos>")], np.array([0.5, 0.2, 0.3]))
        {0: 0.25, 1: 0.25, 3: 0.2}
    """
    found: dict[int, float] = {}
    for piece, weight in zip(pieces, weights.tolist(), strict=True):
        if piece.start is not None and piece.end is not None:
            for place in range(piece.start, piece.end):
                found[place] = found.get(place, 0.0) + weight / (piece.end - piece.start)
    return found


def _bits(p: NDArray[np.float64]) -> float:
    return float(entropy(torch.from_numpy(p).unsqueeze(0))) / math.log(2)
