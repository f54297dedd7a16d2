"""The finished hypotheses of a beam search, and the history they are read from."""

from bisect import insort
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sightline.decoding.protocol import Hypothesis

__all__ = ["Finished"]


class _End(NamedTuple):
    """A place where a sequence ended: ordered best first, and among equals the first met first."""

    cost: float  # the negative score
    met: int
    log_prob: float
    row: int
    length: int


class Finished:
    """Keeps the best finished hypotheses of each input.

    Sequences are not copied as they grow. Each step leaves the row it came from and the token it wrote, and only what
    was kept to the end is traced back.

    Attributes:
        worst: `[B]`, the score that a hypothesis of each input must pass to be kept.
    """

    def __init__(self, batch: int, n_best: int, eos: int) -> None:
        self.worst = np.full(batch, -np.inf)
        self._n_best = n_best
        self._eos = eos
        self._met = 0
        self._ends: list[list[_End]] = [[] for _ in range(batch)]
        self._history: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []

    def extend(self, parents: NDArray[np.int64], tokens: NDArray[np.int64]) -> None:
        """Note the rows of a step: which row of the step before each goes on from, and the token it writes."""
        self._history.append((parents, tokens))

    def add(
        self,
        inputs: NDArray[np.int64],
        scores: NDArray[np.float64],
        log_probs: NDArray[np.float64],
        rows: NDArray[np.int64],
    ) -> None:
        """Offer sequences that end now, after the rows given; the best are kept."""
        length = len(self._history) + 1
        for index in np.flatnonzero(scores > self.worst[inputs]).tolist():
            ends = self._ends[inputs[index]]
            self._met += 1
            insort(ends, _End(-float(scores[index]), self._met, float(log_probs[index]), int(rows[index]), length))
            del ends[self._n_best :]
            if len(ends) == self._n_best:
                self.worst[inputs[index]] = -ends[-1].cost

    def hypotheses(self, limits: NDArray[np.int64]) -> list[list[Hypothesis]]:
        """The kept hypotheses of each input, best first."""
        texts = iter(self._trace([end for ends in self._ends for end in ends]))
        return [
            [Hypothesis(next(texts), end.log_prob, -end.cost, end.length == limit) for end in ends]
            for ends, limit in zip(self._ends, limits.tolist(), strict=True)
        ]

    def _trace(self, ends: list[_End]) -> list[tuple[int, ...]]:
        """Read all sequences at once, from their last tokens back to their first."""
        rows = np.array([end.row for end in ends], dtype=np.int64)
        lengths = np.array([end.length for end in ends], dtype=np.int64)
        tokens = np.full((len(ends), len(self._history) + 1), self._eos)
        for place in range(len(self._history) - 1, -1, -1):
            parents, written = self._history[place]
            begun = np.flatnonzero(lengths > place + 1)
            tokens[begun, place] = written[rows[begun]]
            rows[begun] = parents[rows[begun]]
        return [tuple(row[:length]) for row, length in zip(tokens.tolist(), lengths.tolist(), strict=True)]
