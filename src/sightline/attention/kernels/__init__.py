"""Fast forms of what the scores compute, each held to the plain form by a test."""

from sightline.attention.kernels.additive import additive_scores

__all__ = ["additive_scores"]
