"""Whether weights name what an answer rests on, measured by taking pieces of the input away."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

__all__ = ["SHARES", "Ask", "Faithfulness", "agreement", "chance_of", "erasure", "faithfulness"]

# The model's scores for the T parts of its own answer, `[N, T]`, where of S pieces of the input only some are kept.
Ask = Callable[[Bool[Tensor, "N S"]], Float[Tensor, "N T"]]

SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)
_DRAWN = 4_000_000  # random numbers for a permutation test, about


class Faithfulness(NamedTuple):
    """How far the score falls without the pieces that are said to matter, and with these alone; `[R]` both.

    Attributes:
        comprehensiveness: the mean fall when the first pieces are taken away; large where they did matter.
        sufficiency: the mean fall when all others are; small where the first were enough.
    """

    comprehensiveness: Tensor
    sufficiency: Tensor


def erasure(ask: Ask, pieces: int) -> Float[Tensor, "T S"]:
    """How far each score falls without each piece, one at a time.

        e_ts = f_t(x) - f_t(x without s)

    Leave-one-out, Li, Monroe and Jurafsky 2016, "Understanding Neural Networks through Representation Erasure".

    Args:
        ask: f.
        pieces: S.

    Example:
        >>> erasure(lambda keep: keep.float() @ torch.tensor([[1.0], [3.0]]), 2)
        tensor([[1., 3.]])
    """
    whole = torch.ones(1, pieces, dtype=torch.bool)
    scores = ask(torch.cat([whole, ~torch.eye(pieces, dtype=torch.bool)]))
    return (scores[0] - scores[1:]).T


def faithfulness(ask: Ask, importance: Float[Tensor, "R T S"], generator: torch.Generator) -> Faithfulness:
    """Comprehensiveness and sufficiency of R rankings of the pieces.

        comp = mean_tq f_t(x) - f_t(x without the first q),    suff = mean_tq f_t(x) - f_t(the first q alone)

    for the first 1, 5, 10, 20 and 50 % of the pieces, one piece at least: DeYoung et al. 2020, "ERASER", section 4.2
    (the area over the perturbation curve; there the sum over q is divided by one more).

    Args:
        ask: f.
        importance: of each piece for each part of the answer; the highest is taken first, of equals any. A T of 1 is
            one ranking for all parts.
        generator: decides among equals.

    Example:
        >>> weights = torch.tensor([0.0, 1.0, 0.0, 0.0])
        >>> found = faithfulness(lambda keep: keep.float() @ weights[:, None], weights[None, None], torch.Generator())
        >>> found.comprehensiveness.tolist(), found.sufficiency.tolist()
        ([1.0], [0.0])
    """
    pieces = importance.shape[-1]
    shuffled = torch.rand(importance.shape, generator=generator).argsort(-1)
    order = shuffled.gather(-1, importance.gather(-1, shuffled).argsort(dim=-1, descending=True, stable=True))
    rank = torch.empty_like(order).scatter(-1, order, torch.arange(pieces).expand_as(order))
    counts = torch.tensor([max(1, math.ceil(share * pieces)) for share in SHARES])
    first = rank.unsqueeze(-2) < counts.unsqueeze(-1)  # [R, T, shares, S]
    both = torch.stack([~first, first])
    scores = ask(torch.cat([torch.ones(1, pieces, dtype=torch.bool), both.flatten(0, -2)]))
    fall = scores[0] - scores[1:].unflatten(0, both.shape[:-1])  # of each part of the answer, [2, R, T, shares, T]
    own = fall if importance.shape[1] == 1 else fall.diagonal(dim1=2, dim2=4)
    return Faithfulness(*own.flatten(2).mean(-1))


def agreement(one: Float[Tensor, " S"], other: Float[Tensor, " S"]) -> float:
    """Rank correlation, Kendall's tau-b, from -1 to 1; NaN where one of both says the same of all pieces.

    Example:
        >>> agreement(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 3.0, 2.0])).__round__(3)
        0.333
    """
    from scipy.stats import kendalltau

    if len(one) < 2 or (one == one[0]).all() or (other == other[0]).all():
        return math.nan
    found: Any = kendalltau(one.numpy(), other.numpy())
    return float(found.statistic)


def chance_of(weights: Float[Tensor, "T S"], effects: Float[Tensor, "T S"], generator: torch.Generator) -> float:
    """How likely weights in a random order would lie on the effects as much as these do.

        p = (1 + number of draws with sum_ts w_t,pi(s) e_ts >= sum_ts w_ts e_ts) / (1 + draws)

    A permutation test of 199 to 1,999 draws, in which the weights of each row change places; 1 for weights that are all
    the same.

    Args:
        weights: of each piece.
        effects: of the pieces' absence, as `erasure` gives them.
        generator: draws the orders.

    Example:
        >>> effects = torch.arange(40.0)[None] ** 3
        >>> chance_of(effects, effects, torch.Generator()), chance_of(torch.ones(1, 40), effects, torch.Generator())
        (0.0005, 1.0)
    """
    observed = (weights * effects).sum()
    draws = min(max(_DRAWN // weights.numel(), 199), 1999)
    orders = torch.rand(draws, *weights.shape, generator=generator).argsort(-1)
    drawn = (weights.expand(draws, -1, -1).gather(-1, orders) * effects).sum((1, 2))
    slack = 1e-6 * (weights.abs() * effects.abs()).sum()
    return (1 + int((~(drawn < observed - slack)).sum())) / (1 + draws)  # what is no number is no less
