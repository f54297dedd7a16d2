"""Where attention goes over many documents or series: which part of an input, which words or steps."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from sightline.explain.measures import entropy
from sightline.explain.verdict import tally, tally_lines
from sightline.results import Verdict

__all__ = ["PlaceSurvey", "Seen", "survey_places"]

_PARTS = 10  # of an input
_NAMES = 10  # are told


class Seen(NamedTuple):
    """The attention to one input.

    Attributes:
        weights: of its places, from the beginning to the end.
        names: of what was attended to, such as words, with the weight of each.
        verdict: whether that is to be believed, where it was asked.
    """

    weights: NDArray[np.floating]
    names: Sequence[tuple[str, float]]
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class PlaceSurvey:
    """What the attention to many inputs has in common.

    Attributes:
        inputs: that attention went to, how many.
        entropy: of the weights, as a share of that of uniform ones over as many places, the mean over inputs of more
            than one; NaN where there is none.
        tenths: of the attention to an input how much lies on each tenth of it, the mean, from its beginning to its end.
        names: how much of an input's attention what goes by a name has, the mean over all inputs, the most first.
        verdicts: how many maps were supported, weak or not supported; empty where that was not asked.
    """

    inputs: int
    entropy: float
    tenths: Sequence[float]
    names: Mapping[str, float]
    verdicts: Mapping[str, int]

    def __str__(self) -> str:
        if not self.inputs:
            return "nothing was attended to"
        shares = " ".join(f"{share:.1%}" for share in self.tenths)
        named = ", ".join(f"{name} {share:.1%}" for name, share in list(self.names.items())[:_NAMES])
        lines = [
            f"inputs attended to: {self.inputs:,}; entropy {self.entropy:.0%} of that of uniform weights",
            f"on each tenth of an input, from its beginning: {shares}",
            f"most of all on: {named}",
        ]
        return "\n".join([*lines, *tally_lines(self.verdicts)])


def survey_places(seen: Iterable[Seen]) -> PlaceSurvey:
    """Sum up the attention to many inputs; one that nothing is attended to in is left out.

    Example:
        >>> one = Seen(np.array([0.0, 0.0, 0.0, 1.0]), [("film", 0.0), ("good", 1.0)], None)
        >>> print(survey_places([one]))
        inputs attended to: 1; entropy 0% of that of uniform weights
        on each tenth of an input, from its beginning: 0.0% 0.0% 0.0% 0.0% 0.0% 0.0% 0.0% 20.0% 40.0% 40.0%
        most of all on: good 100.0%, film 0.0%
    """
    names: dict[str, float] = {}
    verdicts: list[Verdict | None] = []
    tenths, entropies, count = np.zeros(_PARTS), list[float](), 0
    for weights, named, verdict in seen:
        whole = float(weights.sum())
        if whole <= 0:
            continue
        count += 1
        rows = weights / whole
        tenths += _in_parts(rows)
        if len(rows) > 1:
            entropies.append(float(entropy(torch.from_numpy(rows).unsqueeze(0))) / math.log(len(rows)))
        for name, weight in named:
            names[name] = names.get(name, 0.0) + weight / whole
        verdicts.append(verdict)
    shared = max(count, 1)
    return PlaceSurvey(
        inputs=count,
        entropy=sum(entropies) / len(entropies) if entropies else math.nan,
        tenths=(tenths / shared).tolist(),
        names={name: weight / shared for name, weight in sorted(names.items(), key=lambda item: -item[1])},
        verdicts=tally(verdicts),
    )


def _in_parts(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    """Weights of places on equal parts of an input; a place that reaches over a border is shared out."""
    ends = np.concatenate([[0.0], np.cumsum(rows, dtype=np.float64)])
    return np.diff(np.interp(np.linspace(0, len(rows), _PARTS + 1), np.arange(len(rows) + 1), ends))
