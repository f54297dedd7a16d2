"""What a score offers."""

from typing import Protocol, runtime_checkable

from torch import Tensor

__all__ = ["Score"]


@runtime_checkable
class Score(Protocol):
    """What a score offers; any module with these two methods can be passed where a score is taken."""

    def prepare(self, key: Tensor) -> Tensor:
        """`[..., S, K] -> [..., S, W]`: what does not depend on the query."""
        ...

    def __call__(self, query: Tensor, prepared: Tensor) -> Tensor:
        """`[..., T, Q], [..., S, W] -> [..., T, S]`."""
        ...
