"""What is explained of a classification: which answer the numbers of words and n-grams speak for."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sightline.data.documents import Label, Labels

__all__ = ["Side", "sides_of"]


class Side(NamedTuple):
    """One answer.

    Attributes:
        meaning: what speaks for it, for people.
        weights: `[K]`, how much each score says for it.
    """

    meaning: str
    weights: NDArray[np.float32]


def sides_of(labels: Labels, label: Label, probabilities: Sequence[float]) -> list[Side]:
    """The answer that a document got.

    Where only one label can hold it is that one's score less the mean of the others; with ordered labels the mean over
    the borders between them, so that what is above zero speaks for more; where there may be several a side for each
    that was given, or for the likeliest if none was: its own score.

    Args:
        labels: of the model.
        label: that was given.
        probabilities: of each class.
    """
    count = len(labels.classes)
    if labels.kind == "ordered":
        meaning = f"words for more of it, and for less (from {labels.classes[0]} to {labels.classes[-1]})"
        return [Side(meaning, np.full(count - 1, 1 / (count - 1), np.float32))]
    named = [label] if isinstance(label, str) else list(label) or [labels.classes[int(np.argmax(probabilities))]]
    found: list[Side] = []
    for name in named:
        weights = np.full(count, -1 / (count - 1) if labels.kind == "one" else 0, np.float32)
        weights[labels.classes.index(name)] = 1
        found.append(Side(f"words for {name!r}, and against it", weights))
    return found
