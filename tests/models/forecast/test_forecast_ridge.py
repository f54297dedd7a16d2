"""The closed form is where gradients vanish."""

import pytest
import torch
from torch.testing import assert_close

from sightline.layers.scaling import instance_scale
from sightline.models.forecast import Ahead, ForecastNetwork, PointHead, Ridge, Window, simple_lines
from sightline.tasks.forecast.baselines import seasonal_naive

pytestmark = pytest.mark.usefixtures("float64")
L, H, N = 6, 3, 40


@pytest.mark.parametrize("scaling", ["standard", "last", "none"])
@pytest.mark.parametrize("penalty", [1e-9, 0.1])
@pytest.mark.parametrize("drawn", [False, True])
def test_the_line_is_at_its_minimum(scaling, penalty, drawn):
    toward = torch.randn(H, L) if drawn else torch.zeros(H, L)
    window = Window.of_values(3 * torch.randn(N, L) + 5, H)
    window = window._replace(mask=torch.rand(N, L) < 0.9)
    target, mask = 3 * torch.randn(N, H) + 5, torch.rand(N, H) < 0.95
    ridge = Ridge(L, H, scaling)
    ridge.add(Window(*(x[:15] for x in window)), Ahead(target[:15], mask[:15]))
    ridge.add(Window(*(x[15:] for x in window)), Ahead(target[15:], mask[15:]))
    network = ForecastNetwork(None, PointHead(), look_back=L, horizon=H, scaling=scaling)
    assert network.line is not None
    network.line.weight.data, network.line.bias.data = ridge.solve(penalty, toward if drawn else None)

    whole = mask.all(1)
    loss, count = network.loss(network(window), Ahead(target, whole.unsqueeze(1).expand(-1, H)))
    assert count == H * int(whole.sum())
    scale = instance_scale(window.past, window.mask, scaling)
    x = torch.where(window.mask, scale.apply(window.past), 0.0) * scale.size * whole.unsqueeze(1)
    loss = loss + penalty * x.square().sum(0).mean() * (network.line.weight - toward).square().sum()
    for gradient in torch.autograd.grad(loss, [network.line.weight, network.line.bias]):
        assert_close(gradient, torch.zeros_like(gradient), atol=1e-6 * loss.item(), rtol=0)


@pytest.mark.parametrize(("look_back", "horizon", "season"), [(11, 3, 5), (11, 13, 5), (7, 9, 3), (5, 2, 5), (4, 6, 1)])
def test_simple_lines_are_the_simple_methods(look_back, horizon, season):
    """The second one is the seasonal naive forecast, and a further one is exact where each season is so much more."""
    past = torch.randn(3, look_back)
    nothing, naive, *drifting = simple_lines(look_back, horizon, season)
    assert not nothing.any()
    assert_close(past @ naive.T, torch.from_numpy(seasonal_naive(past.numpy(), horizon, season)))
    assert bool(drifting) == (1 < season <= look_back // 2)
    for line in drifting:
        steps = torch.arange(look_back + horizon)
        series = torch.randn(season)[steps % season] + 0.7 * ((steps - look_back) // season)
        assert_close(line @ series[:look_back], series[look_back:])


def test_a_look_back_of_less_than_a_season_has_no_naive_line():
    assert len(simple_lines(4, 2, 5)) == 1
