"""Windows around one position of the input (Luong, Pham and Manning 2015, section 3.2)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from sightline.attention.masks import combine_masks
from sightline.attention.past import Past
from sightline.attention.selection.protocol import Selected
from sightline.attention.selection.soft import masked_softmax
from sightline.errors import ConfigError

__all__ = ["LocalMonotonic", "LocalPredictive"]


class LocalMonotonic(nn.Module):
    """Local-m: softmax over the keys within D of the query's own position, `|s - t| <= D`.

    Luong, Pham and Manning 2015, section 3.2. A query past the input's end by more than D sees nothing and gets zeros.

    Args:
        radius: D.

    Example:
        >>> import torch
        >>> select = LocalMonotonic(radius=1)
        >>> past = Past(torch.tensor([2]), torch.zeros(1, 5), torch.zeros(1, 5))
        >>> [round(w, 2) for w in select(torch.zeros(1, 5), None, torch.zeros(1, 3), past).weights[0].tolist()]
        [0.0, 0.33, 0.33, 0.33, 0.0]
    """

    counts, remembers = True, False

    def __init__(self, radius: int) -> None:
        super().__init__()
        self.radius = radius

    def forward(
        self,
        scores: Float[Tensor, "*B T S"],
        mask: Bool[Tensor, "..."] | None,
        query: Float[Tensor, "*B T Q"],
        past: Past | None,
    ) -> Selected:
        """Weights inside the window."""
        assert past is not None, "which position a query has"
        near = (_positions(scores) - past.count.unsqueeze(-1)).abs() <= self.radius
        weights = masked_softmax(scores, combine_masks(near, mask))
        return Selected(weights, weights)


class LocalPredictive(nn.Module):
    """Local-p: the query predicts its position p, and a bell around p weakens the softmax of the window.

        p = S sigmoid(v . tanh(W q)),   w_s = softmax_{|s - p| <= D}(a)_s exp(-(s - p)^2 / (2 (D / 2)^2))

    Luong, Pham and Manning 2015, section 3.2, equations 9 and 10; S is the number of keys that the query may see, and
    positions count from 0. The weights sum to less than 1, as in the paper. Initialisation: W Xavier uniform, v zero:
    every query begins in the middle.

    Args:
        query_width: Q.
        width: of the hidden layer.
        radius: D, at least 1.

    Raises:
        ConfigError: for a smaller radius.

    Example:
        >>> import torch
        >>> select = LocalPredictive(query_width=3, width=4, radius=2)
        >>> [round(w, 2) for w in select(torch.zeros(1, 4), None, torch.zeros(1, 3), None).weights[0].tolist()]
        [0.03, 0.15, 0.25, 0.15]
    """

    counts = remembers = False

    def __init__(self, query_width: int, width: int, radius: int) -> None:
        super().__init__()
        if radius < 1:
            raise ConfigError(f"a radius of {radius} leaves the bell no width: choose 1 or more")
        self.radius = radius
        self.hidden = nn.Linear(query_width, width, bias=False)
        self.vector = nn.Parameter(torch.zeros(width))
        nn.init.xavier_uniform_(self.hidden.weight)

    def forward(
        self,
        scores: Float[Tensor, "*B T S"],
        mask: Bool[Tensor, "..."] | None,
        query: Float[Tensor, "*B T Q"],
        past: Past | None,
    ) -> Selected:
        """Weights inside the window."""
        keys = scores.shape[-1] if mask is None else mask.expand(scores.shape).sum(-1)
        centre = (keys * torch.sigmoid(torch.tanh(self.hidden(query)) @ self.vector)).unsqueeze(-1)
        distance = _positions(scores) - centre
        aligned = masked_softmax(scores, combine_masks(distance.abs() <= self.radius, mask))
        weights = aligned * torch.exp(distance.square() / (-0.5 * self.radius**2))
        return Selected(weights, weights)


def _positions(scores: Tensor) -> Tensor:
    return torch.arange(scores.shape[-1], device=scores.device)
