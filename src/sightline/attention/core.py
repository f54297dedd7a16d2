"""Attention in two steps that can be had apart: weights over the keys, and the sum of the values under them."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from sightline.attention.coverage import Coverage
from sightline.attention.past import Past
from sightline.attention.scores import LoopScore, Score, as_score
from sightline.attention.selection import Selected, Selection, SelectionFunction, as_selection

__all__ = ["Attention", "attend"]


class Attention(nn.Module):
    """A score, a selection, and the weighted sum: `context = selection(score(query, key), mask) value`.

    The part of the score that does not depend on the query is computed once by `prepare`, so that a decoder that
    attends step by step pays for it once per input.

    Args:
        score: a `Score`, or the name of one that has no weights to learn (`"dot"`, `"scaled_dot"`).
        selection: a `Selection`, a function of scores and mask, or the name of one that has no options.
        coverage: what lets the sum of earlier weights into the score; None leaves it out.

    Attributes:
        counts: it wants to know how many queries came before.
        remembers: it wants to know where they looked.

    Example:
        >>> import torch
        >>> from sightline.attention import Additive, Attention
        >>> attention = Attention(Additive(query_width=3, key_width=5, width=7))
        >>> query, memory = torch.randn(2, 4, 3), torch.randn(2, 6, 5)
        >>> context, weights = attention(query, attention.prepare(memory), memory)
        >>> context.shape, weights.shape
        (torch.Size([2, 4, 5]), torch.Size([2, 4, 6]))
    """

    def __init__(
        self,
        score: Score | str,
        selection: Selection | SelectionFunction | str = "softmax",
        *,
        coverage: Coverage | None = None,
    ) -> None:
        super().__init__()
        self.score = as_score(score)
        self.selection = as_selection(selection)
        self.coverage = coverage
        self.remembers = self.selection.remembers or coverage is not None
        self.counts = self.selection.counts or self.remembers

    def prepare(self, key: Float[Tensor, "*B S K"]) -> Float[Tensor, "*B S W"]:
        """What the score needs of the keys, whatever the query."""
        return self.score.prepare(key)

    def forward(
        self,
        query: Float[Tensor, "*B T Q"],
        prepared: Float[Tensor, "*#B S W"],
        value: Float[Tensor, "*B S D"],
        mask: Bool[Tensor, "..."] | None = None,
    ) -> tuple[Float[Tensor, "*B T D"], Float[Tensor, "*B T S"]]:
        """Context and weights of T queries, the first of which has nothing before it.

        Args:
            query: one after another in time, where the selection or coverage looks back.
            prepared: from `prepare`.
            value: what is read.
            mask: True where a query may attend, broadcastable to `*B T S`.
        """
        weights = self.select(query, prepared, mask).weights
        return weights @ value, weights

    def select(
        self,
        query: Float[Tensor, "*B T Q"],
        prepared: Float[Tensor, "*#B S W"],
        mask: Bool[Tensor, "..."] | None = None,
        past: Past | None = None,
    ) -> Selected:
        """The weights alone, of T queries one after another in time; `past` is that of the first, `*B 1 ...`."""
        if not self.counts:
            return self.weigh(query, prepared, mask)
        *rows, steps, _ = query.shape
        keys = prepared.shape[-2]
        past = Past.start((*rows, 1), keys, query) if past is None else past
        if not self.remembers:
            count = past.count + torch.arange(steps, device=query.device)
            nothing = past.last.expand(*rows, steps, keys)
            return self.weigh(query, prepared, mask, Past(count, nothing, nothing))
        mask = None if mask is None else mask.expand(*rows, steps, keys)
        found: list[Selected] = []
        for t in range(steps):
            now = slice(t, t + 1)
            found.append(self.weigh(query[..., now, :], prepared, None if mask is None else mask[..., now, :], past))
            past = past.after(found[-1].weights)
        if not found:
            return Selected(*(query.new_zeros(*rows, 0, keys) for _ in Selected._fields))
        return Selected(*(torch.cat(parts, -2) for parts in zip(*found, strict=True)))

    def weigh(
        self,
        query: Float[Tensor, "*B T Q"],
        prepared: Float[Tensor, "*#B S W"],
        mask: Bool[Tensor, "..."] | None = None,
        past: Past | None = None,
    ) -> Selected:
        """The weights of T queries that know nothing of each other, each with a past of its own."""
        if self.coverage is None or past is None:
            scores = self.score(query, prepared)
        else:
            scores = self.score(query.unsqueeze(-2), self.coverage(prepared, past.total)).squeeze(-2)
        return self.selection(scores, mask, query, past)

    def loop(
        self, prepared: Float[Tensor, "B S W"], mask: Bool[Tensor, "..."] | None, steps: int, queries: int
    ) -> Callable[[Tensor, Past | None], Selected]:
        """`weigh` for a loop of T steps with K queries of each row: queries `[B, K, Q]` and their past to weights."""
        if self.coverage is None and isinstance(self.score, LoopScore):
            score = self.score.loop(prepared, steps, queries)
            return lambda query, past: self.selection(score(query), mask, query, past)
        return lambda query, past: self.weigh(query, prepared, mask, past)


def attend(
    query: Float[Tensor, "*B T Q"],
    key: Float[Tensor, "*B S K"],
    value: Float[Tensor, "*B S D"],
    mask: Bool[Tensor, "..."] | None = None,
    score: Score | str = "scaled_dot",
    selection: Selection | SelectionFunction | str = "softmax",
) -> tuple[Float[Tensor, "*B T D"], Float[Tensor, "*B T S"]]:
    """Attend from queries to keys and read the values.

    `weights = selection(score(query, key))`, `context_t = sum_s weights_ts value_s`. Plain attention is
    `attend(q, x, x)`, key-value attention `attend(q, k, v)`, self-attention `attend(x, x, x)`, cross-attention
    `attend(x, memory, memory)`.

    Args:
        query: `[*B, T, Q]`.
        key: `[*B, S, K]`; the score says which widths it can compare.
        value: `[*B, S, D]`.
        mask: bool, True = attend, broadcastable to `[*B, T, S]`. A query with nothing to attend to gets zeros.
        score: a `Score` or the name of one without weights.
        selection: a `Selection`, a function of scores and mask, or the name of one without options.

    Returns:
        context `[*B, T, D]` and weights `[*B, T, S]`.

    Raises:
        ConfigError: for an unknown name, or the name of a score or selection that has to be built.

    Example:
        >>> import torch
        >>> from sightline.attention import attend
        >>> context, weights = attend(torch.zeros(1, 2, 3), torch.zeros(1, 4, 3), torch.ones(1, 4, 5))
        >>> weights[0, 0].tolist()
        [0.25, 0.25, 0.25, 0.25]
    """
    attention = Attention(score, selection)
    return attention(query, attention.prepare(key), value, mask)
