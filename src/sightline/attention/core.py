"""Attention in two steps that can be had apart: weights over the keys, and the sum of the values under them."""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from sightline.attention.scores import Score, named_score
from sightline.attention.selection import Selection, named_selection

__all__ = ["Attention", "attend"]


class Attention(nn.Module):
    """A score, a selection, and the weighted sum: `context = selection(score(query, key), mask) value`.

    The part of the score that does not depend on the query is computed once by `prepare`, so that a decoder that
    attends step by step pays for it once per input.

    Args:
        score: a `Score`, or the name of one that has no weights to learn (`"dot"`, `"scaled_dot"`).
        selection: a function of scores and mask, or its name in `SELECTIONS`.

    Example:
        >>> import torch
        >>> from sightline.attention import Additive, Attention
        >>> attention = Attention(Additive(query_width=3, key_width=5, width=7))
        >>> query, memory = torch.randn(2, 4, 3), torch.randn(2, 6, 5)
        >>> context, weights = attention(query, attention.prepare(memory), memory)
        >>> context.shape, weights.shape
        (torch.Size([2, 4, 5]), torch.Size([2, 4, 6]))
    """

    def __init__(self, score: Score | str, selection: Selection | str = "softmax") -> None:
        super().__init__()
        self.score = named_score(score) if isinstance(score, str) else score
        self.selection = named_selection(selection) if isinstance(selection, str) else selection

    def prepare(self, key: Float[Tensor, "*B S K"]) -> Float[Tensor, "*B S W"]:
        """What the score needs of the keys, whatever the query."""
        return self.score.prepare(key)

    def forward(
        self,
        query: Float[Tensor, "*B T Q"],
        prepared: Float[Tensor, "*B S W"],
        value: Float[Tensor, "*B S D"],
        mask: Bool[Tensor, "..."] | None = None,
    ) -> tuple[Float[Tensor, "*B T D"], Float[Tensor, "*B T S"]]:
        """Context and weights; `mask` is True where a query may attend, broadcastable to `*B T S`."""
        weights = self.weigh(query, prepared, mask)
        return weights @ value, weights

    def weigh(
        self,
        query: Float[Tensor, "*B T Q"],
        prepared: Float[Tensor, "*B S W"],
        mask: Bool[Tensor, "..."] | None = None,
    ) -> Float[Tensor, "*B T S"]:
        """The weights alone."""
        return self.selection(self.score(query, prepared), mask)


def attend(
    query: Float[Tensor, "*B T Q"],
    key: Float[Tensor, "*B S K"],
    value: Float[Tensor, "*B S D"],
    mask: Bool[Tensor, "..."] | None = None,
    score: Score | str = "scaled_dot",
    selection: Selection | str = "softmax",
) -> tuple[Float[Tensor, "*B T D"], Float[Tensor, "*B T S"]]:
    """Attend from queries to keys and read the values.

    `weights = selection(score(query, key))`, `context_t = sum_s weights_ts value_s`. Plain attention is
    `attend(q, x, x)`, key-value attention `attend(q, k, v)`, self-attention `attend(x, x, x)`.

    Args:
        query: `[*B, T, Q]`.
        key: `[*B, S, K]`; the score says which widths it can compare.
        value: `[*B, S, D]`.
        mask: bool, True = attend, broadcastable to `[*B, T, S]`. A query with nothing to attend to gets zeros.
        score: a `Score` or the name of one without weights.
        selection: a function of scores and mask, or its name in `SELECTIONS`.

    Returns:
        context `[*B, T, D]` and weights `[*B, T, S]`.

    Raises:
        ConfigError: for an unknown name, or the name of a score that has weights to learn.

    Example:
        >>> import torch
        >>> from sightline.attention import attend
        >>> context, weights = attend(torch.zeros(1, 2, 3), torch.zeros(1, 4, 3), torch.ones(1, 4, 5))
        >>> weights[0, 0].tolist()
        [0.25, 0.25, 0.25, 0.25]
    """
    attention = Attention(score, selection)
    return attention(query, attention.prepare(key), value, mask)
