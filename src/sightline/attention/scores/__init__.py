"""Scores: how well a query fits a key.

Every score is a module of two steps: `prepare(key)` is all that does not depend on the query, `score(query, prepared)`
the rest. Q is the query's width, K the key's, W what a prepared key has.
"""

from sightline.attention.scores.hidden import Additive, Concat
from sightline.attention.scores.location import Location
from sightline.attention.scores.products import Bilinear, Cosine, Dot, ScaledDot
from sightline.attention.scores.protocol import LoopScore, Score
from sightline.attention.scores.table import SCORES, Sizes, as_score, build_score

__all__ = [
    "SCORES",
    "Additive",
    "Bilinear",
    "Concat",
    "Cosine",
    "Dot",
    "Location",
    "LoopScore",
    "ScaledDot",
    "Score",
    "Sizes",
    "as_score",
    "build_score",
]
