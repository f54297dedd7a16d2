"""The alignment error rate, by hand."""

import pytest

from sightline.metrics import alignment_error_rate


def test_by_hand():
    """Two pairs: A has 3 + 1 links, S 2 + 1; of A 1 + 1 are sure and 2 + 1 possible."""
    found = [{(0, 0), (1, 1), (2, 2)}, {(0, 1)}]
    sure = [{(0, 0), (1, 2)}, {(0, 1)}]
    possible = [{(0, 0), (1, 2), (1, 1)}, {(0, 1), (5, 5)}]
    score = alignment_error_rate(found, sure, possible)
    assert score == pytest.approx((1 - (2 + 3) / (4 + 3), 3 / 4, 2 / 3))
    # sure links are possible, whether they are said to be or not
    assert (
        alignment_error_rate(found, sure, [each - right for each, right in zip(possible, sure, strict=True)]) == score
    )


def test_all_and_nothing():
    links = [{(0, 0), (1, 1)}]
    assert alignment_error_rate(links, links, links) == (0, 1, 1)
    assert alignment_error_rate([set()], links, links) == (1, 0, 0)
    assert alignment_error_rate(links, [set()], links) == (0, 1, 1)
    with pytest.raises(ValueError, match="no links"):
        alignment_error_rate([set()], [set()], links)
    with pytest.raises(ValueError, match="zip"):
        alignment_error_rate(links, links * 2, links)
