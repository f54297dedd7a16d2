"""Whether weights name what an answer rests on, measured by taking pieces of the input away."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

__all__ = ["SHARES", "Ask", "Faithfulness", "agreement", "chance_of", "erasure", "faithfulness"]

# The model's score for its own answer, `[N]`, where of S pieces of the input only some are kept, `[N, S]`.
Ask = Callable[[Bool[Tensor, "N S"]], Float[Tensor, " N"]]

SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)


class Faithfulness(NamedTuple):
    """How far the score falls without the pieces that are said to matter, and with these alone; `[R]` both.

    Attributes:
        comprehensiveness: the mean fall when the first pieces are taken away; large where they did matter.
        sufficiency: the mean fall when all others are; small where the first were enough.
    """

    comprehensiveness: Tensor
    sufficiency: Tensor


def erasure(ask: Ask, pieces: int) -> Float[Tensor, " S"]:
    """How far the score falls without each piece, one at a time.

        e_s = f(x) - f(x without s)

    Leave-one-out, Li, Monroe and Jurafsky 2016, "Understanding Neural Networks through Representation Erasure".

    Args:
        ask: f.
        pieces: S.

    Example:
        >>> erasure(lambda keep: keep.float() @ torch.tensor([1.0, 3.0]), 2)
        tensor([1., 3.])
    """
    whole = torch.ones(1, pieces, dtype=torch.bool)
    scores = ask(torch.cat([whole, ~torch.eye(pieces, dtype=torch.bool)]))
    return scores[0] - scores[1:]


def faithfulness(ask: Ask, importance: Float[Tensor, "R S"], generator: torch.Generator) -> Faithfulness:
    """Comprehensiveness and sufficiency of R rankings of the pieces.

        comp = mean_q f(x) - f(x without the first q),    suff = mean_q f(x) - f(the first q alone)

    for the first 1, 5, 10, 20 and 50 % of the pieces, one piece at least: DeYoung et al. 2020, "ERASER", section 4.2
    (the area over the perturbation curve).

    Args:
        ask: f.
        importance: of each piece; the highest is taken first, of equals any.
        generator: decides among equals.

    Example:
        >>> weights = torch.tensor([0.0, 1.0, 0.0, 0.0])
        >>> found = faithfulness(lambda keep: keep.float() @ weights, weights[None], torch.Generator())
        >>> found.comprehensiveness.tolist(), found.sufficiency.tolist()
        ([1.0], [0.0])
    """
    rankings, pieces = importance.shape
    shuffled = torch.rand(rankings, pieces, generator=generator).argsort(1)
    order = shuffled.gather(1, importance.gather(1, shuffled).argsort(dim=1, descending=True, stable=True))
    rank = torch.empty_like(order).scatter(1, order, torch.arange(pieces).expand_as(order))
    counts = torch.tensor([max(1, math.ceil(share * pieces)) for share in SHARES])
    first = rank[:, None] < counts[:, None]  # [R, shares, S]
    scores = ask(torch.cat([torch.ones(1, pieces, dtype=torch.bool), (~first).flatten(0, 1), first.flatten(0, 1)]))
    fall = scores[0] - scores[1:].unflatten(0, (2, rankings, len(SHARES))).mean(-1)
    return Faithfulness(fall[0], fall[1])


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


def chance_of(
    weights: Float[Tensor, "T S"], effects: Float[Tensor, "T S"], generator: torch.Generator, draws: int = 1999
) -> float:
    """How likely weights in a random order would lie on the effects as much as these do.

        p = (1 + number of draws with sum_ts w_t,pi(s) e_ts >= sum_ts w_ts e_ts) / (1 + draws)

    A permutation test, in which the weights of each row change places; 1 for weights that are all the same.

    Args:
        weights: of each piece.
        effects: of the pieces' absence, as `erasure` gives them.
        generator: draws the orders.
        draws: how many.

    Example:
        >>> effects = torch.arange(40.0)[None] ** 3
        >>> chance_of(effects, effects, torch.Generator()), chance_of(torch.ones(1, 40), effects, torch.Generator())
        (0.0005, 1.0)
    """
    observed = (weights * effects).sum()
    orders = torch.rand(draws, *weights.shape, generator=generator).argsort(-1)
    drawn = (weights.expand(draws, -1, -1).gather(-1, orders) * effects).sum((1, 2))
    slack = 1e-6 * (weights.abs() * effects.abs()).sum()
    return (1 + int((drawn >= observed - slack).sum())) / (1 + draws)
