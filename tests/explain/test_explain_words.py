"""Words out of pieces, against loops over pieces."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.explain import merge_words
from sightline.results import AttentionMap, Piece

word_indices = st.lists(st.integers(1, 3), min_size=1, max_size=5).map(
    lambda sizes: [word for word, size in enumerate(sizes) for _ in range(size)]
)


def pieces_of(words: list[int | None]) -> list[Piece]:
    return [
        Piece(f"p{n}", 2 * n, 2 * n + 2, word) if word is not None else Piece("<eos>") for n, word in enumerate(words)
    ]


def random_weights(shape: tuple[int, ...], seed: int) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.ones(shape[-1]), shape[:-1]).astype(np.float32)


def merged_by_loops(weights: np.ndarray, queries: list[Piece], keys: list[Piece]) -> np.ndarray:
    """One query and one key at a time; a word is known by its first piece, a symbol by itself."""

    def group(pieces: list[Piece]) -> list[list[int]]:
        groups: dict[object, list[int]] = {}
        for index, piece in enumerate(pieces):
            groups.setdefault(("symbol", index) if piece.word is None else piece.word, []).append(index)
        return list(groups.values())

    out = np.zeros((len(group(queries)), len(group(keys))))
    for u, rows in enumerate(group(queries)):
        for v, columns in enumerate(group(keys)):
            out[u, v] = sum(float(weights[t, s]) for t in rows for s in columns) / len(rows)
    return out


def test_by_hand():
    keys = [Piece("foot", 0, 4, 0), Piece("ball", 4, 8, 0), Piece("field", 9, 14, 1), Piece("<eos>")]
    queries = [Piece("Fußball", 0, 7, 0), Piece("feld", 7, 11, 0), Piece("<eos>")]
    weights = np.array([[0.5, 0.25, 0.25, 0], [0, 0.25, 0.5, 0.25], [0, 0, 0.25, 0.75]], np.float32)
    merged = merge_words(AttentionMap(weights, queries, keys))
    assert merged.weights.tolist() == [[0.5, 0.375, 0.125], [0, 0.25, 0.75]]
    assert merged.keys == [Piece("football", 0, 8, 0), Piece("field", 9, 14, 1), Piece("<eos>")]
    assert merged.queries == [Piece("Fußballfeld", 0, 11, 0), Piece("<eos>")]


@given(word_indices, word_indices, st.integers(0, 99))
def test_against_loops(query_words: list[int], key_words: list[int], seed: int):
    queries, keys = pieces_of([*query_words, None]), pieces_of([*key_words, None, None])
    weights = random_weights((len(queries), len(keys)), seed)
    merged = merge_words(AttentionMap(weights, queries, keys)).weights
    np.testing.assert_allclose(merged, merged_by_loops(weights, queries, keys), atol=1e-7)
    np.testing.assert_allclose(merged.sum(-1), 1, atol=1e-6)


def test_layers_and_heads_merge_each_for_itself():
    queries, keys = pieces_of([0, 0, 1, 1, 1]), pieces_of([0, 1, 1, 2, 2, 2, None])
    weights = random_weights((2, 3, 5, 7), 0)
    merged = merge_words(AttentionMap(weights, queries, keys)).weights
    assert merged.shape == (2, 3, 2, 4)
    for layer in range(2):
        for head in range(3):
            single = merge_words(AttentionMap(weights[layer, head], queries, keys)).weights
            np.testing.assert_array_equal(merged[layer, head], single)


def test_queries_that_attend_to_nothing_do_not_thin_their_word():
    weights = np.array([[1, 0], [0, 0], [0, 0]], np.float32)
    merged = merge_words(AttentionMap(weights, pieces_of([0, 0, 1]), pieces_of([0, 1])))
    assert merged.weights.tolist() == [[1, 0], [0, 0]]


def test_symbols_side_by_side_stay_apart():
    merged = merge_words(AttentionMap(np.eye(3, dtype=np.float32), pieces_of([None] * 3), pieces_of([None] * 3)))
    assert merged.weights.tolist() == np.eye(3).tolist()


def test_long_rows_still_sum_to_one():
    keys = pieces_of([n // 97 for n in range(9700)])
    weights = random_weights((1, 9700), 1)
    weights /= weights.sum(dtype=np.float64)
    assert merge_words(AttentionMap(weights, pieces_of([0]), keys)).weights.sum() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(("rows", "columns"), [(0, 3), (3, 0), (0, 0)])
def test_nothing_to_merge(rows: int, columns: int):
    map = AttentionMap(np.zeros((rows, columns), np.float32), pieces_of([0] * rows), pieces_of([0] * columns))
    assert merge_words(map).weights.shape == (min(rows, 1), min(columns, 1))
