"""Attention in loops over plain numbers, as the papers write it, for one query at a time."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from sightline.attention import Additive, Bilinear

Vector = list[float]
PairScore = Callable[[Vector, Vector], float]


def dot(query: Vector, key: Vector) -> float:
    return sum(q * k for q, k in zip(query, key, strict=True))


def scaled_dot(query: Vector, key: Vector) -> float:
    return dot(query, key) / math.sqrt(len(key))


def times(matrix: list[Vector], vector: Vector) -> Vector:
    return [dot(row, vector) for row in matrix]


def additive(score: Additive) -> PairScore:
    """v . tanh(W q + U k + b)"""
    w, u = score.query.weight.tolist(), score.key.weight.tolist()
    b, v = score.key.bias.tolist(), score.vector.tolist()

    def pair(query: Vector, key: Vector) -> float:
        asked, found = times(w, query), times(u, key)
        return sum(v[i] * math.tanh(asked[i] + found[i] + b[i]) for i in range(len(v)))

    return pair


def bilinear(score: Bilinear) -> PairScore:
    """q . W k"""
    matrix = score.matrix.weight.tolist()
    return lambda query, key: dot(query, times(matrix, key))


def scores(pair: PairScore, query: Tensor, key: Tensor) -> Tensor:
    """`[B, T, Q], [B, S, K] -> [B, T, S]`"""
    rows = zip(query.tolist(), key.tolist(), strict=True)
    return torch.tensor([[[pair(q, k) for k in keys] for q in queries] for queries, keys in rows])


def attend(pair: PairScore, query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Context `[B, T, D]` and weights `[B, T, S]`; nothing to attend to gives zeros."""
    batch, queries, _ = query.shape
    context, weights = torch.zeros(batch, queries, value.shape[2]), torch.zeros(batch, queries, key.shape[1])
    for b in range(batch):
        for t in range(queries):
            allowed = [s for s in range(key.shape[1]) if mask[b, t, s]]
            powers = {s: math.exp(pair(query[b, t].tolist(), key[b, s].tolist())) for s in allowed}
            for s, power in powers.items():
                weights[b, t, s] = power / sum(powers.values())
                context[b, t] += weights[b, t, s] * value[b, s]
    return context, weights
