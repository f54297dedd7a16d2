"""The closed form is where gradients vanish."""

import pytest
import torch
from torch.testing import assert_close

from sightline.layers.scaling import instance_scale
from sightline.models.forecast import Ahead, ForecastNetwork, PointHead, Ridge, Window

pytestmark = pytest.mark.usefixtures("float64")
L, H, N = 6, 3, 40


@pytest.mark.parametrize("scaling", ["standard", "last", "none"])
@pytest.mark.parametrize("penalty", [1e-9, 0.1])
def test_the_line_is_at_its_minimum(scaling, penalty):
    window = Window.of_values(3 * torch.randn(N, L) + 5, H)
    window = window._replace(mask=torch.rand(N, L) < 0.9)
    target, mask = 3 * torch.randn(N, H) + 5, torch.rand(N, H) < 0.95
    ridge = Ridge(L, H, scaling)
    ridge.add(Window(*(x[:15] for x in window)), Ahead(target[:15], mask[:15]))
    ridge.add(Window(*(x[15:] for x in window)), Ahead(target[15:], mask[15:]))
    network = ForecastNetwork(None, PointHead(), look_back=L, horizon=H, scaling=scaling)
    assert network.line is not None
    network.line.weight.data, network.line.bias.data = ridge.solve(penalty)

    whole = mask.all(1)
    loss, count = network.loss(network(window), Ahead(target, whole.unsqueeze(1).expand(-1, H)))
    assert count == H * int(whole.sum())
    scale = instance_scale(window.past, window.mask, scaling)
    x = torch.where(window.mask, scale.apply(window.past), 0.0) * scale.size * whole.unsqueeze(1)
    loss = loss + penalty * x.square().sum(0).mean() * network.line.weight.square().sum()
    for gradient in torch.autograd.grad(loss, [network.line.weight, network.line.bias]):
        assert_close(gradient, torch.zeros_like(gradient), atol=1e-6 * loss.item(), rtol=0)
