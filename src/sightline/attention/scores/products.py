"""Scores that are products of query and key."""

import math

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["Bilinear", "Cosine", "Dot", "ScaledDot"]

_SMALLEST = 1e-6  # a shorter vector counts as one of this length, so that its direction's gradient stays finite
_SHARPNESS = 5.0  # at the beginning: a key that points as the query does gets e^5 times one at a right angle


class Dot(nn.Module):
    """Dot score: `q . k` (Luong, Pham and Manning 2015, section 3.1). Query and key have one width.

    Example:
        >>> import torch
        >>> Dot()(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0]])).tolist()
        [[11.0]]
    """

    def prepare(self, key: Float[Tensor, "*B S K"]) -> Float[Tensor, "*B S K"]:
        """The key as it is."""
        return key

    def forward(self, query: Float[Tensor, "*B T K"], prepared: Float[Tensor, "*#B S K"]) -> Float[Tensor, "*B T S"]:
        """Scores of every query with every key."""
        return query @ prepared.transpose(-1, -2)


class ScaledDot(nn.Module):
    """Scaled dot score: `q . k / sqrt(K)` (Vaswani et al. 2017, section 3.2.1). Query and key have one width.

    Example:
        >>> import torch
        >>> ScaledDot()(torch.ones(1, 4), torch.ones(1, 4)).tolist()
        [[2.0]]
    """

    def prepare(self, key: Float[Tensor, "*B S K"]) -> Float[Tensor, "*B S K"]:
        """The key as it is."""
        return key

    def forward(self, query: Float[Tensor, "*B T K"], prepared: Float[Tensor, "*#B S K"]) -> Float[Tensor, "*B T S"]:
        """Scores of every query with every key."""
        return (query / math.sqrt(query.shape[-1])) @ prepared.transpose(-1, -2)


class Bilinear(nn.Module):
    """Bilinear score, called "general" by Luong: `q . W k` (Luong, Pham and Manning 2015, section 3.1).

    Initialisation: W Xavier uniform.

    Args:
        query_width: Q.
        key_width: K.

    Example:
        >>> import torch
        >>> score = Bilinear(query_width=3, key_width=5)
        >>> score(torch.randn(2, 4, 3), score.prepare(torch.randn(2, 6, 5))).shape
        torch.Size([2, 4, 6])
    """

    def __init__(self, query_width: int, key_width: int) -> None:
        super().__init__()
        self.matrix = nn.Linear(key_width, query_width, bias=False)
        nn.init.xavier_uniform_(self.matrix.weight)

    def prepare(self, key: Float[Tensor, "*B S K"]) -> Float[Tensor, "*B S Q"]:
        """`W k`."""
        return self.matrix(key)

    def forward(self, query: Float[Tensor, "*B T Q"], prepared: Float[Tensor, "*#B S Q"]) -> Float[Tensor, "*B T S"]:
        """Scores of every query with every key."""
        return query @ prepared.transpose(-1, -2)


class Cosine(nn.Module):
    """Cosine score, content addressing: `beta q . k / (|q| |k|)` with a sharpness of the query's own.

        beta = softplus(w . q + c)

    Graves, Wayne and Danihelka 2014, "Neural Turing Machines", section 3.3.1, where the key strength beta is given out
    by the controller; here by the query. Query and key have one width. Initialisation: w zero, c such that beta is 5.

    Args:
        width: K, of query and key.

    Example:
        >>> import torch
        >>> score = Cosine(width=2)
        >>> query, key = torch.tensor([[0.0, 3.0]]), torch.tensor([[0.0, 9.0], [1.0, 0.0]])
        >>> [round(x, 4) for x in score(query, score.prepare(key))[0].tolist()]
        [5.0, 0.0]
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.sharpness = nn.Linear(width, 1)
        nn.init.zeros_(self.sharpness.weight)
        nn.init.constant_(self.sharpness.bias, math.log(math.expm1(_SHARPNESS)))

    def prepare(self, key: Float[Tensor, "*B S K"]) -> Float[Tensor, "*B S K"]:
        """Each key's direction."""
        return F.normalize(key, dim=-1, eps=_SMALLEST)

    def forward(self, query: Float[Tensor, "*B T K"], prepared: Float[Tensor, "*#B S K"]) -> Float[Tensor, "*B T S"]:
        """Scores of every query with every key."""
        direction = F.normalize(query, dim=-1, eps=_SMALLEST)
        return F.softplus(self.sharpness(query)) * (direction @ prepared.transpose(-1, -2))
