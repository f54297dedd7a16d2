"""Figures of labels against counts by hand."""

import math

import numpy as np
import pytest

from sightline.metrics import (
    accuracy,
    calibration_curve,
    class_scores,
    confusion,
    expected_calibration_error,
    f1,
    roc_auc,
)

FOUND = np.array([0, 0, 1, 1, 2, 2, 2])
TRUTH = np.array([0, 1, 1, 1, 2, 0, 0])


def test_one_label_a_document():
    assert accuracy(FOUND, TRUTH) == pytest.approx(4 / 7)
    assert confusion(FOUND, TRUTH, 3).tolist() == [[1, 0, 2], [1, 2, 0], [0, 0, 1]]
    scores = class_scores(FOUND, TRUTH, 3)
    assert [one.precision for one in scores] == pytest.approx([1 / 2, 1, 1 / 3])
    assert [one.recall for one in scores] == pytest.approx([1 / 3, 2 / 3, 1])
    assert [one.f1 for one in scores] == pytest.approx([0.4, 0.8, 0.5])
    assert [one.support for one in scores] == [3, 3, 1]
    assert f1(FOUND, TRUTH, "macro") == pytest.approx((0.4 + 0.8 + 0.5) / 3)
    assert f1(FOUND, TRUTH, "micro") == pytest.approx(4 / 7)


def test_several_labels_a_document():
    found, truth = np.array([[1, 0], [1, 1], [0, 0]]), np.array([[1, 0], [0, 1], [0, 1]])
    assert accuracy(found, truth) == pytest.approx(1 / 3)
    assert f1(found, truth, "micro") == pytest.approx(2 / 3)
    assert f1(found, truth, "macro") == pytest.approx((2 / 3 + 2 / 3) / 2)


def test_the_area_is_the_share_of_pairs_in_the_right_order():
    said, truth = np.array([[0.9, 0.1], [0.4, 0.6], [0.6, 0.4], [0.1, 0.9]]), np.array([0, 0, 1, 1])
    right = [said[i, 1] < said[j, 1] for i in (0, 1) for j in (2, 3)]
    assert roc_auc(said, truth) == pytest.approx(sum(right) / 4)
    assert math.isnan(roc_auc(said, np.zeros(4, np.int64)[:, None] * np.ones((1, 2), np.int64)))


def test_calibration_is_the_gap_bin_by_bin():
    sure = np.array([0.55, 0.6, 0.95, 1.0, 0.05])
    right = np.array([True, False, True, True, False])
    curve = calibration_curve(sure, right, 10)
    assert [each.answers for each in curve] == [1, 0, 0, 0, 0, 2, 0, 0, 0, 2]
    assert curve[5].confidence == pytest.approx(0.575)
    assert curve[5].accuracy == 0.5
    gaps = [1 / 5 * 0.05, 2 / 5 * 0.075, 2 / 5 * 0.025]
    assert expected_calibration_error(sure, right, 10) == pytest.approx(sum(gaps))
