"""Conformal intervals against hand arithmetic and what they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.tasks.forecast.intervals import Calibration, Intervals, nested, offsets

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
    found = Calibration.of([level], said, truth, unit).widen(said, unit)
    inside = (found.low[..., 0] <= truth + 1e-12) & (truth - 1e-12 <= found.high[..., 0])
    assert inside.mean() >= level or inside.all()


def test_intervals_grow_with_the_unit():
    truth, unit = RANDOM.normal(size=(30, 2)) * 5, np.full(30, 5.0)
    point = Intervals(np.zeros((30, 2, 1)), np.zeros((30, 2, 1)))
    calibration = Calibration.of([0.8], point, truth, unit)
    one, ten = (calibration.widen(Intervals(*np.zeros((2, 1, 2, 1))), np.array([size])) for size in (1.0, 10.0))
    np.testing.assert_allclose(10 * one.high, ten.high)


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
