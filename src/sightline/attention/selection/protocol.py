"""What a selection offers, and how a plain function becomes one."""

from collections.abc import Callable
from typing import NamedTuple, Protocol, runtime_checkable

from torch import Tensor, nn

from sightline.attention.past import Past

__all__ = ["Plain", "Selected", "Selection", "SelectionFunction"]

SelectionFunction = Callable[[Tensor, Tensor | None], Tensor]  # scores, mask -> weights


class Selected(NamedTuple):
    """The weights that the values are read under, and the probabilities from which they were chosen.

    Both are one where nothing is chosen.
    """

    weights: Tensor
    probabilities: Tensor


@runtime_checkable
class Selection(Protocol):
    """From scores to weights, where the query and what was seen before may have a say.

    Attributes:
        counts: it asks how many queries came before, `past.count`.
        remembers: it asks where they looked, so that queries have to come one after the other.
    """

    counts: bool
    remembers: bool

    def __call__(self, scores: Tensor, mask: Tensor | None, query: Tensor, past: Past | None) -> Selected:
        """Scores `[*B, T, S]`, mask broadcastable to them, queries `[*B, T, Q]`, the past of each: the weights."""
        ...


class Plain(nn.Module):
    """A selection that is a function of scores and mask.

    Args:
        function: `[..., T, S]` scores and a mask to weights.
    """

    counts = remembers = False

    def __init__(self, function: SelectionFunction) -> None:
        super().__init__()
        self.function = function

    def forward(self, scores: Tensor, mask: Tensor | None, query: Tensor, past: Past | None) -> Selected:
        """The function's weights."""
        weights = self.function(scores, mask)
        return Selected(weights, weights)
