"""Heads: what a document's vector says of its labels, and how wrong that was."""

from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["Head", "OneHead", "OrderedHead", "SeveralHead"]


@runtime_checkable
class Head(Protocol):
    """Scores that are linear in the document's vector, and what they mean. K scores tell of C classes."""

    def __call__(self, pooled: Float[Tensor, "B D"]) -> Float[Tensor, "B K"]:
        """The scores."""
        ...

    def shares(self, parts: Float[Tensor, "B L D"]) -> Float[Tensor, "B L K"]:
        """What each part of a vector adds to each score; with `constant` they sum to it."""
        ...

    @property
    def constant(self) -> Float[Tensor, " K"]:
        """The scores of a vector of zeros."""
        ...

    def probabilities(self, scores: Float[Tensor, "B K"]) -> Float[Tensor, "B C"]:
        """Of each class."""
        ...

    def loss(self, scores: Float[Tensor, "B K"], labels: Tensor) -> Float[Tensor, " B"]:
        """The negative log-likelihood of each document's label, in nats."""
        ...


class _Linear(nn.Module):
    """`W v + b`; Xavier uniform, b zero."""

    def __init__(self, width: int, scores: int) -> None:
        super().__init__()
        self.output = nn.Linear(width, scores)
        nn.init.xavier_uniform_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def forward(self, pooled: Float[Tensor, "B D"]) -> Float[Tensor, "B K"]:
        """The scores."""
        return self.output(pooled)

    def shares(self, parts: Float[Tensor, "B L D"]) -> Float[Tensor, "B L K"]:
        """What each part of a vector adds to each score."""
        return parts @ self.output.weight.t()

    @property
    def constant(self) -> Float[Tensor, " K"]:
        """b."""
        return self.output.bias


class OneHead(_Linear):
    """One of C classes: `softmax(W v + b)`.

    Args:
        width: D.
        classes: C.

    Example:
        >>> head = OneHead(2, 3)
        >>> head.probabilities(head(torch.zeros(1, 2))).sum().item()
        1.0
    """

    def probabilities(self, scores: Float[Tensor, "B K"]) -> Float[Tensor, "B C"]:
        """Of each class; they sum to 1."""
        return scores.softmax(-1)

    def loss(self, scores: Float[Tensor, "B K"], labels: Int[Tensor, " B"]) -> Float[Tensor, " B"]:
        """`-log p(y)`."""
        return F.cross_entropy(scores, labels, reduction="none")


class SeveralHead(_Linear):
    """Any of C classes, each for itself: `sigmoid(W v + b)`.

    Args:
        width: D.
        classes: C.
    """

    def probabilities(self, scores: Float[Tensor, "B K"]) -> Float[Tensor, "B C"]:
        """Of each class, whatever the others."""
        return scores.sigmoid()

    def loss(self, scores: Float[Tensor, "B K"], labels: Float[Tensor, "B C"]) -> Float[Tensor, " B"]:
        """The sum over classes; labels are 1 where a class holds and else 0."""
        return F.binary_cross_entropy_with_logits(scores, labels, reduction="none").sum(-1)


_APART = 1e-3  # two thresholds are at least


class OrderedHead(nn.Module):
    """Classes in an order, one scale and C - 1 thresholds on it: `p(y > k) = sigmoid(w . v - t_k)`.

    The proportional odds model (McCullagh 1980). Thresholds rise: the first is free, the others are distances through a
    softplus. Initialisation: w Xavier uniform, thresholds one apart around zero.

    Args:
        width: D.
        classes: C.

    Example:
        >>> head = OrderedHead(2, 3)
        >>> head.probabilities(head(torch.zeros(1, 2))).shape
        torch.Size([1, 3])
    """

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.scale = nn.Linear(width, 1, bias=False)
        self.first = nn.Parameter(torch.tensor([1 - classes / 2]))
        self.distances = nn.Parameter(torch.full((classes - 2,), 0.5413))  # whose softplus is 1
        nn.init.xavier_uniform_(self.scale.weight)

    @property
    def constant(self) -> Float[Tensor, " K"]:
        """`-t_k`."""
        return -torch.cat([self.first, self.first + F.softplus(self.distances).cumsum(0)])

    def forward(self, pooled: Float[Tensor, "B D"]) -> Float[Tensor, "B K"]:
        """`w . v - t_k`."""
        return self.scale(pooled) + self.constant

    def shares(self, parts: Float[Tensor, "B L D"]) -> Float[Tensor, "B L K"]:
        """What each part adds to the place on the scale, the same for all thresholds."""
        return self.scale(parts).expand(-1, -1, len(self.constant))

    def probabilities(self, scores: Float[Tensor, "B K"]) -> Float[Tensor, "B C"]:
        """Differences of what lies above one threshold and above the next."""
        above = F.pad(F.pad(scores.sigmoid(), (1, 0), value=1.0), (0, 1), value=0.0)
        shares = (above[:, :-1] - above[:, 1:]).clamp_min(0)
        return shares / shares.sum(-1, keepdim=True)  # where scores from elsewhere do not fall, they were more than 1

    def loss(self, scores: Float[Tensor, "B K"], labels: Int[Tensor, " B"]) -> Float[Tensor, " B"]:
        """`-log p(y)`, as a difference of sigmoids in logs: `log sigmoid(a) + log sigmoid(-b) + log(1 - e^(b - a))`."""
        high = F.pad(scores, (1, 0), value=torch.inf).gather(1, labels.unsqueeze(1))[:, 0]
        low = F.pad(scores, (0, 1), value=-torch.inf).gather(1, labels.unsqueeze(1))[:, 0]
        # Scores may come from elsewhere, and fall less than they should from one threshold to the next, or not at all.
        return -(F.logsigmoid(high) + F.logsigmoid(-low) + torch.log(-torch.expm1((low - high).clamp_max(-_APART))))
