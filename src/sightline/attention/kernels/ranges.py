"""Of which |q| + |k|, at their largest, the form of exponentials gives the tanh of their sum."""

import math

import torch

__all__ = ["SMALLEST", "limit"]

SMALLEST = 0.25  # below, 1 - 2 / (1 + x) would lose digits that tanh keeps


def limit(kind: torch.dtype) -> float:
    """The logarithm of the largest number, halved, with some distance."""
    return math.log(torch.finfo(kind).max) / 2 - 1
