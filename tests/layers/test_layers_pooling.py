"""Each pooling against a loop, and what holds of all."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from sightline.attention import Additive, Attention
from sightline.layers import AttentionPooling, GatedPooling, MaxPooling

pytestmark = pytest.mark.usefixtures("float64")

B, S, D, H = 3, 5, 7, 11
EXACT = {"rtol": 1e-10, "atol": 1e-10}
POOLINGS = {
    "attention": lambda: AttentionPooling(Attention(Additive(H, D, H)), H),
    "max": MaxPooling,
    "gated": lambda: GatedPooling(D),
}


@pytest.fixture(params=POOLINGS)
def pooling(request: pytest.FixtureRequest) -> nn.Module:
    made = POOLINGS[request.param]()
    for weight in made.parameters():
        nn.init.normal_(weight)
    return made


def _inputs() -> tuple[Tensor, Tensor]:
    return torch.randn(B, S, D), torch.arange(S) < torch.tensor([3, S, 1]).unsqueeze(1)


def _loop(pooling: nn.Module, x: Tensor) -> tuple[Tensor, list[float]]:
    """Pooled vector and weights of one row without padding."""
    if isinstance(pooling, AttentionPooling):
        score = pooling.attention.score
        asked = score.query.weight @ pooling.question
        hidden = [torch.tanh(asked + score.key.weight @ v + score.key.bias) for v in x]
        powers = [math.exp(float(score.vector @ h)) for h in hidden]
        weights = [power / sum(powers) for power in powers]
        return sum(w * v for w, v in zip(weights, x, strict=True)), weights
    if isinstance(pooling, GatedPooling):
        gates = [torch.sigmoid(pooling.gate.weight @ v + pooling.gate.bias) for v in x]
        content = [torch.tanh(pooling.content.weight @ v + pooling.content.bias) for v in x]
        whole = torch.tanh(sum(g * c for g, c in zip(gates, content, strict=True)))
        return whole, [float(g.sum()) / D for g in gates]
    places = [max(range(len(x)), key=lambda s, d=d: x[s, d].item()) for d in range(D)]
    return torch.stack([x[s, d] for d, s in enumerate(places)]), [places.count(s) / D for s in range(len(x))]


@torch.no_grad()
def test_pooling_is_the_formula(pooling):
    x, mask = _inputs()
    pooled, weights = pooling(x, mask)
    for b in range(B):
        length = int(mask[b].sum())
        expected, shares = _loop(pooling, x[b, :length])
        assert_close(pooled[b], expected, **EXACT)
        assert_close(weights[b], torch.tensor(shares + [0.0] * (S - length)), **EXACT)


def test_padding_changes_nothing_and_has_no_gradient(pooling):
    x, mask = _inputs()
    x.requires_grad_()
    pooled, weights = pooling(x, mask)
    longer = torch.cat([x.masked_fill(~mask.unsqueeze(-1), 1e3), torch.full((B, 2, D), -1e3)], 1)
    other, wide = pooling(longer, torch.cat([mask, torch.zeros(B, 2, dtype=torch.bool)], 1))
    assert_close(other, pooled)
    assert_close(wide[:, :S], weights)
    (gradient,) = torch.autograd.grad((pooled * torch.randn(B, D)).sum(), x)
    assert not gradient[~mask].any()


def test_nothing_but_padding_gives_zeros(pooling):
    x = torch.randn(1, S, D, requires_grad=True)
    pooled, weights = pooling(x, torch.zeros(1, S, dtype=torch.bool))
    assert not pooled.any()
    assert not weights.any()
    assert not torch.autograd.grad(pooled.sum(), x)[0].any()


def test_the_order_of_positions_does_not_matter(pooling):
    x, order = torch.randn(B, S, D), torch.randperm(S)
    everywhere = torch.ones(B, S, dtype=torch.bool)
    pooled, weights = pooling(x, everywhere)
    shuffled, moved = pooling(x[:, order], everywhere)
    assert_close(shuffled, pooled)
    assert_close(moved, weights[:, order])


def test_gradients_are_those_of_the_formula(pooling):
    x, mask = _inputs()
    assert torch.autograd.gradcheck(lambda x: pooling(x, mask)[0], x.requires_grad_())
