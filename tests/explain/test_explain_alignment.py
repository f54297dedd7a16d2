"""Links from weights, and the joining of two directions."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.errors import ConfigError
from sightline.explain import SYMMETRISATIONS, best_links, over_words, symmetrise

LINKS = st.frozensets(st.tuples(st.integers(0, 5), st.integers(0, 6)), max_size=12)


def test_pieces_become_words_by_a_loop():
    chance = np.random.default_rng(1)
    weights = chance.dirichlet(np.ones(7), size=5)
    rows, columns = [0, 0, None, 2, 2], [1, 0, 0, None, 3, 3, 3]
    found = over_words(weights, rows, columns, (3, 4))
    for j in range(3):
        own = [t for t in range(5) if rows[t] == j]
        for i in range(4):
            total = sum(weights[t, s] for t in own for s in range(7) if columns[s] == i)
            assert found[j, i] == pytest.approx(total / len(own) if own else 0)


def test_each_target_word_has_its_best_source_word():
    weights = np.array([[0.2, 0.8, 0.0], [0.0, 0.0, 0.0], [0.5, 0.1, 0.4]])
    assert best_links(weights) == {(1, 0), (0, 2)}
    assert best_links(np.zeros((0, 3))) == frozenset()


def test_growing_by_hand():
    """One link in common, which (1, 1) and (1, 0) touch, and (3, 3) does not."""
    one, other = frozenset({(0, 0), (1, 1)}), frozenset({(0, 0), (3, 3), (1, 0)})
    assert symmetrise(one, other, "intersection") == {(0, 0)}
    assert symmetrise(one, other, "union") == {(0, 0), (1, 1), (1, 0), (3, 3)}
    assert symmetrise(one, other, "grow-diag") == {(0, 0), (1, 1), (1, 0)}
    assert symmetrise(one, other, "grow-diag-final-and") == {(0, 0), (1, 1), (1, 0), (3, 3)}
    # (2, 0) touches nothing, and of its words one has a link already
    assert (2, 0) not in symmetrise(frozenset({(0, 0)}), frozenset({(0, 0), (2, 0)}), "grow-diag-final-and")
    assert (2, 0) in symmetrise(frozenset({(0, 0)}), frozenset({(0, 0), (2, 0)}), "grow-diag-final")


@given(LINKS, LINKS)
def test_each_lies_in_the_next(one, other):
    found = [symmetrise(one, other, name) for name in ("intersection", "grow-diag", "grow-diag-final-and", "union")]
    for smaller, larger in pairwise(found):
        assert smaller <= larger
    final = symmetrise(one, other, "grow-diag-final")
    assert found[1] <= final <= found[3]
    # nothing that has a word without a link is left out of the last
    rows, columns = ({link[side] for link in final} for side in (0, 1))
    assert all(i in rows and j in columns for i, j in one | other)


@given(LINKS)
def test_one_with_itself_is_itself(links):
    assert all(symmetrise(links, links, name) == links for name in SYMMETRISATIONS)


def test_an_unknown_way():
    with pytest.raises(
        ConfigError, match="unknown symmetrisation 'grow': choose one of intersection, union, grow-diag"
    ):
        symmetrise(frozenset(), frozenset(), "grow")
