"""Fast forms of what the scores compute, each held to the plain form by a test."""

from sightline.attention.kernels.additive import AdditiveLoop, additive_scores

__all__ = ["AdditiveLoop", "additive_scores"]
