"""Whether what a forecast is said to have used is to be believed."""

import numpy as np
import polars as pl
import pytest
import torch
from torch.testing import assert_close

from sightline.data.series import Columns
from sightline.errors import ConfigError
from sightline.models.forecast import ForecastNetwork, PatchCore, PointHead, VariableCore, Window
from sightline.tasks.forecast import Forecaster, ForecastExplanation, ForecastTraining
from sightline.tasks.forecast.believing import believe
from sightline.tasks.forecast.explaining import used

L, H = 20, 3


def shifted() -> ForecastNetwork:
    """Every step ahead is three times a number of its own."""
    network = ForecastNetwork(None, PointHead(), look_back=L, horizon=H, scaling="none").eval()
    weight = torch.zeros(H, L)
    for h in range(H):
        weight[h, 4 + 5 * h] = 3.0
    network.begin_at(weight, torch.zeros(H))
    return network


def window(seed: int = 1, covariates: int = 0) -> Window:
    chance = torch.Generator().manual_seed(seed)
    past = torch.randn(1, L, generator=chance) + 4
    return Window.of_values(past, H)._replace(past_covariates=torch.randn(1, L, covariates, generator=chance))


def test_what_the_line_used_is_supported():
    network, seen = shifted(), window()
    weights = used(network, network(seen, need_weights=True))[0]
    found = believe(network, seen, weights)
    assert (found.kind, found.gain) == ("supported", 1)
    assert believe(network, seen, weights.flip(-1)).kind == "not supported"
    assert believe(network, seen, torch.full((H, 1, L), 1 / L)).kind == "not supported"
    # of 20 numbers the first one, two, four and ten are taken away; each step ahead misses its own
    past, places = seen.past[0], [4, 9, 14]
    moved = 3 * (past[places] - past.mean()).abs() / past.std(correction=0)
    assert found.comprehensiveness["attention"] == pytest.approx(moved.mean().item(), rel=1e-3)
    assert found.sufficiency["attention"] == pytest.approx(0, abs=1e-5)


def test_a_covariate_that_decides_is_supported():
    core = VariableCore(look_back=L, horizon=H, numbers=1, past_covariates=2, width=8, heads=1)
    network = ForecastNetwork(core, PointHead(), look_back=L, horizon=H, scaling="none", line=False).eval()
    # the place of the evidence is what every step ahead asks for, and numbers are told by their slope
    torch.nn.init.zeros_(core.names)
    torch.nn.init.zeros_(core.places)
    core.names.data[2, 0] = core.places.data[7, 1] = 8.0
    torch.nn.init.eye_(core.query.weight)
    torch.nn.init.eye_(core.key.weight)
    torch.nn.init.zeros_(core.steps)
    core.steps.data[:, :2] = 4.0
    seen = window(3, covariates=2)
    forecast = network(seen, need_weights=True)
    weights = used(network, forecast)[0]
    assert weights[:, 2, 7].min() > 0.9
    assert believe(network, seen, weights, [1, 1]).kind == "supported"
    assert believe(network, seen, weights.roll(1, 1), [1, 1]).kind == "not supported"


class Echo(torch.nn.Module):
    """Says the covariates of a step back, each times a factor."""

    def __init__(self, place: int, factors: list[float]) -> None:
        super().__init__()
        self.place, self.factors = place, torch.tensor(factors)

    def forward(self, window: Window) -> torch.Tensor:
        return (window.past_covariates[:, self.place] @ self.factors).unsqueeze(1).expand(-1, H)

    def point(self, forecast: torch.Tensor) -> torch.Tensor:
        return forecast


def test_where_covariates_are_not_told_apart_they_go_with_their_step():
    seen, weights = window(4, covariates=2), torch.full((H, 1, L), 0.2 / (L - 1))
    weights[:, :, 7] = 0.8
    assert believe(Echo(7, [1.0, 1.0]), seen, weights).kind == "supported"
    assert believe(Echo(8, [1.0, 1.0]), seen, weights).kind == "not supported"


def test_the_columns_of_a_covariate_go_together():
    """The second of two covariates has three columns."""
    seen, weights = window(5, covariates=4), torch.full((H, 3, L), 0.1 / (3 * L - 1))
    weights[:, 2, 7] = 0.9
    found = believe(Echo(7, [0.0, 1.0, 1.0, 1.0]), seen, weights, [1, 3])
    moved = (seen.past_covariates[0, 7, 1:] - seen.past_covariates[0, :, 1:].mean(0)).sum().abs()
    assert found.kind == "supported"
    assert found.comprehensiveness["attention"] == pytest.approx((moved / seen.past.std(correction=0)).item(), rel=1e-4)


def test_what_lies_before_a_series_is_left_alone():
    """A covariate that is always the same is its own mean, however short the series."""
    seen = window(6, covariates=1)
    seen.mask[:, :14] = False
    seen.past_covariates[:, :14], seen.past_covariates[:, 14:] = 0, 5
    found = believe(Echo(16, [1.0]), seen, torch.full((H, 2, 6), 1 / 12), [1])
    assert set(found.comprehensiveness.values()) == {0}


def test_missing_numbers_have_no_say():
    """What was not observed is taken for nothing, and taking it away changes nothing."""
    network, seen = shifted(), window()
    seen.mask[0, 10:13] = False
    weights = used(network, network(seen, need_weights=True))[0]
    assert weights[:, 0, 10:13].abs().max() == 0
    assert believe(network, seen, weights).kind == "supported"


def test_long_horizons_are_judged_at_some_steps():
    network = ForecastNetwork(
        PatchCore(look_back=30, horizon=100, numbers=1, patch=5, stride=5, width=8, heads=2, hidden=8),
        PointHead(),
        look_back=30,
        horizon=100,
    ).eval()
    seen = Window.of_values(torch.randn(1, 30), 100)
    assert believe(network, seen, used(network, network(seen, need_weights=True))[0]).kind


def test_a_forecaster_gives_the_first_few_series_by_name():
    steps = np.arange(120)
    frame = pl.concat(
        pl.DataFrame({"unique_id": name, "ds": steps, "y": np.sin(steps / k) + 9}) for k, name in ((2, "a"), (3, "b"))
    )
    forecaster = Forecaster(horizon=3, look_back=12, training=ForecastTraining(epochs=2)).fit(frame)
    found = forecaster.explanations()
    assert [each.series for each in found] == ["a", "b"]
    (one,) = forecaster.explanations(frame, series=1)
    assert one.verdict == found[0].verdict
    with pytest.raises(ConfigError, match="series=0: one is the least"):
        forecaster.explanations(series=0)


@pytest.mark.parametrize("model", ["variables", "segments", "patches", "darnn"])
def test_an_explanation_goes_through_json_a_table_and_a_page(tmp_path, model):
    """The table is that of `explain`; of a series shorter than the look-back what there is of it."""
    start = np.datetime64("2024-01-01T00:00", "us")
    hours = start + np.arange(70) * np.timedelta64(1, "h")
    frame = pl.concat(
        pl.DataFrame(
            {
                "shop": name,
                "ds": hours[:length],
                "y": np.sin(np.arange(length) / 2),
                "x": np.arange(length) % 5,
                "kind": ["even" if i % 2 else "odd" for i in range(length)],
            }
        )
        for name, length in (("a", 70), ("b", 8))
    ).with_columns(pl.col("ds").dt.replace_time_zone("UTC").dt.convert_time_zone("Europe/Rome"))
    forecaster = Forecaster(
        horizon=3,
        look_back=12,
        model=model,
        columns=Columns(id="shop", past=["x", "kind"]),
        training=ForecastTraining(epochs=1),
    ).fit(frame)
    table, forecast = forecaster.explain(), forecaster.predict()
    for each in forecaster.explanations():
        again = ForecastExplanation.from_json(each.to_json())
        assert again.to_dict() == each.to_dict()
        assert_close(torch.from_numpy(each.attention.sum((1, 2))), torch.ones(3), atol=1e-5, rtol=0)
        mine = each.to_frame()
        theirs = table.filter(pl.col("shop") == each.series)
        assert mine.columns == theirs.columns
        assert len(each.steps) == (12 if each.series == "a" else 8)
        for name in ("cutoff", "step", "ds", "variable"):
            assert mine[name].to_list() == theirs[name].to_list()
        np.testing.assert_allclose(mine["weight"], theirs["weight"], atol=1e-6)
        said = forecast.filter(pl.col("shop") == each.series)
        np.testing.assert_allclose(each.forecast, said["forecast"], rtol=1e-5)
        assert again.to_frame()["ds"].dtype == mine["ds"].dtype
    page = again.to_html(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text() == page
    assert "attention" in str(again)
    again.plot(tmp_path / "used.svg")
    assert (tmp_path / "used.svg").exists()
