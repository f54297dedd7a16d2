"""N-grams by their hashes against n-grams as tuples of words."""

import hashlib
from collections import Counter

import numpy as np
import pytest

from sightline.data.documents import NgramIndex, ngrams_of

RANDOM = np.random.default_rng(3)
DOCUMENTS = [[f"w{i}" for i in RANDOM.integers(0, 9, size)] for size in (0, 1, 2, 30, 40, 50)]


def _tuples(words, order):
    return [tuple(words[i : i + order]) for i in range(len(words) - order + 1)]


@pytest.mark.parametrize("order", [1, 2, 3])
def test_equal_ngrams_have_equal_hashes_and_others_do_not(order):
    names: dict[tuple[str, ...], int] = {}
    for words in DOCUMENTS:
        (found,) = ngrams_of(words, [order], {})
        for name, value in zip(_tuples(words, order), found.tolist(), strict=True):
            assert names.setdefault(name, value) == value
    assert len(set(names.values())) == len(names)


def test_hashes_are_the_same_in_every_process():
    single, double = ngrams_of(["a", "b"], [1, 2], {})
    a, b = (int.from_bytes(hashlib.blake2b(word, digest_size=8).digest(), "little") for word in (b"a", b"b"))
    assert single.tolist() == [a, b]
    assert double.tolist() == [((a ^ (a >> 29)) * 0x9E3779B97F4A7C15 + b) % 2**64]


def test_the_matrix_has_a_one_for_each_ngram_that_stands_in_a_document():
    index = NgramIndex.of(DOCUMENTS, (1, 2), min_count=2)
    times = Counter(name for words in DOCUMENTS for name in set(_tuples(words, 2)))
    kept = {name for name, count in times.items() if count >= 2} | {(w,) for words in DOCUMENTS for w in words}
    assert len(index.hashes) == len(kept)
    matrix = index.matrix(DOCUMENTS).toarray()
    for row, words in zip(matrix, DOCUMENTS, strict=True):
        there = {name for order in (1, 2) for name in _tuples(words, order)} & kept
        assert row.sum() == len(there)
        assert set(row.tolist()) <= {0.0, 1.0}


def test_what_is_not_known_has_no_number():
    index = NgramIndex.of(DOCUMENTS, (1, 2), min_count=1)
    single, double = index.places(["w1", "never"], {})
    assert (single[0] >= 0, single[1], double[0]) == (True, -1, -1)
    nothing = NgramIndex.of([], (1,), 1)
    assert nothing.matrix([["a"]]).shape == (1, 0)
