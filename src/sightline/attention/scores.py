"""Scores: how well a query fits a key.

Every score is a module of two steps: `prepare(key)` is all that does not depend on the query, `score(query, prepared)`
the rest. Q is the query's width, K the key's, W what a prepared key has.
"""

import math
from collections.abc import Callable
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sightline.attention.kernels import additive_scores
from sightline.errors import ConfigError

__all__ = ["SCORES", "Additive", "Bilinear", "Dot", "ScaledDot", "Score", "build_score", "named_score"]


@runtime_checkable
class Score(Protocol):
    """What a score offers; any module with these two methods can be passed where a score is taken."""

    def prepare(self, key: Tensor) -> Tensor:
        """`[..., S, K] -> [..., S, W]`: what does not depend on the query."""
        ...

    def __call__(self, query: Tensor, prepared: Tensor) -> Tensor:
        """`[..., T, Q], [..., S, W] -> [..., T, S]`."""
        ...


class Additive(nn.Module):
    """Additive score: `v . tanh(W q + U k + b)`.

    Bahdanau, Cho and Bengio 2015, "Neural Machine Translation by Jointly Learning to Align and Translate", appendix
    A.1.2; the paper has no bias b. Initialisation: W and U Xavier uniform, b zero, v uniform within `1 / sqrt(width)`.

    Args:
        query_width: Q.
        key_width: K.
        width: width of the hidden layer.

    Example:
        >>> import torch
        >>> score = Additive(query_width=3, key_width=5, width=7)
        >>> score(torch.randn(2, 4, 3), score.prepare(torch.randn(2, 6, 5))).shape
        torch.Size([2, 4, 6])
    """

    def __init__(self, query_width: int, key_width: int, width: int) -> None:
        super().__init__()
        self.query = nn.Linear(query_width, width, bias=False)
        self.key = nn.Linear(key_width, width)
        self.vector = nn.Parameter(torch.empty(width))
        nn.init.xavier_uniform_(self.query.weight)
        nn.init.xavier_uniform_(self.key.weight)
        nn.init.zeros_(self.key.bias)
        nn.init.uniform_(self.vector, -1 / math.sqrt(width), 1 / math.sqrt(width))

    def prepare(self, key: Float[Tensor, "*B S K"]) -> Float[Tensor, "*B S W"]:
        """`U k + b`."""
        return self.key(key)

    def forward(self, query: Float[Tensor, "*B T Q"], prepared: Float[Tensor, "*B S W"]) -> Float[Tensor, "*B T S"]:
        """Scores of every query with every key."""
        return additive_scores(self.query(query), prepared, self.vector)


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

    def forward(self, query: Float[Tensor, "*B T K"], prepared: Float[Tensor, "*B S K"]) -> Float[Tensor, "*B T S"]:
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

    def forward(self, query: Float[Tensor, "*B T K"], prepared: Float[Tensor, "*B S K"]) -> Float[Tensor, "*B T S"]:
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

    def forward(self, query: Float[Tensor, "*B T Q"], prepared: Float[Tensor, "*B S Q"]) -> Float[Tensor, "*B T S"]:
        """Scores of every query with every key."""
        return query @ prepared.transpose(-1, -2)


def _same_width(score: type[Dot] | type[ScaledDot], name: str, query_width: int, key_width: int) -> Score:
    if query_width != key_width:
        raise ConfigError(
            f"the {name} score compares a query and a key of one width, and here they have {query_width} and "
            f"{key_width}: use 'bilinear' or 'additive', or make the widths equal"
        )
    return score()


SCORES: dict[str, Callable[[int, int, int], Score]] = {
    "additive": Additive,
    "dot": lambda query_width, key_width, width: _same_width(Dot, "dot", query_width, key_width),
    "scaled_dot": lambda query_width, key_width, width: _same_width(ScaledDot, "scaled_dot", query_width, key_width),
    "bilinear": lambda query_width, key_width, width: Bilinear(query_width, key_width),
}
_WITHOUT_WEIGHTS: dict[str, Callable[[], Score]] = {"dot": Dot, "scaled_dot": ScaledDot}


def build_score(name: str, *, query_width: int, key_width: int, width: int) -> Score:
    """The score of that name for those widths; raises ConfigError for an unknown name or widths that do not fit."""
    if name not in SCORES:
        raise ConfigError(f"unknown score {name!r}: choose one of {', '.join(SCORES)}")
    return SCORES[name](query_width, key_width, width)


def named_score(name: str) -> Score:
    """The score of that name, where it has no weights to learn; raises ConfigError otherwise."""
    if name in _WITHOUT_WEIGHTS:
        return _WITHOUT_WEIGHTS[name]()
    if name in SCORES:
        raise ConfigError(
            f"the score {name!r} has weights to learn: pass a score object, from build_score({name!r}, ...)"
        )
    raise ConfigError(f"unknown score {name!r}: choose one of {', '.join(SCORES)}")
