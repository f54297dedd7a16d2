"""ETS and Theta beside the others: the past alone, filled where it has gaps."""

import sys

import numpy as np
import polars as pl
import pytest

from sightline.data.series import read_series
from sightline.errors import ConfigError, DataError, MissingExtraError
from sightline.tasks.forecast.statistical import statistical

MONTHS = np.arange("2010-01", "2020-01", dtype="datetime64[M]").astype("datetime64[us]")
SEASON = 10 * np.sin(np.arange(12) * np.pi / 6)


def panel(values):
    return read_series(pl.DataFrame({"ds": MONTHS[: len(values)], "y": values}), say=lambda finding: None)


def trend_and_season(steps=120):
    return 0.5 * np.arange(steps) + np.resize(SEASON, steps)


@pytest.mark.parametrize("name", ["ets", "theta"])
def test_trend_and_season_are_learned_from_the_past_alone(name):
    values = trend_and_season()
    shaken = values.copy()
    shaken[100:] += 1_000
    cutoffs = np.array([[0, 90], [0, 100]])
    found = statistical([name], panel(values), cutoffs, 12)[name]
    np.testing.assert_array_equal(found, statistical([name], panel(shaken), cutoffs, 12)[name])
    for row, cutoff in zip(found, (90, 100), strict=True):
        np.testing.assert_allclose(row, values[cutoff : cutoff + 12], atol=3)


def test_gaps_are_filled_by_straight_lines():
    values = trend_and_season()
    values[0], values[50] = np.nan, np.nan
    filled = values.copy()
    filled[50] = (values[49] + values[51]) / 2
    found = statistical(["theta"], panel(values), np.array([[0, 120]]), 3)["theta"]
    np.testing.assert_array_equal(found, statistical(["theta"], panel(filled[1:]), np.array([[0, 119]]), 3)["theta"])


def test_what_cannot_be_done_is_said(monkeypatch):
    data = panel(np.where(np.arange(40) < 30, np.nan, 1.0))
    with pytest.raises(DataError, match="'ets' cannot be fitted to the first 20 steps of series 'y'"):
        statistical(["ets"], data, np.array([[0, 20]]), 3)
    with pytest.raises(ConfigError, match="unknown baseline 'arima': choose among ets, theta"):
        statistical(["arima"], data, np.array([[0, 20]]), 3)
    monkeypatch.setitem(sys.modules, "statsforecast.models", None)
    with pytest.raises(MissingExtraError, match="needs statsforecast: install it by"):
        statistical(["ets"], data, np.array([[0, 20]]), 3)
