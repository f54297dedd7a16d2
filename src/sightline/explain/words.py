"""Attention over words, from attention over the pieces that a tokenizer cuts them into."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from sightline.results import AttentionMap, Piece

__all__ = ["merge_words"]


def merge_words(map: AttentionMap) -> AttentionMap:
    """The same map over words: the keys of one word are added, the queries of one word are averaged.

    .. math:: \\bar w_{uv} = \\frac{1}{|u|} \\sum_{t \\in u} \\sum_{s \\in v} w_{ts}

    Adding over keys and averaging over queries keeps each row a distribution (Clark et al. 2019, section 4.1). Pieces
    that belong to no word, such as `<eos>`, stay alone. Queries that attended to nothing (rows of zeros) are left out
    of their word's average, so that a row still sums to 1, or to 0 where none of the word's pieces attended to
    anything.

    Args:
        map: weights `[T, S]` or `[layers, heads, T, S]` over pieces.

    Returns:
        Weights over words, of as many dimensions; each word spans from its first piece's start to its last one's end.

    Example:
        >>> pieces = [Piece("foot", 0, 4, 0), Piece("ball", 4, 8, 0), Piece("<eos>")]
        >>> merged = merge_words(AttentionMap(np.array([[0.5, 0.25, 0.25]], np.float32), [Piece("Fußball")], pieces))
        >>> [piece.text for piece in merged.keys], merged.weights.tolist()
        (['football', '<eos>'], [[0.75, 0.25]])
    """
    queries, keys = _words(map.queries), _words(map.keys)
    weights = map.weights.astype(np.float64)
    attended = weights.any(-1, keepdims=True)
    totals = np.add.reduceat(np.add.reduceat(weights, _starts(keys), -1), _starts(queries), -2)
    counts = np.add.reduceat(attended, _starts(queries), -2, dtype=np.int64)
    merged = (totals / np.maximum(counts, 1)).astype(np.float32)
    return AttentionMap(merged, [_join(word) for word in queries], [_join(word) for word in keys])


def _words(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Neighbours that share a word, together; each piece without a word by itself."""
    runs = groupby(enumerate(pieces), lambda item: (item[1].word, item[0] if item[1].word is None else None))
    return [[piece for _, piece in run] for _, run in runs]


def _starts(words: list[list[Piece]]) -> list[int]:
    """Where each word begins, counted in pieces."""
    return np.cumsum([0, *(len(word) for word in words[:-1])]).tolist() if words else []


def _join(word: list[Piece]) -> Piece:
    """One piece that stands for all pieces of a word."""
    return Piece("".join(piece.text for piece in word), word[0].start, word[-1].end, word[0].word)
