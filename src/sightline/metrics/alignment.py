"""How far word alignments are those that people made."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

__all__ = ["AlignmentScore", "alignment_error_rate"]

Links = Collection[tuple[int, int]]


class AlignmentScore(NamedTuple):
    """Shares from 0 to 1; of the error rate less is better."""

    error_rate: float
    precision: float
    recall: float


def alignment_error_rate(found: Sequence[Links], sure: Sequence[Links], possible: Sequence[Links]) -> AlignmentScore:
    """AER over all pairs together, with precision by possible links and recall of sure ones.

        AER = 1 - (|A & S| + |A & P|) / (|A| + |S|),   precision = |A & P| / |A|,   recall = |A & S| / |S|

    Och and Ney 2003, "A Systematic Comparison of Various Statistical Alignment Models".

    Args:
        found: A, the links of each pair.
        sure: S.
        possible: P; sure links count as possible, whether they are in it or not.

    Raises:
        ValueError: where there are no links at all, or lists of different lengths.

    Example:
        >>> alignment_error_rate([{(0, 0), (1, 1)}], [{(0, 0)}], [{(0, 0), (1, 2)}]).error_rate.__round__(3)
        0.333
    """
    links = hits = near = certain = 0
    for a, s, p in zip(found, sure, possible, strict=True):
        one, right = set(a), set(s)
        links, certain = links + len(one), certain + len(right)
        hits, near = hits + len(one & right), near + len(one & (right | set(p)))
    if not links + certain:
        raise ValueError("there are no links to compare")
    precision = near / links if links else 0.0
    return AlignmentScore(1 - (hits + near) / (links + certain), precision, hits / certain if certain else 1.0)
