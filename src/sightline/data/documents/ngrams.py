"""N-grams of words as numbers that are the same in every process, and which documents they stand in."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

__all__ = ["NgramIndex", "ngrams_of"]

_FACTOR = np.uint64(0x9E3779B97F4A7C15)


def ngrams_of(words: Sequence[str], orders: Sequence[int], known: dict[str, int]) -> list[NDArray[np.uint64]]:
    """The n-grams of each order as 64-bit hashes, in the order of their first words.

    Args:
        words: of a document.
        orders: such as 1, 2 and 3.
        known: hashes of words that were met before; those of new ones are added.

    Example:
        >>> one, two = ngrams_of("a b a b".split(), [1, 2], {})
        >>> len(one), len(two), bool(one[0] == one[2]), bool(two[0] == two[2]), bool(two[0] == two[1])
        (4, 3, True, True, False)
    """
    for word in words:
        if word not in known:
            known[word] = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "little")
    single = np.fromiter((known[word] for word in words), np.uint64, len(words))
    found: list[NDArray[np.uint64]] = []
    for order in orders:
        steps = max(0, len(single) - order + 1)
        value = single[:steps].copy()
        for offset in range(1, order):
            value = (value ^ (value >> np.uint64(29))) * _FACTOR + single[offset : offset + steps]
        found.append(value)
    return found


@dataclass(frozen=True, slots=True)
class NgramIndex:
    """The n-grams that have a number.

    Attributes:
        orders: of the n-grams.
        hashes: of those that are known, rising; an n-gram's number is its place here.
    """

    orders: tuple[int, ...]
    hashes: NDArray[np.uint64]

    @classmethod
    def of(cls, documents: Iterable[Sequence[str]], orders: Sequence[int], min_count: int) -> "NgramIndex":
        """Those that stand in `min_count` documents or more; single words whatever their count.

        Args:
            documents: words of each.
            orders: of the n-grams.
            min_count: documents.
        """
        known: dict[str, int] = {}
        each = [ngrams_of(words, orders, known) for words in documents]
        kept: list[NDArray[np.uint64]] = []
        for i, order in enumerate(orders):
            distinct = [np.unique(found[i]) for found in each]
            hashes, times = np.unique(np.concatenate(distinct or [np.empty(0, np.uint64)]), return_counts=True)
            kept.append(hashes if order == 1 else hashes[times >= min_count])
        return cls(tuple(orders), np.unique(np.concatenate(kept)))

    def places(self, words: Sequence[str], known: dict[str, int]) -> list[NDArray[np.int64]]:
        """The number of each n-gram of a document, order by order; -1 for one that has none."""
        return [self._numbers(found) for found in ngrams_of(words, self.orders, known)]

    def matrix(self, documents: Iterable[Sequence[str]], *, counts: bool = False) -> sp.csr_matrix:
        """A row for each document, a column for each n-gram: 1 where it stands in it, or how often it does."""
        known: dict[str, int] = {}
        columns: list[NDArray[np.int64]] = []
        times: list[NDArray[np.int64]] = []
        for words in documents:
            places = np.concatenate(self.places(words, known))
            place, number = np.unique(places[places >= 0], return_counts=True)
            columns.append(place)
            times.append(number)
        bounds = np.cumsum([0, *map(len, columns)])
        there = np.concatenate([*columns, np.empty(0, np.int64)])
        values = np.concatenate([*times, np.empty(0, np.int64)]) if counts else np.ones(len(there))
        return sp.csr_matrix((values.astype(np.float32), there, bounds), shape=(len(columns), len(self.hashes)))

    def _numbers(self, found: NDArray[np.uint64]) -> NDArray[np.int64]:
        if not len(self.hashes):
            return np.full(len(found), -1)
        place = np.searchsorted(self.hashes, found).clip(max=len(self.hashes) - 1)
        return np.where(self.hashes[place] == found, place, -1)
