"""What a score offers."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from torch import Tensor

__all__ = ["LoopScore", "Score"]


@runtime_checkable
class Score(Protocol):
    """What a score offers; any module with these two methods can be passed where a score is taken."""

    def prepare(self, key: Tensor) -> Tensor:
        """`[..., S, K] -> [..., S, W]`: what does not depend on the query."""
        ...

    def __call__(self, query: Tensor, prepared: Tensor) -> Tensor:
        """`[..., T, Q], [..., S, W] -> [..., T, S]`."""
        ...


@runtime_checkable
class LoopScore(Protocol):
    """What a score may offer on top: something quicker where queries come one step after the other."""

    def loop(self, prepared: Tensor, steps: int, queries: int) -> Callable[[Tensor], Tensor]:
        """For `[B, S, W]` and T steps of K queries: what to call at each step, `[B, K, Q] -> [B, K, S]`."""
        ...
