"""Checks of what the searches are given."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sightline.errors import ConfigError, SightlineError

__all__ = ["check_symbols", "length_limits", "refuse_nan"]


def length_limits(max_length: int | Sequence[int], batch: int) -> NDArray[np.int64]:
    """The maximum length of each of `batch` inputs, the end symbol counted.

    Raises:
        ConfigError: for a batch or a length below 1, or a list of lengths that does not fit the batch.
    """
    if batch < 1:
        raise ConfigError(f"batch is {batch}, expected at least 1: give the number of inputs in the memory")
    lengths = [max_length] * batch if isinstance(max_length, int) else list(max_length)
    if len(lengths) != batch:
        raise ConfigError(f"max_length holds {len(lengths)} lengths for {batch} inputs: give one each, or one for all")
    if min(lengths) < 1:
        raise ConfigError(f"max_length is {min(lengths)}, expected at least 1, since the end symbol is counted")
    return np.array(lengths, dtype=np.int64)


def check_symbols(eos: int, forbidden: Sequence[int]) -> None:
    """See that a sequence can end.

    Raises:
        ConfigError: when the end symbol is forbidden.
    """
    if eos in forbidden:
        raise ConfigError(f"the end symbol {eos} is among the forbidden {list(forbidden)}: no sequence could end")


def refuse_nan(found: bool) -> None:
    """Stop when the model's log-probabilities hold what is not a number.

    Raises:
        SightlineError: when one was found.
    """
    if found:
        raise SightlineError(
            "the model gave log-probabilities that are not numbers: its weights or inputs are not finite, "
            "so look at the loss of its training, or at its folder"
        )
