"""Learning-rate schedules: pure functions of the update's number, giving the factor on the peak learning rate."""

import math
from collections.abc import Callable

__all__ = ["SCHEDULES", "Schedule", "constant", "cosine", "inverse_sqrt"]

Schedule = Callable[[int, int, int | None], float]
"""`(step, warmup, total) -> factor`: step counts from 1, total is the last step, or None where no end is set."""


def constant(step: int, warmup: int, total: int | None) -> float:
    """Warm-up, then constant.

        factor = min(1, step / warmup)

    Args:
        step: the update, counted from 1.
        warmup: updates over which the rate rises linearly; 0 for none.
        total: not needed here; all schedules take the same arguments.

    Example:
        >>> [constant(step, 4, None) for step in (1, 2, 4, 100)]
        [0.25, 0.5, 1.0, 1.0]
    """
    return min(1.0, step / max(warmup, 1))


def inverse_sqrt(step: int, warmup: int, total: int | None) -> float:
    """Warm-up, then the inverse square root of the step (Vaswani et al. 2017, section 5.3).

        factor = min(step / warmup, sqrt(warmup / step))

    The paper's rate times sqrt(D warmup), so that the peak, at `step = warmup`, is 1 and the learning rate set is the
    largest one used.

    Args:
        step: the update, counted from 1.
        warmup: updates over which the rate rises linearly; 0 counts as 1.
        total: not needed here; all schedules take the same arguments.

    Example:
        >>> [inverse_sqrt(step, 100, None) for step in (50, 100, 400)]
        [0.5, 1.0, 0.5]
    """
    warmup = max(warmup, 1)
    return min(step / warmup, math.sqrt(warmup / step))


def cosine(step: int, warmup: int, total: int | None) -> float:
    """Warm-up, then half a cosine down to 0 (Loshchilov and Hutter 2017, equation 5, one cycle without restarts).

        factor = step / warmup                                             up to warmup
        factor = (1 + cos(pi (step - warmup) / (total - warmup))) / 2      after it; 0 from `total` on

    Args:
        step: the update, counted from 1.
        warmup: updates over which the rate rises linearly; 0 for none.
        total: the update at which the rate reaches 0; None while nothing is known of it, as at the start of a run
            that ends by the clock.

    Example:
        >>> [round(cosine(step, 10, 110), 4) for step in (5, 10, 60, 110)]
        [0.5, 1.0, 0.5, 0.0]
    """
    if step <= warmup:
        return step / warmup
    if total is None:
        return 1.0
    if step >= total:
        return 0.0
    return 0.5 * (1.0 + math.cos(math.pi * (step - warmup) / (total - warmup)))


SCHEDULES: dict[str, Schedule] = {"constant": constant, "inverse_sqrt": inverse_sqrt, "cosine": cosine}
