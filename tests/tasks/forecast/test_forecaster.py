"""A forecaster from table to table: what it says, keeps, and refuses."""

import copy
import math
import os
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from sightline.data.series import Columns
from sightline.errors import ConfigError, DataError, ModelFolderError
from sightline.models.forecast import PointHead
from sightline.tasks.forecast import (
    Forecaster,
    ForecastTraining,
    HeadConfig,
    IntervalsConfig,
    PatchesConfig,
    SegmentsConfig,
)
from sightline.tasks.forecast.building import Series, units_of
from sightline.tasks.forecast.line import best_line, best_share, mean_loss
from sightline.tasks.forecast.reading import read_panel
from sightline.tasks.forecast.starting import prepare
from sightline.training import Event, Interrupted, Listener, Progress

pytestmark = pytest.mark.filterwarnings("ignore:.*:UserWarning:sightline")
QUICK = ForecastTraining(epochs=1, batch_windows=64, warmup=2)
SMALL = PatchesConfig(patch=4, stride=4, width=8, heads=2, hidden=8, layers=1)
RANDOM = np.random.default_rng(5)


def waves(series: int = 2, steps: int = 120, noise: float = 0.1) -> pl.DataFrame:
    """Hourly sines of other heights."""
    times = (np.datetime64("2024-01-01") + np.arange(steps) * np.timedelta64(1, "h")).astype("datetime64[us]")
    parts = [
        pl.DataFrame(
            {
                "unique_id": [f"s{n}"] * steps,
                "ds": times,
                "y": 10.0**n * (np.sin(np.arange(steps) / 4) + noise * RANDOM.normal(size=steps)),
                "price": RANDOM.normal(size=steps),
                "kind": ["a" if n else "b"] * steps,
            }
        )
        for n in range(series)
    ]
    return pl.concat(parts)


def quick(**options) -> Forecaster:
    return Forecaster(**{"horizon": 6, "look_back": 24, "model": SMALL, "training": QUICK, **options})


NAMED = Columns(past=("price",), static=("kind",))


@pytest.fixture(scope="module")
def trained() -> tuple[Forecaster, pl.DataFrame]:
    frame = waves()
    return quick(columns=NAMED).fit(frame), frame


def test_a_forecast_has_a_row_for_each_series_and_step(trained):
    forecaster, frame = trained
    found = forecaster.predict(level=[90, 50])
    assert found.columns == ["unique_id", "ds", "forecast", "lo-90", "lo-50", "hi-50", "hi-90"]
    assert found["unique_id"].to_list() == ["s0"] * 6 + ["s1"] * 6
    assert found["ds"][0] == frame["ds"].max() + pd.Timedelta("1h")
    bounds = found.select("lo-90", "lo-50", "forecast", "hi-50", "hi-90").to_numpy()
    assert (np.diff(bounds, axis=1) >= 0).all()


def test_series_given_anew_are_forecast_without_training(trained):
    forecaster, frame = trained
    assert_frame_equal(forecaster.predict(), forecaster.predict(frame))
    earlier = frame.filter(pl.col("ds") < frame["ds"].max() - pd.Timedelta("10h"))
    assert forecaster.predict(earlier)["ds"][0] == earlier["ds"].max() + pd.Timedelta("1h")


def test_intervals_of_a_newer_table_know_what_came_since_training(trained):
    forecaster, frame = trained
    newer = waves(steps=180)
    calm = pl.concat([frame, newer.filter(pl.col("ds") > frame["ds"].max())])
    wild = calm.with_columns(
        y=pl.when((pl.col("ds") > frame["ds"].max()) & (pl.col("ds").dt.day() < 8)).then(5 * pl.col("y")).otherwise("y")
    )

    def width(table):
        found = forecaster.predict(table, level=[80])
        return (found["hi-80"] - found["lo-80"]).mean()

    assert width(wild) > 1.2 * width(calm)
    still = Forecaster.from_config(forecaster.config.model_copy(update={"intervals": IntervalsConfig(rate=0.0)}))
    still._trained = forecaster.trained
    assert (still.predict(frame, level=[80])["lo-80"] == forecaster.predict(frame, level=[80])["lo-80"]).all()


def test_few_windows_to_calibrate_on_are_told():
    lines: list[str] = []
    quick(look_back=12).fit(waves(series=1, steps=40), say=lines.append)
    assert any(
        line.startswith("note: intervals above 50 % reach no further than the worst error on 1 window")
        for line in lines
    )
    quick(look_back=12).fit(waves(series=1, steps=180), say=(more := []).append)
    assert not any("intervals" in line for line in more)


@pytest.mark.parametrize("begin", [0, np.datetime64("2024-01-31")])
def test_where_training_ended_is_remembered(begin, tmp_path):
    times = begin + np.arange(90) if begin == 0 else pd.date_range("2016-01-31", periods=90, freq="ME")
    frame = pl.DataFrame({"ds": times, "y": np.sin(np.arange(90.0))})
    forecaster = quick().fit(frame[:80])
    forecaster.save(tmp_path / "model")
    for one in (forecaster, Forecaster.load(tmp_path / "model")):
        panel = read_panel(one.config, frame, known=one.parts.series)
        assert one.parts.series.known(panel).tolist() == [80]
        assert one.parts.series.known(panel.head(70)).tolist() == [70]


def test_what_is_saved_says_the_same(trained, tmp_path):
    forecaster, frame = trained
    forecaster.save(tmp_path / "model")
    again = Forecaster.load(tmp_path / "model")
    assert_frame_equal(forecaster.predict(level=[80]), again.predict(frame, level=[80]))
    with pytest.raises(ConfigError, match="keeps no series"):
        again.predict()


def test_a_frame_of_pandas_gives_one_of_pandas(trained):
    forecaster, frame = trained
    found = forecaster.predict(pd.DataFrame(frame.to_dict(as_series=False)), level=[80])
    assert isinstance(found, pd.DataFrame)
    np.testing.assert_allclose(found["forecast"].to_numpy(), forecaster.predict()["forecast"].to_numpy(), rtol=1e-6)


def test_the_same_seed_gives_the_same_numbers():
    frame = waves(1)
    one, other = (quick().fit(frame).predict(level=[80]) for _ in range(2))
    assert_frame_equal(one, other)


@pytest.mark.parametrize("head", ["squared", "quantiles", "gaussian", "student"])
def test_every_head_gives_intervals(head):
    found = quick(head=head).fit(waves(1)).predict(level=[80, 95])
    bounds = found.select("lo-95", "lo-80", "forecast", "hi-80", "hi-95").to_numpy()
    assert np.isfinite(bounds).all()
    assert (np.diff(bounds, axis=1) >= 0).all()


def test_a_network_is_joined_to_the_line_as_validates_best():
    training = ForecastTraining(updates=120, learning_rate=0.01, warmup=2, validate_every=20)
    config, lines, losses = quick(horizon=2, look_back=8, training=training).config, list[str](), {}
    values = [0.3]
    for _ in range(299):  # the logistic map, which no line foresees
        values.append(3.8 * values[-1] * (1 - values[-1]))
    frame = pl.DataFrame({"ds": range(300), "y": np.array(values) + np.sin(np.arange(300) / 5)})
    for line in ("none", "beside"):
        options = config.model_copy(update={"line": line})
        forecaster = Forecaster.from_config(options).fit(frame, say=lines.append)
        losses[line] = forecaster.metrics["loss"]
    share = forecaster.parts.network.share
    assert share is not None
    assert 0 < share < 1
    assert losses["beside"] < losses["none"]
    start = prepare(config, read_panel(config, frame))
    alone = best_line(start, PointHead("absolute"), "standard")
    assert losses["beside"] < mean_loss(alone, start.windows, start.valid, units_of(start.parts, start.windows.panel))
    assert f"note: {float(share):.0%} of each forecast is the network's and" in lines[-1]


def test_the_best_share_is_that_of_forecasts_joined_one_by_one():
    config = quick(head="quantiles", training=ForecastTraining(updates=20, warmup=2)).config
    frame = waves(2)
    start = prepare(config.model_copy(update={"line": "beside"}), read_panel(config, frame))
    network, units = start.parts.network.eval(), units_of(start.parts, start.windows.panel)
    alone = best_line(start, network.head, "standard")
    share, loss = best_share(network, alone, start)
    losses = {}
    for each in np.linspace(0, 1, 21):
        joined = copy.deepcopy(network)
        joined.join(*alone.straight(), each)
        losses[each] = mean_loss(joined, start.windows, start.valid, units)
    assert min(losses.values()) == pytest.approx(loss, rel=1e-5)
    assert losses[min(losses, key=lambda each: abs(each - share))] == pytest.approx(loss, rel=1e-5)


@pytest.mark.parametrize("parallel", [True, False])
def test_a_recurrent_model_forecasts(parallel):
    model = SegmentsConfig(segment=2, width=8, parallel=parallel)
    assert np.isfinite(quick(model=model).fit(waves(1)).predict()["forecast"].to_numpy()).all()


def test_what_is_known_ahead_is_used():
    frame = waves(1, steps=300).with_columns(y=pl.col("price") * 3)  # nothing but what is known ahead says what comes
    training = ForecastTraining(epochs=40, batch_windows=64, warmup=10, learning_rate=0.01)
    model = PatchesConfig(patch=4, stride=4, width=16, heads=2, hidden=16, layers=1, dropout=0.0)
    forecaster = quick(columns=Columns(future=("price",)), training=training, model=model, head="squared").fit(frame)
    times = [frame["ds"].max() + pd.Timedelta(hours=h) for h in range(1, 7)]
    future = pl.DataFrame({"unique_id": ["s0"] * 6, "ds": times, "price": [-2.0, -1.0, 0.0, 1.0, 2.0, 0.5]})
    found = forecaster.predict(future=future)["forecast"].to_numpy()
    np.testing.assert_allclose(found, 3 * future["price"].to_numpy(), atol=1.0)
    with pytest.raises(DataError, match="needed for each of 6 steps ahead"):
        forecaster.predict(future=future.head(4))
    with pytest.raises(ConfigError, match="price"):
        forecaster.predict()


def test_intervals_cover_as_they_say():
    noise = RANDOM.normal(size=3_000)
    frame = pl.DataFrame({"ds": np.arange(2_400), "y": 50 + noise[:2_400]})
    forecaster = quick(horizon=3).fit(frame)
    hits = []
    for end in range(2_400, 2_990, 3):
        known = pl.DataFrame({"ds": np.arange(end - 100, end), "y": 50 + noise[end - 100 : end]})
        found = forecaster.predict(known, level=[80])
        truth = 50 + noise[end : end + 3]
        hits.extend((found["lo-80"].to_numpy() <= truth) & (truth <= found["hi-80"].to_numpy()))
    assert abs(np.mean(hits) - 0.8) < 0.05


def test_nothing_of_what_validates_is_learned_from():
    frame = waves(1, noise=0.0)
    changed = frame.with_columns(y=pl.when(pl.int_range(pl.len()) < 102).then("y").otherwise(1e3))
    one, other = (quick().fit(each).parts.series for each in (frame, changed))
    assert one.units == other.units


def interrupt_after(update: int) -> Listener:
    def listen(event: Event) -> None:
        if isinstance(event, Progress) and event.update == update:
            os.kill(os.getpid(), signal.SIGINT)

    return listen


def test_training_goes_on_where_it_stopped(tmp_path):
    frame, training = waves(1), ForecastTraining(epochs=4, warmup=2, batch_windows=32)
    whole = quick(training=training).fit(frame).predict(level=[80])
    with pytest.raises(Interrupted):
        quick(training=training).fit(frame, folder=tmp_path / "m", listeners=[interrupt_after(5)])
    rest = quick(training=training).fit(frame, folder=tmp_path / "m", resume=True)
    assert_frame_equal(rest.predict(level=[80]), whole)


def test_training_goes_on_with_the_same_series_and_options(tmp_path):
    frame, training = waves(1), ForecastTraining(epochs=4, warmup=2, batch_windows=32)
    with pytest.raises(Interrupted):
        quick(training=training).fit(frame, folder=tmp_path / "m", listeners=[interrupt_after(5)])
    with pytest.raises(DataError, match="the series are not those of the training"):
        quick(training=training).fit(waves(1, noise=0.2), folder=tmp_path / "m", resume=True)
    with pytest.raises(ConfigError, match=r"head\.kind is squared, and was absolute"):
        quick(training=training, head="squared").fit(frame, folder=tmp_path / "m", resume=True)
    with pytest.raises(ModelFolderError, match="there is no training to go on with"):
        quick(training=training).fit(frame, folder=tmp_path / "other", resume=True)


def test_gaps_are_missing_and_not_mended():
    frame = waves(1).filter(pl.int_range(pl.len()) % 17 != 5)
    said: list[str] = []
    found = quick().fit(frame, say=said.append).predict()
    assert any("missing" in line or "gap" in line for line in said)
    assert np.isfinite(found["forecast"].to_numpy()).all()


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda: quick().predict(), ConfigError, "not trained"),
        (lambda: quick(horizon=80).fit(waves(1)), DataError, "the longest series has 120 steps"),
        (lambda: quick(model=PatchesConfig(patch=64, stride=8)).fit(waves(1)), ConfigError, "does not fit"),
        (
            lambda: quick(calendar=["hour"]).fit(pl.DataFrame({"ds": range(99), "y": range(99)})),
            ConfigError,
            "calendar",
        ),
        (lambda: quick(head=HeadConfig(kind="quantiles", levels=(0.5,))).fit(waves(1)), ConfigError, "must rise"),
        (lambda: quick().fit(waves(1), resume=True), ConfigError, "name it by folder"),
        (lambda: Forecaster.load("nowhere"), ModelFolderError, "no such model folder"),
        (lambda: Forecaster(horizon=0), ConfigError, "horizon"),
    ],
)
def test_what_cannot_be_is_told(act, error, message):
    with pytest.raises(error, match=message):
        act()


@pytest.mark.parametrize(
    ("level", "message"), [([0.9], "from 1 to 100"), ([80, 80], "each once"), ([120], "from 1 to 100")]
)
def test_levels_that_make_no_sense_are_told(trained, level, message):
    with pytest.raises(ConfigError, match=message):
        trained[0].predict(level=level)


def test_a_series_that_was_not_trained_on_is_told(trained):
    forecaster, frame = trained
    strange = frame.with_columns(unique_id=pl.col("unique_id").replace("s1", "new"))
    with pytest.raises(DataError, match="'new' was not among those trained on"):
        forecaster.predict(strange)


def test_a_file_gives_what_its_frame_does(trained, tmp_path: Path):
    forecaster, frame = trained
    frame.write_csv(tmp_path / "data.csv")
    found = forecaster.predict(tmp_path / "data.csv")
    assert math.isclose(found["forecast"][3], forecaster.predict()["forecast"][3], rel_tol=1e-6)


def test_errors_count_in_the_unit_that_is_asked_for():
    frame = waves(noise=0.3)
    config = Forecaster(4).config
    panel = read_panel(config, frame)
    values = frame.filter(pl.col("unique_id") == "s0")["y"].to_numpy()
    deviation, season = (Series.of(panel, panel.history, unit).units["s0"] for unit in ("deviation", "season"))
    assert deviation == pytest.approx(values.std())
    assert season == pytest.approx(np.abs(values[24:] - values[:-24]).mean())
    flat = pl.DataFrame({"ds": np.arange(30), "y": np.full(30, 2.0)})
    (unit,) = Series.of(read_panel(config, flat), np.array([30]), "season").units.values()
    assert unit == 1.0
