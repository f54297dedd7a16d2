"""Fast forms of what the scores compute, each held to the plain form by a test; how loops in C are built and called."""

from sightline.attention.kernels.additive import AdditiveLoop, additive_scores
from sightline.attention.kernels.loops import Loops, share

__all__ = ["AdditiveLoop", "Loops", "additive_scores", "share"]
