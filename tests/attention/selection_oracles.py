"""Selections in loops over plain numbers, as the papers write them, for one row of scores at a time."""

import math
from collections.abc import Callable, Sequence

Row = list[float]


def _root(falling: Callable[[float], float], low: float, high: float) -> float:
    """Where a falling function passes zero, by bisection."""
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return (low + high) / 2


def softmax(scores: Row, allowed: Sequence[int]) -> Row:
    total = sum(math.exp(scores[s]) for s in allowed)
    return [math.exp(scores[s]) / total if s in allowed else 0.0 for s in range(len(scores))]


def sparsemax(scores: Row, allowed: Sequence[int]) -> Row:
    """max(a - tau, 0), with the tau that makes the sum 1"""

    def weight(s: int, tau: float) -> float:
        return max(scores[s] - tau, 0.0) if s in allowed else 0.0

    return _normed(scores, allowed, weight)


def entmax15(scores: Row, allowed: Sequence[int]) -> Row:
    """max(a / 2 - tau, 0)^2, with the tau that makes the sum 1"""

    def weight(s: int, tau: float) -> float:
        return max(scores[s] / 2 - tau, 0.0) ** 2 if s in allowed else 0.0

    return _normed(scores, allowed, weight)


def _normed(scores: Row, allowed: Sequence[int], weight: Callable[[int, float], float]) -> Row:
    if not allowed:
        return [0.0] * len(scores)
    highest = max(abs(scores[s]) for s in allowed) + 1
    positions = range(len(scores))
    tau = _root(lambda tau: sum(weight(s, tau) for s in positions) - 1, -highest - 1, highest)
    return [weight(s, tau) for s in positions]


def local_m(scores: Row, allowed: Sequence[int], position: int, radius: int) -> Row:
    return softmax(scores, [s for s in allowed if position - radius <= s <= position + radius])


def local_p(scores: Row, allowed: Sequence[int], position: float, radius: int) -> Row:
    """The softmax of the window times a bell of standard deviation radius / 2."""
    aligned = softmax(scores, [s for s in allowed if position - radius <= s <= position + radius])
    deviation = radius / 2
    return [w * math.exp(-((s - position) ** 2) / (2 * deviation**2)) for s, w in enumerate(aligned)]


def monotonic(energies: Row, allowed: Sequence[int], last: Row) -> Row:
    """p_s sum_{k <= s} last_k prod_{l = k}^{s - 1} (1 - p_l)"""
    p = [1 / (1 + math.exp(-energies[s])) if s in allowed else 0.0 for s in range(len(energies))]
    return [
        p[s] * sum(last[k] * math.prod(1 - p[i] for i in range(k, s)) for k in range(s + 1))
        for s in range(len(energies))
    ]


def hard_monotonic(energies: Row, allowed: Sequence[int], last: int | None) -> int | None:
    """Algorithm 1 of the paper, without the draws: the first key from the last one on with p >= 0.5."""
    if last is None:
        return None
    return next((s for s in range(last, len(energies)) if s in allowed and energies[s] >= 0), None)
