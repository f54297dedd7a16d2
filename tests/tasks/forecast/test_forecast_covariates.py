"""Forecasters whose attention tells covariates apart, from table to table."""

import numpy as np
import polars as pl
import pytest

from sightline.data.series import Columns
from sightline.errors import ConfigError
from sightline.tasks.config import parse_config
from sightline.tasks.forecast import DualStageConfig, ForecastConfig, Forecaster, ForecastTraining, VariablesConfig

STEPS = np.arange(400)
RANDOM = np.random.default_rng(3)
NOISE = RANDOM.normal(size=(2, 400))
FRAME = pl.DataFrame(
    {
        "ds": (np.datetime64("2024-01-01") + STEPS * np.timedelta64(1, "h")).astype("datetime64[us]"),
        "y": 2 * np.roll(NOISE[1], 4) + 0.1 * RANDOM.normal(size=400),
        "wind": NOISE[0],
        "rain": NOISE[1],
        "shift": np.array(["day", "late", "night"])[STEPS // 8 % 3],
    }
)
COLUMNS = Columns(past=("wind", "rain"), future=("shift",), categorical=("shift",))


@pytest.mark.filterwarnings("ignore:.*:UserWarning:sightline")
def test_what_a_forecast_used_names_the_covariate_and_the_step_that_it_copies():
    training = ForecastTraining(epochs=80, batch_windows=64, warmup=2, learning_rate=0.01, patience=None)
    forecaster = Forecaster(
        horizon=3,
        look_back=8,
        model=VariablesConfig(lags=6, width=16),
        columns=COLUMNS,
        calendar=["hour"],
        training=training,
    ).fit(FRAME)
    future = pl.DataFrame({"ds": FRAME["ds"].tail(3).dt.offset_by("3h"), "shift": ["day"] * 3})
    found = forecaster.explain(future=future)
    assert found["variable"].unique().len() == 1 + 2 + 1 + 2
    most = found.group_by("step", maintain_order=True).agg(pl.all().sort_by("weight").last())
    assert most["variable"].to_list() == ["rain"] * 3
    assert most["ds"].to_list() == FRAME["ds"].tail(4).head(3).to_list()
    assert found.filter(pl.col("ds") < FRAME["ds"][-6]).filter(pl.col("variable") != "y")["weight"].sum() == 0


@pytest.mark.filterwarnings("ignore:.*:UserWarning:sightline")
@pytest.mark.parametrize("model", [VariablesConfig(width=8), DualStageConfig(width=8)], ids=lambda model: model.type)
def test_a_forecaster_of_that_model_is_saved_and_loaded(tmp_path, model):
    training = ForecastTraining(epochs=1, batch_windows=64, warmup=2)
    columns = Columns(past=("wind", "rain"))
    forecaster = Forecaster(horizon=3, look_back=8, model=model, columns=columns, training=training).fit(FRAME)
    forecaster.save(tmp_path / "model")
    again = Forecaster.load(tmp_path / "model")
    assert again.predict(FRAME, level=[80]).equals(forecaster.predict(FRAME, level=[80]))
    weights = again.explain(FRAME).group_by("step").agg(pl.col("weight").sum())["weight"]
    assert weights.to_list() == pytest.approx([1] * 3)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"type": "variables", "lag": 3}, "unknown key 'model.lag': did you mean 'model.lags'"),
        ({"type": "variables", "heads": 0}, "^model.heads: "),
        ({"type": "darnn", "cell": "rnn"}, "^model.cell: "),
        ({"type": "da-rnn"}, "model.type: expected 'patches', 'segments', 'variables', 'darnn'"),
    ],
)
def test_options_that_do_not_fit_are_told(model, message):
    with pytest.raises(ConfigError, match=message):
        parse_config({"horizon": 3, "model": model}, ForecastConfig)


@pytest.mark.parametrize("model", ["darnn", "segments"])
def test_a_decoder_that_reads_its_own_answers_starts_as_no_line(model):
    with pytest.raises(ConfigError, match="set 'line: beside'"):
        parse_config({"horizon": 3, "model": {"type": model}, "line": "start"}, ForecastConfig)
