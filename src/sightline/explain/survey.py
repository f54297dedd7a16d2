"""Where attention goes over many inputs: which heads do something, and how often maps are to be believed."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from sightline.explain.measures import entropy
from sightline.explain.verdict import tally, tally_lines
from sightline.results import AttentionMap, Prediction, Verdict

__all__ = ["HeadSurvey", "Survey", "survey"]

_SINK = 0.9  # of the weight on symbols that stand for no text
_SAME = 0.05  # of the weight that moves from one query to another
_WIDE = 0.95  # of the entropy of uniform weights


@dataclass(frozen=True, slots=True)
class HeadSurvey:
    """Where one head looks, on average over all queries of all inputs; layers and heads count from 0.

    Attributes:
        map: its name.
        layer: None where the map has no layers.
        head: likewise.
        entropy: of the weights, as a share of that of uniform ones over as many keys.
        symbols: the weight on symbols that stand for no text, such as `<eos>`.
        diagonal: the weight on the key at the query's own place, relative to both lengths, and on its two neighbours.
        moves: how much of the weight moves from query to query: the mean total variation distance of a row from the
            mean row of its input, 0 where all queries look alike.
    """

    map: str
    layer: int | None
    head: int | None
    entropy: float
    symbols: float
    diagonal: float
    moves: float

    @property
    def remark(self) -> str:
        """What is odd about it; empty for nothing."""
        if self.symbols >= _SINK:
            return "a sink: looks at symbols alone"
        if self.entropy >= _WIDE:
            return "looks at everything alike"
        return "looks at the same whatever is asked" if self.moves <= _SAME else ""

    def __str__(self) -> str:
        name = self.map if self.layer is None or self.head is None else f"{self.map} {self.layer + 1}.{self.head + 1}"
        shares = (self.entropy, self.symbols, self.diagonal, self.moves)
        return f"{name:<14}{''.join(f'{share:>10.0%}' for share in shares)}  {self.remark}".rstrip()


@dataclass(frozen=True, slots=True)
class Survey:
    """What many predictions have in common.

    Attributes:
        predictions: how many there were.
        heads: of each map, the first layer's first.
        verdicts: how many maps were supported, weak or not supported; empty where that was not asked.
    """

    predictions: int
    heads: Sequence[HeadSurvey]
    verdicts: Mapping[str, int]

    def __str__(self) -> str:
        titles = "".join(f"{title:>10}" for title in ("entropy", "symbols", "diagonal", "moves"))
        lines = [f"{'':<14}{titles}", *map(str, self.heads)]
        return "\n".join([*lines, *tally_lines(self.verdicts)])


def survey(predictions: Iterable[Prediction]) -> Survey:
    """Sum up the attention of many predictions of one model.

    Example:
        >>> from sightline.results import Piece
        >>> pieces = [Piece("a", 0, 1, 0), Piece("b", 1, 2, 1), Piece("<eos>")]
        >>> sink = AttentionMap(np.array([[0, 0, 1]] * 3, np.float32), pieces, pieces)
        >>> print(survey([Prediction("ab", 0.0, pieces, "ab", pieces, {"cross": sink})]))
                         entropy   symbols  diagonal     moves
        cross                 0%      100%       67%        0%  a sink: looks at symbols alone
    """
    totals: dict[tuple[str, int | None, int | None], NDArray[np.float64]] = {}
    verdicts: list[Verdict | None] = []
    count = 0
    for prediction in predictions:
        count += 1
        verdicts.append(prediction.verdict)
        for name, each in prediction.attention.items():
            for place, weights in _heads(each):
                totals[(name, *place)] = totals.get((name, *place), 0.0) + _figures(weights, each)
    heads = [HeadSurvey(*key, *(found[:4] / max(found[4], 1)).tolist()) for key, found in totals.items()]
    return Survey(count, heads, tally(verdicts))


def _heads(map: AttentionMap) -> Iterable[tuple[tuple[int | None, int | None], NDArray[np.float64]]]:
    weights = map.weights.astype(np.float64)
    if map.weights.ndim == 2:
        return [((None, None), weights)]
    return [((layer, head), weights[layer, head]) for layer, head in np.ndindex(weights.shape[:2])]


def _figures(weights: NDArray[np.float64], map: AttentionMap) -> NDArray[np.float64]:
    """Entropy, symbols, diagonal and moves, each summed over the queries that attend to something, and their number."""
    rows = weights[weights.any(1)]
    queries, keys = weights.shape
    if not len(rows):
        return np.zeros(5)
    spread = len(rows) * float(entropy(torch.from_numpy(rows))) / math.log(keys) if keys > 1 else 0.0
    symbols = rows[:, [piece.start is None for piece in map.keys]].sum()
    places = np.arange(queries) * (keys - 1) / max(queries - 1, 1)
    near = np.abs(np.arange(keys) - places[:, None]) < 1.5
    moved = np.abs(rows - rows.mean(0)).sum() / 2
    return np.array([spread, symbols, (weights * near).sum(), moved, len(rows)])
