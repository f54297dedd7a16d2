"""How weights become colours, alike in pictures and on pages."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["darkest"]


def darkest(weights: NDArray[np.float32]) -> float:
    """The weight that the darkest colour stands for: 1, or the largest weight where that is below one half.

    Example:
        >>> darkest(np.array([[0.9, 0.1]], np.float32)), darkest(np.array([[0.25, 0.25]], np.float32))
        (1.0, 0.25)
    """
    highest = float(weights.max(initial=0))
    return highest if 0 < highest < 0.5 else 1.0
