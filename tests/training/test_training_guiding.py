"""The loss of attention against links."""

import torch
from torch.testing import assert_close

from sightline.training import alignment_loss


def test_against_a_loop():
    weights = torch.rand(2, 4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).softmax(-1)
    links = [(0, 1, 2), (0, 1, 3), (0, 3, 0), (1, 0, 4)]
    expected = 0.0
    for row, target in {(row, target) for row, target, _ in links}:
        own = [s for r, t, s in links if (r, t) == (row, target)]
        expected -= sum(weights[row, target, s].log() for s in own) / len(own)
    assert_close(alignment_loss(weights, torch.tensor(links)), torch.as_tensor(expected))


def test_nothing_is_known_and_a_weight_of_nothing():
    weights = torch.zeros(1, 2, 3, requires_grad=True)
    assert alignment_loss(weights, torch.zeros(0, 3, dtype=torch.int64)).item() == 0
    assert alignment_loss(weights, torch.tensor([[0, 1, 2]])).isfinite()


def test_the_gradient_is_right():
    weights = torch.rand(2, 3, 4, dtype=torch.float64).requires_grad_()
    links = torch.tensor([[0, 0, 1], [0, 0, 2], [1, 2, 3]])
    assert torch.autograd.gradcheck(lambda w: alignment_loss(w.softmax(-1), links), (weights,))
