"""Scores with a hidden layer of tanh units, which query and key enter together."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sightline.attention.kernels import AdditiveLoop, additive_scores
from sightline.attention.stepping import StepProduct

__all__ = ["Additive", "Concat"]


def _vector(width: int) -> nn.Parameter:
    return nn.Parameter(torch.empty(width).uniform_(-1 / math.sqrt(width), 1 / math.sqrt(width)))


def _loop(weight: Tensor, prepared: Tensor, vector: Tensor, steps: int, queries: int) -> Callable[[Tensor], Tensor]:
    """`v . tanh(W q + ...)` for T steps of K queries, `[B, K, Q] -> [B, K, S]`."""
    score = AdditiveLoop(prepared, vector, steps, queries)
    project = StepProduct(weight, weight.new_zeros(()).expand(steps, len(prepared) * queries, len(weight)))
    return lambda query: score(project(query.flatten(0, 1)).unflatten(0, query.shape[:2]))


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
        self.vector = _vector(width)
        nn.init.xavier_uniform_(self.query.weight)
        nn.init.xavier_uniform_(self.key.weight)
        nn.init.zeros_(self.key.bias)

    def prepare(self, key: Float[Tensor, "*B S K"]) -> Float[Tensor, "*B S W"]:
        """`U k + b`."""
        return self.key(key)

    def forward(self, query: Float[Tensor, "*B T Q"], prepared: Float[Tensor, "*#B S W"]) -> Float[Tensor, "*B T S"]:
        """Scores of every query with every key."""
        return additive_scores(self.query(query), prepared, self.vector)

    def loop(self, prepared: Float[Tensor, "B S W"], steps: int, queries: int) -> Callable[[Tensor], Tensor]:
        """The scores of one step after the other, `[B, K, Q] -> [B, K, S]`."""
        return _loop(self.query.weight, prepared, self.vector, steps, queries)


class Concat(nn.Module):
    """Concat score: `v . tanh(W [q; k])`, one matrix over both side by side.

    Luong, Pham and Manning 2015, "Effective Approaches to Attention-based Neural Machine Translation", section 3.1.
    `W [q; k] = W_q q + W_k k`: the additive score without its bias, and so computed, since the concatenation would be
    made for every pair. What differs is the start: W Xavier uniform as one matrix, v uniform within `1 / sqrt(width)`.

    Args:
        query_width: Q.
        key_width: K.
        width: width of the hidden layer.

    Example:
        >>> import torch
        >>> score = Concat(query_width=3, key_width=5, width=7)
        >>> score(torch.randn(2, 4, 3), score.prepare(torch.randn(2, 6, 5))).shape
        torch.Size([2, 4, 6])
    """

    def __init__(self, query_width: int, key_width: int, width: int) -> None:
        super().__init__()
        self.query_width = query_width
        self.matrix = nn.Linear(query_width + key_width, width, bias=False)
        self.vector = _vector(width)
        nn.init.xavier_uniform_(self.matrix.weight)

    def prepare(self, key: Float[Tensor, "*B S K"]) -> Float[Tensor, "*B S W"]:
        """`W_k k`."""
        return key @ self.matrix.weight[:, self.query_width :].t()

    def forward(self, query: Float[Tensor, "*B T Q"], prepared: Float[Tensor, "*#B S W"]) -> Float[Tensor, "*B T S"]:
        """Scores of every query with every key."""
        return additive_scores(query @ self.matrix.weight[:, : self.query_width].t(), prepared, self.vector)

    def loop(self, prepared: Float[Tensor, "B S W"], steps: int, queries: int) -> Callable[[Tensor], Tensor]:
        """The scores of one step after the other, `[B, K, Q] -> [B, K, S]`."""
        return _loop(self.matrix.weight[:, : self.query_width], prepared, self.vector, steps, queries)
