"""Attention in loops over plain numbers, as the papers write it, for one query at a time."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from sightline.attention import Additive, Bilinear, Concat, Cosine, Location

Vector = list[float]
PairScore = Callable[[Vector, Vector, int], float]  # query, key, the key's position


def inner(a: Vector, b: Vector) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def dot(query: Vector, key: Vector, position: int) -> float:
    return inner(query, key)


def scaled_dot(query: Vector, key: Vector, position: int) -> float:
    return inner(query, key) / math.sqrt(len(key))


def times(matrix: list[Vector], vector: Vector) -> Vector:
    return [inner(row, vector) for row in matrix]


def additive(score: Additive) -> PairScore:
    """v . tanh(W q + U k + b)"""
    w, u = score.query.weight.tolist(), score.key.weight.tolist()
    b, v = score.key.bias.tolist(), score.vector.tolist()

    def pair(query: Vector, key: Vector, position: int) -> float:
        asked, found = times(w, query), times(u, key)
        return sum(v[i] * math.tanh(asked[i] + found[i] + b[i]) for i in range(len(v)))

    return pair


def bilinear(score: Bilinear) -> PairScore:
    """q . W k"""
    matrix = score.matrix.weight.tolist()
    return lambda query, key, position: inner(query, times(matrix, key))


def concat(score: Concat) -> PairScore:
    """v . tanh(W [q; k])"""
    matrix, v = score.matrix.weight.tolist(), score.vector.tolist()
    return lambda query, key, position: inner(v, [math.tanh(x) for x in times(matrix, query + key)])


def cosine(score: Cosine) -> PairScore:
    """softplus(w . q + c) q . k / (|q| |k|)"""
    (w,), (c,) = score.sharpness.weight.tolist(), score.sharpness.bias.tolist()

    def pair(query: Vector, key: Vector, position: int) -> float:
        sharpness = math.log(1 + math.exp(inner(w, query) + c))
        return sharpness * inner(query, key) / math.sqrt(inner(query, query) * inner(key, key))

    return pair


def location(score: Location) -> PairScore:
    """w_s . q"""
    matrix = score.matrix.weight.tolist()
    return lambda query, key, position: inner(matrix[position], query)


def scores(pair: PairScore, query: Tensor, key: Tensor) -> Tensor:
    """`[B, T, Q], [B, S, K] -> [B, T, S]`"""
    rows = zip(query.tolist(), key.tolist(), strict=True)
    return torch.tensor([[[pair(q, k, s) for s, k in enumerate(keys)] for q in queries] for queries, keys in rows])


def attend(pair: PairScore, query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Context `[B, T, D]` and weights `[B, T, S]`; nothing to attend to gives zeros."""
    batch, queries, _ = query.shape
    context, weights = torch.zeros(batch, queries, value.shape[2]), torch.zeros(batch, queries, key.shape[1])
    for b in range(batch):
        for t in range(queries):
            allowed = [s for s in range(key.shape[1]) if mask[b, t, s]]
            powers = {s: math.exp(pair(query[b, t].tolist(), key[b, s].tolist(), s)) for s in allowed}
            for s, power in powers.items():
                weights[b, t, s] = power / sum(powers.values())
                context[b, t] += weights[b, t, s] * value[b, s]
    return context, weights
