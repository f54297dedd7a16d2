"""Conformal intervals against hand arithmetic and what they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.tasks.forecast.intervals import Claims, Intervals, adaptive_offsets, calibrate, nested, offsets

RANDOM = np.random.default_rng(11)


def test_offsets_are_the_conformal_quantile_of_each_step():
    scores = RANDOM.normal(size=(19, 3))
    scores[5, 1] = np.nan
    found = offsets(scores, 0.8)
    assert found[0] == np.sort(scores[:, 0])[16 - 1]  # ceil(20 x 0.8)
    known = scores[~np.isnan(scores[:, 1]), 1]
    assert found[1] == np.sort(known)[16 - 1]  # ceil(19 x 0.8)
    assert np.isnan(offsets(np.full((4, 1), np.nan), 0.5)).all()


def test_too_few_scores_give_the_largest():
    assert offsets(np.array([[1.0], [3.0]]), 0.9).tolist() == [3.0]


@given(st.integers(1, 40), st.sampled_from([0.5, 0.8, 0.9]))
def test_at_least_as_many_are_covered_as_promised(count, level):
    truth = RANDOM.normal(size=(count, 1))
    said = Intervals(np.full((count, 1, 1), -0.1), np.full((count, 1, 1), 0.1))
    unit = np.ones(count)
    found = calibrate(Claims(said, truth, unit), Claims(said, truth, unit), np.zeros(count, int), [level], 0.0)
    inside = (found.low[..., 0] <= truth + 1e-12) & (truth - 1e-12 <= found.high[..., 0])
    assert inside.mean() >= level or inside.all()


def test_intervals_grow_with_the_unit():
    truth = RANDOM.normal(size=(30, 2)) * 5
    earlier = Claims.of_points(np.zeros((30, 2)), truth, np.full(30, 5.0), 1)
    now = Claims.of_points(np.zeros((2, 2)), np.full((2, 2), np.nan), np.array([1.0, 10.0]), 1)
    high = calibrate(earlier, now, np.zeros(2, int), [0.8], 0.03).high
    np.testing.assert_allclose(10 * high[0], high[1])


def test_a_level_follows_what_was_covered_once_a_whole_horizon_is_past():
    known = RANDOM.exponential(size=(200, 2, 1))
    scores = np.array([[9.0, 0.0], [9.0, 0.0], [9.0, 0.0], [np.nan, np.nan]])[..., None]
    age = np.array([0, 1, 2, 3])
    found = adaptive_offsets(known, scores, age, [0.8], 0.1)
    np.testing.assert_array_equal(found[0], offsets(known, 0.8))
    np.testing.assert_array_equal(found[1], offsets(known, 0.8))  # of the first, one step is still to come
    # At age 2 the first is past: its first step was missed, its second covered.
    pool = np.concatenate([known, scores[:1]])
    np.testing.assert_array_equal(found[2], offsets(pool, 1 - np.array([[0.2 - 0.08], [0.2 + 0.02]])))
    pool = np.concatenate([known, scores[:2]])
    np.testing.assert_array_equal(found[3], offsets(pool, 1 - np.array([[0.2 - 0.16], [0.2 + 0.04]])))


def test_what_was_not_observed_moves_no_level():
    known, scores = RANDOM.exponential(size=(50, 1, 1)), np.full((5, 1, 1), np.nan)
    found = adaptive_offsets(known, scores, np.arange(5), [0.8], 0.5)
    np.testing.assert_array_equal(found, np.broadcast_to(offsets(known, 0.8), found.shape))


@pytest.mark.parametrize("rate", [0.03, 0.1])
def test_levels_are_kept_where_errors_grow(rate):
    known = np.abs(RANDOM.normal(size=(500, 3, 2)))
    size = np.linspace(1, 6, 600)
    scores = np.repeat(np.abs(RANDOM.normal(size=(600, 3, 1))) * size[:, None, None], 2, 2)
    found = adaptive_offsets(known, scores, np.arange(600), [0.8, 0.9], rate)
    covered = (scores <= found).mean((0, 1))
    np.testing.assert_allclose(covered, [0.8, 0.9], atol=0.02)
    still = adaptive_offsets(known, scores, np.arange(600), [0.8, 0.9], 0.0)
    assert ((scores <= still).mean((0, 1)) < [0.75, 0.87]).all()


@given(st.integers(0, 10_000))
def test_no_level_lies_within_a_lower_one(seed):
    low, high = np.random.default_rng(seed).normal(size=(2, 3, 2, 4))
    found = nested(Intervals(low, high))
    assert (np.diff(found.low, axis=-1) <= 0).all()
    assert (np.diff(found.high, axis=-1) >= 0).all()
    assert (found.low <= found.high).all()


def test_intervals_in_order_stay_as_they_are():
    low, high = np.array([[[-1.0, -2.0]]]), np.array([[[1.0, 3.0]]])
    found = nested(Intervals(low, high))
    assert pytest.approx(low) == found.low
    assert pytest.approx(high) == found.high


def test_intervals_reach_as_far_as_the_forecasts():
    found = Intervals(np.array([[[1.0, 0.0]]]), np.array([[[2.0, 3.0]]])).around(np.array([[2.5]]))
    assert found.low.tolist() == [[[1.0, 0.0]]]
    assert found.high.tolist() == [[[2.5, 3.0]]]
