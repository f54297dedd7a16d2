"""Forecasting networks: what reaches what, and that quick and slow ways agree."""

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from sightline.errors import ConfigError
from sightline.layers.scaling import SCALINGS, instance_scale
from sightline.models.forecast import (
    DualStageCore,
    ForecastNetwork,
    PatchCore,
    PointHead,
    QuantileHead,
    RecurrentCore,
    VariableCore,
    Window,
    patches,
)

pytestmark = pytest.mark.usefixtures("float64")
B, L, H, C, F, K = 3, 23, 7, 2, 5, 1
SIZES = {
    "look_back": L,
    "horizon": H,
    "numbers": 1,
    "past_covariates": C,
    "future_covariates": F,
    "static": K,
    "dropout": 0.0,
}
CORES = {
    "patches": lambda: PatchCore(**SIZES, patch=5, stride=3, width=8, heads=2, hidden=11),
    "steps": lambda: RecurrentCore(**SIZES, width=6),
    "segments": lambda: RecurrentCore(**SIZES, width=6, segment=3, decoder="bahdanau", bidirectional=True),
    "lstm": lambda: RecurrentCore(**SIZES, width=6, segment=2, cell="lstm", attention="bilinear", layers=2),
    "parallel": lambda: RecurrentCore(**SIZES, width=6, segment=3, parallel=True),
    "no attention": lambda: RecurrentCore(**SIZES, width=6, attention="none"),
    "variables": lambda: VariableCore(**SIZES, width=6, heads=2),
    "lags": lambda: VariableCore(**SIZES, width=6, heads=3, lags=11, attention="additive", selection="entmax15"),
    "darnn": lambda: DualStageCore(**SIZES, width=6),
    "darnn gru": lambda: DualStageCore(**SIZES, width=6, cell="gru"),
}


def window() -> Window:
    mask = torch.rand(B, L) < 0.9
    mask[:, -3:] = True
    return Window(
        torch.randn(B, L).masked_fill(~mask, 0.0),
        mask,
        torch.randn(B, L, C),
        torch.randn(B, H, F),
        torch.randn(B, K),
    )


@pytest.fixture(params=CORES)
def network(request: pytest.FixtureRequest) -> ForecastNetwork:
    network = ForecastNetwork(CORES[request.param](), PointHead(), look_back=L, horizon=H)
    for weight in network.parameters():  # some are zero at first
        torch.nn.init.normal_(weight, std=0.3)
    return network


def test_all_that_is_known_has_a_say(network):
    given = window()
    inputs = [x.clone().requires_grad_() for x in (given.past, *given[2:])]
    forecast = network(Window(inputs[0], given.mask, *inputs[1:]))
    for x, gradient in zip(inputs, torch.autograd.grad(network.point(forecast).sum(), inputs), strict=True):
        assert gradient.abs().sum() > 0, x.shape


def test_what_is_missing_has_none(network):
    given = window()
    other = given._replace(past=torch.where(given.mask, given.past, 1e6))
    assert_close(network.point(network(given)), network.point(network(other)))


def test_a_series_is_forecast_the_same_alone(network):
    given = window()
    together = network.point(network(given))
    alone = [network.point(network(Window(*(x[i : i + 1] for x in given)))) for i in range(B)]
    assert_close(together, torch.cat(alone))


def test_a_series_in_other_units_has_its_forecast_in_them(network):
    given = window()
    moved = given._replace(past=torch.where(given.mask, 40 * given.past - 7, 0.0))
    one, other = (network.point(network(x)) for x in (given, moved))
    assert_close(40 * one - 7, other, rtol=1e-3, atol=1e-3)  # the variance has a little added


@pytest.mark.parametrize("name", ["steps", "variables", "darnn"])
def test_no_step_sees_what_is_known_of_later_ones_where_one_follows_the_other(name):
    core = CORES[name]()
    network = ForecastNetwork(core, PointHead(), look_back=L, horizon=H)
    given = window()
    ahead = given.future_covariates.clone().requires_grad_()
    found = network.point(network(given._replace(future_covariates=ahead)))
    for h in range(H):
        (gradient,) = torch.autograd.grad(found[:, h].sum(), ahead, retain_graph=True)
        assert gradient[:, h].abs().sum() > 0
        assert gradient[:, h + 1 :].abs().sum() == 0


@pytest.mark.parametrize("name", ["steps", "segments", "lstm", "no attention", "darnn", "darnn gru"])
def test_teacher_forcing_with_its_own_answers_is_free_running(name):
    core = CORES[name]()
    given = window()
    free, _ = core(given, None, False)
    forced, _ = core(given, free[..., 0].detach(), False)
    assert_close(free, forced)


@pytest.mark.parametrize("name", ["steps", "darnn"])
def test_a_step_of_teacher_forcing_sees_the_truth_before_it_alone(name):
    core, given = CORES[name](), window()
    truth = torch.randn(B, H, requires_grad=True)
    found, _ = core(given, truth, False)
    for h in range(H):
        (gradient,) = torch.autograd.grad(found[:, h].sum(), truth, retain_graph=True, allow_unused=True)
        assert gradient[:, h:].abs().sum() == 0
        assert h == 0 or gradient[:, :h].abs().sum() > 0


@pytest.mark.parametrize("sampling", [0.0, 1.0])
@pytest.mark.parametrize("name", ["segments", "darnn"])
def test_sampling_goes_from_the_truth_to_its_own_answers(name, sampling):
    core, given, truth = CORES[name](), window(), torch.randn(B, H)
    forced, free = core(given, truth, False)[0], core(given, None, False)[0]
    core.sampling = sampling
    sampled = core(given, truth, False)[0]
    assert_close(sampled, free if sampling else forced)


def test_maps_are_weights_and_shares_add_up(network):
    given = window()
    forecast = network(given, need_weights=True)
    plain = network(given)
    assert_close(forecast.numbers, plain.numbers)
    for name, weights in forecast.maps.items():
        if name in ("encoder", "cross", "inputs", "variables"):
            over = (-2, -1) if name == "variables" else (-1,)
            assert_close(weights.sum(over), torch.ones(weights.shape[: -len(over)]))


def test_a_line_that_is_joined_has_the_rest_of_the_middle_and_no_say_in_other_numbers():
    head = QuantileHead((0.1, 0.5, 0.9))
    core = PatchCore(look_back=L, horizon=H, numbers=3, patch=5, stride=3, width=8, heads=2, hidden=11, dropout=0.0)
    network = ForecastNetwork(core, head, look_back=L, horizon=H)
    assert network.line is not None
    torch.nn.init.normal_(network.line.weight)
    given, weight, bias = window()._replace(past_covariates=torch.zeros(B, L, 0)), torch.randn(H, L), torch.randn(H)
    given = given._replace(future_covariates=torch.zeros(B, H, 0), static=torch.zeros(B, 0))
    before = network(given)
    past = before.scale.apply(given.past).masked_fill(~given.mask, 0.0)
    network.join(weight, bias, 0.3)
    after = network(given)
    assert_close(after.numbers[..., 1], 0.3 * before.numbers[..., 1] + 0.7 * (past @ weight.T + bias))
    assert_close(after.numbers[..., ::2], before.numbers[..., ::2])


def test_shares_of_the_patches_add_up_to_the_answer():
    core = PatchCore(look_back=L, horizon=H, numbers=2, patch=5, stride=3, width=8, heads=2, hidden=11, dropout=0.0)
    numbers, maps = core(Window.of_values(torch.randn(B, L), H), None, True)
    assert_close(maps["readout"].sum(-1) + core.readout.bias.view(H, 2), numbers)


@pytest.mark.parametrize("length", [5, 22, 23, 24])
def test_patches_are_those_of_a_loop(length):
    x = torch.randn(2, length, 3)
    found = patches(x, 5, 3)
    starts = range(length - 5, -3, -3)
    for n, start in enumerate(reversed(starts)):
        rows = [x[:, i] if i >= 0 else torch.zeros(2, 3) for i in range(start, start + 5)]
        assert_close(found[:, n], torch.stack(rows, -1).flatten(1))
    assert found.shape[1] == len(starts)


@pytest.mark.parametrize("kind", SCALINGS)
def test_scaling_is_inverted(kind):
    past, mask = 100 * torch.randn(5, 9) + 7, torch.rand(5, 9) < 0.7
    mask[0] = False
    scale = instance_scale(past, mask, kind)
    assert_close(scale.invert(scale.apply(past)), past)
    for i in range(1, 5):
        seen: Tensor = past[i][mask[i]]
        if kind == "standard":
            assert_close(scale.location[i, 0], seen.mean())
            assert_close(scale.size[i, 0], (seen.var(correction=0) + 1e-5).sqrt())
        elif kind == "last":
            assert_close(scale.location[i, 0], seen[-1])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PatchCore(look_back=4, horizon=2, numbers=1, patch=16), "patch of 16 steps does not fit"),
        (lambda: PatchCore(look_back=24, horizon=2, numbers=1, patch=4, stride=8), "leaves out steps"),
        (lambda: RecurrentCore(look_back=24, horizon=2, numbers=1, segment=3), "longer than"),
        (lambda: RecurrentCore(look_back=9, horizon=2, numbers=1, width=7, bidirectional=True), "even width"),
        (lambda: RecurrentCore(look_back=9, horizon=2, numbers=1, decoder="cho"), "unknown decoder"),
        (
            lambda: RecurrentCore(look_back=9, horizon=2, numbers=1, selection="monotonic", parallel=True),
            "looks back",
        ),
        (lambda: VariableCore(look_back=9, horizon=2, numbers=1, lags=10), "10 lags do not fit"),
        (lambda: VariableCore(look_back=9, horizon=2, numbers=1, width=9), "cannot be split"),
        (lambda: VariableCore(look_back=9, horizon=2, numbers=1, attention="none"), "unknown score"),
        (lambda: DualStageCore(look_back=9, horizon=2, numbers=1, cell="rnn"), "unknown cell"),
        (lambda: instance_scale(torch.ones(1, 2), torch.ones(1, 2, dtype=torch.bool), "robust"), "unknown scaling"),
    ],
)
def test_numbers_that_do_not_fit_are_told(make, message):
    with pytest.raises(ConfigError, match=message):
        make()
