"""Backtests: nothing that came later has a say, and baselines are those of a loop."""

import numpy as np
import polars as pl
import pytest

from sightline.errors import ConfigError, DataError
from sightline.metrics.series import seasonal_error
from sightline.tasks.forecast import Forecaster, ForecastTraining, PatchesConfig
from sightline.tasks.forecast.baselines import drift, naive, seasonal_naive

RANDOM = np.random.default_rng(2)
H = 6


def frame(steps: int = 160, series: int = 2) -> pl.DataFrame:
    times = (np.datetime64("2024-01-01") + np.arange(steps) * np.timedelta64(1, "h")).astype("datetime64[us]")
    parts = [
        pl.DataFrame({"unique_id": [f"s{n}"] * steps, "ds": times, "y": 9 * n + RANDOM.normal(size=steps).cumsum()})
        for n in range(series)
    ]
    return pl.concat(parts)


def forecaster(**options) -> Forecaster:
    model = PatchesConfig(patch=4, stride=4, width=8, heads=2, hidden=8, layers=1)
    training = ForecastTraining(epochs=1, batch_windows=64, warmup=2)
    return Forecaster(**{"horizon": H, "look_back": 24, "model": model, "training": training, **options})


def test_a_backtest_forecasts_the_last_windows_of_each_series():
    data = frame()
    table = pl.DataFrame(forecaster().cross_validation(data, windows=3, step=4, level=[80]).columns())
    assert table.columns == [
        "unique_id",
        "cutoff",
        "ds",
        "y",
        "forecast",
        "lo-80",
        "hi-80",
        "naive",
        "seasonal_naive",
        "drift",
        "ridge",
    ]
    assert len(table) == 2 * 3 * H
    joined = table.join(data, on=["unique_id", "ds"], suffix="_given")
    np.testing.assert_array_almost_equal(joined["y"], joined["y_given"], decimal=4)
    times = data["ds"].unique().sort()
    assert table["cutoff"].unique().sort().to_list() == [times[-1 - H - back] for back in (8, 4, 0)]


def test_what_came_after_a_cutoff_has_no_say():
    data = frame()
    end = data["ds"].unique().sort()[-H]
    changed = data.with_columns(y=pl.when(pl.col("ds") >= end).then(1e4).otherwise("y"))
    one, other = (
        pl.DataFrame(forecaster(head="quantiles").cross_validation(each, windows=2, level=[80]).columns())
        for each in (data, changed)
    )
    said = ["forecast", "lo-80", "hi-80", "naive", "seasonal_naive", "drift", "ridge"]
    np.testing.assert_array_equal(one.select(said).to_numpy(), other.select(said).to_numpy())


def test_intervals_of_later_cutoffs_know_more():
    data = frame(series=1)
    late = data["ds"].unique().sort()[-2 * H]
    shaken = data.with_columns(y=pl.when(pl.col("ds") >= late).then(pl.col("y") + 500).otherwise("y"))
    result = forecaster().cross_validation(shaken, windows=8, step=1, level=[90])
    width = (result.ours.intervals.high - result.ours.intervals.low)[..., 0].mean(1)
    assert width[-1] > width[0]


def test_metrics_are_told_beside_the_baselines():
    data = frame()
    result = forecaster().cross_validation(data, windows=2, level=[50, 90])
    found = result.metrics()
    assert set(found) == {"forecast", "naive", "seasonal_naive", "drift", "ridge"}
    errors = np.abs(result.truth - result.ours.point)
    assert found["forecast"]["mae"] == pytest.approx(errors.mean())
    scales = [seasonal_error(data.filter(unique_id=name)["y"].to_numpy()[: 160 - 2 * H], 24) for name in ("s0", "s1")]
    expected = np.mean([errors[i].mean() / scales[series] for i, (series, _) in enumerate(result.cutoffs)])
    assert found["forecast"]["mase"] == pytest.approx(expected, rel=1e-4)
    assert found["seasonal_naive"]["skill"] == 0
    low, high = result.ours.intervals
    inside = (low <= result.truth[..., None]) & (result.truth[..., None] <= high)
    assert found["forecast"]["coverage-90"] == pytest.approx(inside[..., 1].mean())
    assert {"coverage-50", "coverage-90", "width-50", "width-90"} <= set(found["ridge"])


def test_baselines_are_those_of_a_loop():
    past = RANDOM.normal(size=(4, 11))
    past[1, [8, 10]] = np.nan
    past[2, :9] = np.nan
    season = 3
    for row, one, two, three in zip(
        past, naive(past, 5, season), seasonal_naive(past, 5, season), drift(past, 5, season), strict=True
    ):
        known = [i for i in range(11) if not np.isnan(row[i])]
        for h in range(5):
            assert one[h] == row[known[-1]]
            place = 11 + h - season
            while place >= 11 or (place >= 2 and np.isnan(row[place])):
                place -= season
            assert two[h] == (row[place] if place >= 2 else row[known[-1]])
            slope = (row[known[-1]] - row[known[0]]) / max(known[-1] - known[0], 1)
            assert three[h] == pytest.approx(row[known[-1]] + slope * (11 + h - known[-1]))


def test_what_cannot_be_is_told():
    with pytest.raises(DataError, match="take fewer windows"):
        forecaster().cross_validation(frame(), windows=40)
    with pytest.raises(ConfigError, match="takes 1 at least"):
        forecaster().cross_validation(frame(), windows=0)


def test_an_evaluation_forecasts_what_came_since_training():
    whole = frame()
    times = whole["ds"].unique().sort()
    trained = forecaster().fit(whole.filter(pl.col("ds") < times[-3 * H - 1]))
    result = trained.evaluate(whole, level=[80])
    assert len(result.cutoffs) == 6  # the last step is too little of a fourth
    table = pl.DataFrame(result.columns())
    for cutoff in table["cutoff"].unique():
        known = whole.filter(pl.col("ds") <= cutoff)
        alone = trained.predict(known, level=[80])
        told = table.filter(pl.col("cutoff") == cutoff)
        np.testing.assert_allclose(told["forecast"], alone["forecast"], rtol=1e-5)
        np.testing.assert_allclose(told["lo-80"], alone["lo-80"], rtol=1e-4)
        now = whole.filter((pl.col("ds") > cutoff) & (pl.col("ds") <= told["ds"].max()))
        np.testing.assert_allclose(told["y"], now["y"], rtol=1e-5)
    assert set(result.metrics()) == {"forecast", "naive", "seasonal_naive", "drift"}
    with pytest.raises(DataError, match="no series has them"):
        trained.evaluate(whole.filter(pl.col("ds") < times[-2 * H - 2]))
    with pytest.raises(ConfigError, match="stride=-1"):
        trained.evaluate(whole, step=-1)
