"""What a forecast used of the past: shares that sum to 1, and that stand where they should."""

import numpy as np
import polars as pl
import pytest
import torch
from torch.testing import assert_close

from sightline.errors import ConfigError
from sightline.models.forecast import ForecastNetwork, PatchCore, PointHead, RecurrentCore, Window
from sightline.tasks.forecast import Forecaster, ForecastTraining, PatchesConfig, SegmentsConfig
from sightline.tasks.forecast.explaining import used

L, H = 14, 5
CORES = {
    "patches": lambda: PatchCore(look_back=L, horizon=H, numbers=1, patch=4, stride=3, width=8, heads=2, hidden=8),
    "steps": lambda: RecurrentCore(look_back=L, horizon=H, numbers=1, width=8),
    "segments": lambda: RecurrentCore(look_back=L, horizon=H, numbers=1, width=8, segment=3, parallel=True),
}


@pytest.mark.parametrize("line", [True, False])
@pytest.mark.parametrize("name", CORES)
def test_shares_sum_to_one(name, line):
    network = ForecastNetwork(CORES[name](), PointHead(), look_back=L, horizon=H, line=line).eval()
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    shares = used(network, network(Window.of_values(torch.randn(3, L), H), need_weights=True))
    assert shares.shape == (3, H, 1, L)
    assert (shares >= 0).all()
    assert_close(shares.sum((2, 3)), torch.ones(3, H))


def test_the_line_alone_says_exactly_what_it_used():
    network = ForecastNetwork(CORES["patches"](), PointHead(), look_back=L, horizon=H, scaling="none").eval()
    weight = torch.zeros(H, L)
    weight[2, 5], weight[2, 9] = 3.0, -1.0
    network.begin_at(weight, torch.zeros(H))
    shares = used(network, network(Window.of_values(torch.ones(1, L), H), need_weights=True))
    assert shares[0, 2, 0, 5].item() == pytest.approx(0.75)
    assert shares[0, 2, 0, 9].item() == pytest.approx(0.25)


def test_what_patches_used_is_spread_over_their_steps():
    network = ForecastNetwork(CORES["patches"](), PointHead(), look_back=L, horizon=H, line=False).eval()
    shares = used(network, network(Window.of_values(torch.randn(1, L), H), need_weights=True))[0, :, 0]
    # the last patch is the steps 10 to 13, the one before 7 to 10: what is behind the overlap is the last one's alone
    assert_close(shares[:, 11], shares[:, 13])
    assert_close(shares[:, 8], shares[:, 9])


def test_a_segment_ahead_holds_its_own_steps():
    core = RecurrentCore(look_back=6, horizon=4, numbers=1, width=8, segment=3, parallel=True)
    network = ForecastNetwork(core, PointHead(), look_back=6, horizon=4, line=False).eval()
    forecast = network(Window.of_values(torch.randn(1, 6), 4), need_weights=True)
    shares, cross = used(network, forecast)[0, :, 0], forecast.maps["cross"][0]
    for h, segment in enumerate((0, 0, 0, 1)):
        assert_close(shares[h], (cross[segment] / 3).repeat_interleave(3))


def forecaster(model) -> Forecaster:
    training = ForecastTraining(epochs=1, batch_windows=32, warmup=2)
    return Forecaster(horizon=3, look_back=12, model=model, training=training)


def test_a_table_names_what_each_step_used():
    steps = 60
    frame = pl.concat(
        pl.DataFrame({"unique_id": [name] * steps, "ds": range(steps), "y": np.sin(np.arange(steps) / 3) + shift})
        for name, shift in (("a", 0.0), ("b", 5.0))
    )
    model = forecaster(PatchesConfig(patch=4, stride=4, width=8, heads=2, hidden=8, layers=1)).fit(frame)
    table = model.explain()
    assert table.columns == ["unique_id", "cutoff", "step", "ds", "variable", "weight"]
    sums = table.group_by("unique_id", "step").agg(pl.col("weight").sum())
    np.testing.assert_allclose(sums["weight"], 1.0, rtol=1e-5)
    assert len(sums) == 2 * 3
    assert (table["cutoff"].unique().to_list(), table["variable"].unique().to_list()) == ([steps - 1], ["y"])
    assert sorted(table["ds"].unique()) == list(range(steps - 12, steps))


def test_what_looks_at_nothing_explains_nothing():
    frame = pl.DataFrame({"ds": range(60), "y": np.sin(np.arange(60) / 3)})
    blind = forecaster(SegmentsConfig(attention="none", width=8, segment=3)).fit(frame)
    with pytest.raises(ConfigError, match="looks at nothing"):
        blind.explain()
