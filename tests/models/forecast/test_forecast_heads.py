"""Heads: losses against what others compute, quantiles against distributions."""

import pytest
import torch
from torch.testing import assert_close

from sightline.errors import ConfigError
from sightline.layers.scaling import Scale
from sightline.models.forecast import GaussianHead, PointHead, QuantileHead, StudentHead

pytestmark = pytest.mark.usefixtures("float64")
B, H = 3, 5
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
HEADS = {"quantiles": QuantileHead(LEVELS), "gaussian": GaussianHead(), "student": StudentHead()}


def scale() -> Scale:
    return Scale(torch.randn(B, 1), torch.rand(B, 1) + 0.5)


@pytest.mark.parametrize("name", HEADS)
def test_quantiles_never_cross_and_move_with_the_data(name):
    head, numbers, one = (
        HEADS[name],
        5 * torch.randn(B, H, HEADS[name].width),
        Scale(torch.zeros(B, 1), torch.ones(B, 1)),
    )
    found = head.quantiles(numbers, one, [0.1, 0.3, 0.5, 0.8, 0.9])
    assert (found.diff(dim=-1) > 0).all()
    assert_close(found[..., 2], head.point(numbers, one))
    moved = scale()
    assert_close(
        head.quantiles(numbers, moved, [0.1, 0.9]),
        found[..., [0, 4]] * moved.size.unsqueeze(-1) + moved.location.unsqueeze(-1),
    )


@pytest.mark.parametrize("name", ["gaussian", "student"])
def test_quantiles_are_those_of_what_the_likelihood_is_of(name):
    head, numbers, where = HEADS[name], torch.randn(B, H, HEADS[name].width), scale()
    found = head.quantiles(numbers, where, [0.2])[..., 0]
    steps = torch.linspace(-60, 0, 200_001)  # from far below to the quantile, the density adds up to the level
    points = found.unsqueeze(-1) + steps
    densities = torch.stack([(-head.loss(numbers, where, points[..., i])).exp() for i in range(0, len(steps), 20)], -1)
    assert_close(
        torch.trapezoid(densities, dx=float(steps[20] - steps[0])), torch.full((B, H), 0.2), rtol=0.02, atol=0.002
    )


def test_pinball_loss_is_the_loop():
    head, numbers, where, target = HEADS["quantiles"], torch.randn(B, H, 5), scale(), torch.randn(B, H)
    found = head.loss(numbers, where, target)
    quantiles = head.quantiles(numbers, where, LEVELS)
    for b in range(B):
        for h in range(H):
            over = [float(target[b, h] - quantiles[b, h, i]) for i in range(5)]
            pinball = [max(q * o, (q - 1) * o) for q, o in zip(LEVELS, over, strict=True)]
            assert found[b, h].item() == pytest.approx(2 * sum(pinball) / 5)


@pytest.mark.parametrize(("error", "power"), [("squared", 2), ("absolute", 1)])
def test_point_errors(error, power):
    head, numbers, where, target = PointHead(error), torch.randn(B, H, 1), scale(), torch.randn(B, H)
    expected = (numbers[..., 0] * where.size + where.location - target).abs() ** power
    assert_close(head.loss(numbers, where, target), expected)


def test_what_heads_refuse():
    with pytest.raises(ConfigError, match="no quantiles of its own"):
        PointHead().quantiles(torch.randn(1, 1, 1), scale(), [0.5])
    with pytest.raises(ConfigError, match="train with wider levels"):
        HEADS["quantiles"].quantiles(torch.randn(B, 1, 5), scale(), [0.01])
    with pytest.raises(ConfigError, match="unknown error"):
        PointHead("cubed")
    for levels in ((0.1, 0.5), (0.1, 0.4, 0.9), (0.5, 0.5, 0.9), (0.0, 0.5, 1.0)):
        with pytest.raises(ConfigError, match="must rise"):
            QuantileHead(levels)
