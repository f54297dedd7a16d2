"""Selections turn scores into weights; a query with nothing to attend to gets zeros."""

from sightline.attention.selection.hard import CHOICES, ESTIMATORS, Hard
from sightline.attention.selection.local import LocalMonotonic, LocalPredictive
from sightline.attention.selection.monotonic import Monotonic
from sightline.attention.selection.protocol import Plain, Selected, Selection, SelectionFunction
from sightline.attention.selection.soft import entmax15, masked_softmax, sparsemax
from sightline.attention.selection.table import SELECTIONS, as_selection, build_selection

__all__ = [
    "CHOICES",
    "ESTIMATORS",
    "SELECTIONS",
    "Hard",
    "LocalMonotonic",
    "LocalPredictive",
    "Monotonic",
    "Plain",
    "Selected",
    "Selection",
    "SelectionFunction",
    "as_selection",
    "build_selection",
    "entmax15",
    "masked_softmax",
    "sparsemax",
]
