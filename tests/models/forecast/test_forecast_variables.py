"""Attention over variables and lags: what a weight is about, and that it finds what was planted."""

import pytest
import torch
from torch.testing import assert_close

from sightline.models.forecast import Ahead, ForecastNetwork, PointHead, VariableCore, Window

B, L, H, C, F, K = 5, 11, 3, 2, 7, 1


def window() -> Window:
    mask = torch.rand(B, L) < 0.7
    past = torch.randn(B, L).masked_fill(~mask, 0.0)
    return Window(past, mask, torch.randn(B, L, C), torch.randn(B, H, F), torch.randn(B, K))


@pytest.fixture(params=["scaled_dot", "additive"])
def core(request: pytest.FixtureRequest, float64: None) -> VariableCore:
    core = VariableCore(
        look_back=L,
        horizon=H,
        numbers=2,
        past_covariates=C,
        future_covariates=F,
        static=K,
        lags=7,
        attention=request.param,
        width=6,
        heads=2,
    )
    for weight in core.parameters():
        torch.nn.init.normal_(weight)
    return core


def test_weights_and_shares_are_those_of_a_loop(float64):
    core = VariableCore(look_back=4, horizon=2, numbers=1, past_covariates=1, lags=3, width=4, heads=2)
    torch.nn.init.normal_(core.slopes)
    given = Window.of_values(torch.randn(1, 4), 2)._replace(past_covariates=torch.randn(1, 4, 1))
    numbers, maps = core(given, None, True)
    x = [given.past[0, 1:], given.past_covariates[0, 1:, 0]]
    for h in range(2):
        query, answer, found = core.query(core.steps[h]), core.readout(core.steps[h]), torch.zeros(2, 3)
        for part in (slice(0, 2), slice(2, 4)):
            scores = torch.empty(2, 3)
            for v in range(2):
                for lag in range(3):
                    key = core.key(x[v][lag] * core.slopes[v] + core.names[v] + core.places[lag])
                    scores[v, lag] = query[part] @ key[part] / 2**0.5
            weights = scores.exp() / scores.exp().sum()
            found += weights / 2
            for v in range(2):
                answer = answer + (weights[v] @ x[v]) * (core.readout.weight[0, part] @ core.slopes[v, part])
        assert_close(maps["variables"][0, h], found)
        assert_close(numbers[0, h], answer)


def test_shares_of_the_numbers_add_up_to_the_answer(core):
    given = window()
    nothing = given._replace(past=torch.zeros(B, L), past_covariates=torch.zeros(B, L, C))
    numbers, maps = core(given, None, True)
    silent, _ = core(nothing, None, False)
    assert_close(maps["shares"].sum((-2, -1)) + silent, numbers)


def test_what_is_missing_has_no_weight_and_the_rest_has_all(core):
    given = window()
    _, maps = core(given, None, True)
    assert (maps["variables"][:, :, 0].masked_select(~given.mask[:, None, -7:]) == 0).all()
    assert_close(maps["variables"].sum((-2, -1)), torch.ones(B, H))


def test_a_window_of_nothing_gives_what_is_known_ahead(float64):
    core = VariableCore(look_back=L, horizon=H, numbers=1)
    given = Window.of_values(torch.zeros(B, L), H)._replace(mask=torch.zeros(B, L, dtype=torch.bool))
    numbers, maps = core(given, None, True)
    assert_close(numbers, core.readout(core.steps).expand(B, -1, -1))
    assert (maps["variables"] == 0).all()


@pytest.mark.parametrize(("variable", "lag"), [(1, 7), (3, 12)])
def test_it_finds_planted_evidence(variable, lag):
    torch.manual_seed(lag)
    look_back, horizon = 12, 3
    x = torch.randn(500, 4)
    y = 2 * x[:, variable].roll(lag) + 0.1 * torch.randn(500)
    cutoffs = torch.arange(2 * look_back, 500 - horizon).unsqueeze(1)
    back, ahead = cutoffs + torch.arange(-look_back, 0), cutoffs + torch.arange(horizon)
    core = VariableCore(look_back=look_back, horizon=horizon, numbers=1, past_covariates=4)
    options = {"look_back": look_back, "horizon": horizon, "scaling": "none", "line": False}
    network = ForecastNetwork(core, PointHead(), **options)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(150):
        some = torch.randint(len(cutoffs), (64,))
        window = Window.of_values(y[back[some]], horizon)._replace(past_covariates=x[back[some]])
        came = Ahead(y[ahead[some]], torch.ones(64, horizon, dtype=torch.bool))
        total, count = network.loss(network(window, came), came)
        (total / count).backward()
        optimizer.step()
        optimizer.zero_grad()
    window = Window.of_values(y[back], horizon)._replace(past_covariates=x[back])
    weights = network(window, need_weights=True).maps["variables"].mean(0)
    for h in range(horizon):
        assert weights[h].argmax() == (1 + variable) * look_back + look_back + h - lag
        assert weights[h].max() > 0.3  # by chance it is 1 in 60
