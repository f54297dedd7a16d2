"""Links between words from attention, and one alignment from those of both directions."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sightline.errors import ConfigError

__all__ = ["SYMMETRISATIONS", "best_links", "over_words", "symmetrise"]

Link = tuple[int, int]

SYMMETRISATIONS = ("intersection", "union", "grow-diag", "grow-diag-final", "grow-diag-final-and")
_NEAR = ((-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))


def over_words(
    weights: NDArray[np.floating], rows: Sequence[int | None], columns: Sequence[int | None], shape: tuple[int, int]
) -> NDArray[np.float64]:
    """Weights over words from weights over pieces: a word's columns are added, its rows averaged.

    Args:
        weights: `[T, S]`.
        rows: which word each of T pieces belongs to; None for none, and the row is left out.
        columns: likewise of S pieces.
        shape: words of both sides. A word without pieces has a row or a column of zeros.

    Example:
        >>> over_words(np.array([[0.2, 0.3, 0.5], [0.4, 0.4, 0.2]]), [0, 0], [0, 0, None], (1, 2)).round(2).tolist()
        [[0.65, 0.0]]
    """
    (down, across), found = shape, weights.astype(np.float64)
    left = np.zeros((down, len(rows)))
    for place, word in enumerate(rows):
        if word is not None:
            left[word, place] = 1
    right = np.zeros((len(columns), across))
    for place, word in enumerate(columns):
        if word is not None:
            right[place, word] = 1
    return left @ found @ right / np.maximum(left.sum(1, keepdims=True), 1)


def best_links(weights: NDArray[np.floating]) -> frozenset[Link]:
    """Each target word with the source word that it attends to most; a row of zeros has no link.

    Args:
        weights: `[T, S]` over words.

    Returns:
        Pairs of a source word and a target word.

    Example:
        >>> sorted(best_links(np.array([[0.1, 0.9], [0.8, 0.2]])))
        [(0, 1), (1, 0)]
    """
    return frozenset((int(row.argmax()), j) for j, row in enumerate(weights) if row.any())


def symmetrise(one: frozenset[Link], other: frozenset[Link], method: str = "grow-diag-final") -> frozenset[Link]:
    """One alignment from those of both directions, both as pairs of a source word and a target word.

    - `"intersection"`: the links that both have; `"union"`: those that one of them has.
    - `"grow-diag"`: from the intersection on, links of the union that touch one there is, diagonally too, and whose
      source or target word has none yet.
    - `"grow-diag-final"`: then links of either that lack a link on one side; `"grow-diag-final-and"`: on both sides.

    Och and Ney 2003, "A Systematic Comparison of Various Statistical Alignment Models"; Koehn, Och and Marcu 2003,
    "Statistical Phrase-Based Translation".

    Raises:
        ConfigError: for an unknown method.

    Example:
        >>> a, b = frozenset({(0, 0), (1, 1), (2, 1)}), frozenset({(0, 0), (1, 1), (3, 3)})
        >>> sorted(symmetrise(a, b, "grow-diag")), sorted(symmetrise(a, b, "grow-diag-final"))
        ([(0, 0), (1, 1), (2, 1)], [(0, 0), (1, 1), (2, 1), (3, 3)])
    """
    if method not in SYMMETRISATIONS:
        raise ConfigError(f"unknown symmetrisation {method!r}: choose one of {', '.join(SYMMETRISATIONS)}")
    if method == "intersection":
        return one & other
    if method == "union":
        return one | other
    found = _grown(set(one & other), one | other)
    if method != "grow-diag":
        both = method == "grow-diag-final-and"
        for side in (one, other):
            for link in sorted(side):
                bare = _bare(link, found)
                if all(bare) if both else any(bare):
                    found.add(link)
    return frozenset(found)


def _grown(found: set[Link], union: frozenset[Link]) -> set[Link]:
    """Neighbours are taken one after the other, in the order of the words, until there is none left to take."""
    while True:
        before = len(found)
        for i in range(max((i for i, _ in union), default=-1) + 1):
            for j in range(max((j for _, j in union), default=-1) + 1):
                if (i, j) in found:
                    for down, right in _NEAR:
                        link = (i + down, j + right)
                        if link in union and any(_bare(link, found)):
                            found.add(link)
        if len(found) == before:
            return found


def _bare(link: Link, found: set[Link]) -> tuple[bool, bool]:
    """Whether the source word and the target word of a link have none yet."""
    return all(i != link[0] for i, _ in found), all(j != link[1] for _, j in found)
