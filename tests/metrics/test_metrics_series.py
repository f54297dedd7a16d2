"""Forecasting errors against loops and hand arithmetic."""

import math

import numpy as np
import pytest

from sightline.errors import ConfigError
from sightline.metrics.series import (
    coverage,
    mae,
    mase,
    mse,
    quantile_loss,
    seasonal_error,
    smape,
    weighted_quantile_loss,
    width,
)

RANDOM = np.random.default_rng(3)
TARGET = RANDOM.normal(size=(5, 7))
TARGET[1, 3:] = np.nan
FORECAST = RANDOM.normal(size=(5, 7))
SEEN = [(f, y) for f, y in zip(FORECAST.ravel(), TARGET.ravel(), strict=True) if not math.isnan(y)]


def test_errors_are_those_of_a_loop():
    assert mse(FORECAST, TARGET) == pytest.approx(sum((y - f) ** 2 for f, y in SEEN) / len(SEEN))
    assert mae(FORECAST, TARGET) == pytest.approx(sum(abs(y - f) for f, y in SEEN) / len(SEEN))
    loop = sum(200 * abs(y - f) / (abs(y) + abs(f)) for f, y in SEEN) / len(SEEN)
    assert smape(FORECAST, TARGET) == pytest.approx(loop)
    assert smape(np.array([0.0, 1.0]), np.array([0.0, 3.0])) == 50.0


def test_mase_is_the_mean_over_series_of_error_over_scale():
    histories = RANDOM.normal(size=(5, 30))
    scale = np.array([seasonal_error(history, 4) for history in histories])
    for history, found in zip(histories, scale, strict=True):
        assert found == pytest.approx(sum(abs(history[t] - history[t - 4]) for t in range(4, 30)) / 26)
    each = []
    for n in range(5):
        errors = [abs(y - f) for f, y in zip(FORECAST[n], TARGET[n], strict=True) if not math.isnan(y)]
        each.append(sum(errors) / len(errors) / scale[n])
    assert mase(FORECAST, TARGET, scale) == pytest.approx(sum(each) / 5)


@pytest.mark.parametrize("history", [np.ones(20), np.arange(4.0), np.full(20, np.nan)])
def test_a_series_without_a_scale_is_left_out(history):
    scale = np.array([seasonal_error(history, 4), 2.0])
    assert math.isnan(scale[0])
    assert mase(np.zeros((2, 1)), np.ones((2, 1)), scale) == 0.5


def test_seasons_begin_at_one():
    with pytest.raises(ConfigError, match="at least 1"):
        seasonal_error(np.ones(3), 0)


def test_quantile_losses():
    loop = sum(2 * max(0.2 * (y - f), -0.8 * (y - f)) for f, y in SEEN) / len(SEEN)
    assert quantile_loss(FORECAST, TARGET, 0.2) == pytest.approx(loop)
    assert quantile_loss(FORECAST, TARGET, 0.5) == pytest.approx(mae(FORECAST, TARGET))
    both = np.stack([FORECAST, FORECAST + 1], -1)
    size = sum(abs(y) for _, y in SEEN) / len(SEEN)
    expected = (quantile_loss(FORECAST, TARGET, 0.2) + quantile_loss(FORECAST + 1, TARGET, 0.9)) / 2 / size
    assert weighted_quantile_loss(both, TARGET, [0.2, 0.9]) == pytest.approx(expected)


def test_coverage_and_width():
    low, high = FORECAST - 1, FORECAST + 0.5
    assert coverage(low, high, TARGET) == pytest.approx(sum(-0.5 <= f - y <= 1 for f, y in SEEN) / len(SEEN))
    assert width(low, high) == pytest.approx(1.5)


def test_nothing_observed_gives_nothing():
    nothing = np.full((2, 3), np.nan)
    for metric in (mse, mae, smape):
        assert math.isnan(metric(np.zeros((2, 3)), nothing))
    assert math.isnan(coverage(np.zeros((2, 3)), np.ones((2, 3)), nothing))
