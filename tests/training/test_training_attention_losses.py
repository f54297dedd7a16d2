"""Losses of hard attention, of copying and of coverage, against loops."""

import math

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from sightline.training import (
    coverage_loss,
    cross_entropy,
    log_likelihoods,
    marginal_likelihood,
    pointer_loss,
    reinforce,
)

pytestmark = pytest.mark.usefixtures("float64")

B, T, S, D, V = 2, 3, 5, 7, 11
EXACT = {"rtol": 1e-10, "atol": 1e-10}


def _network() -> tuple[Tensor, Tensor]:
    return torch.randn(V, D, requires_grad=True), torch.randn(V, requires_grad=True)


def _targets() -> Tensor:
    targets = torch.randint(1, V, (B, T))
    targets[1, 2] = 0
    return targets


def _weights() -> Tensor:
    return torch.randn(B, T, S).softmax(-1)


def test_log_likelihoods_are_those_of_a_softmax(monkeypatch):
    monkeypatch.setattr("sightline.training.likelihood._BLOCK_ELEMENTS", 2 * V)
    (weight, bias), features = _network(), torch.randn(B, T, D, requires_grad=True)
    targets = torch.randint(V, (B, T))
    found = log_likelihoods(features, weight, bias, targets)
    expected = torch.log_softmax(features @ weight.T + bias, -1).gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    assert_close(found, expected, **EXACT)
    pull, inputs = torch.randn(B, T), (features, weight, bias)
    for one, other in zip(*(torch.autograd.grad((x * pull).sum(), inputs) for x in (found, expected)), strict=True):
        assert_close(one, other)


def test_marginal_likelihood_is_the_sum_over_all_choices():
    (weight, bias), features, p, targets = _network(), torch.randn(B, T, S, D), _weights(), _targets()
    total = 0.0
    for b in range(B):
        for t in range(T):
            if targets[b, t]:
                logs = [torch.log_softmax(features[b, t, s] @ weight.T + bias, -1) for s in range(S)]
                total -= math.log(sum(p[b, t, s].item() * logs[s][targets[b, t]].exp().item() for s in range(S)))
    loss = marginal_likelihood(features, p, weight, bias, targets)
    assert loss.total.item() == pytest.approx(total, rel=1e-10)
    assert loss.count == B * T - 1


def test_marginal_likelihood_of_a_sure_choice_is_cross_entropy():
    (weight, bias), features, targets = _network(), torch.randn(B, T, S, D), _targets()
    p = torch.zeros(B, T, S).requires_grad_()
    sure = p + torch.nn.functional.one_hot(torch.full((B, T), 2), S)
    loss = marginal_likelihood(features, sure, weight, bias, targets)
    assert_close(loss.total, cross_entropy(features[:, :, 2], weight, bias, targets).total)
    assert torch.isfinite(torch.autograd.grad(loss.total, p)[0]).all()


@pytest.mark.parametrize("ahead", [False, True])
def test_reinforce_is_unbiased(ahead):
    """The mean of its gradient over all choices is the gradient of the expected reward."""
    rewards, kept = torch.randn(2, 2), torch.ones(1, 2, dtype=torch.bool)  # of each key at each of two positions
    scores = torch.randn(1, 2, 2, requires_grad=True)
    expected = -(scores.softmax(-1)[0] * rewards).sum()
    (wanted,) = torch.autograd.grad(expected, scores)
    found = torch.zeros_like(scores)
    for first in range(2):
        for second in range(2):
            p = scores.softmax(-1)
            chosen = torch.eye(2)[[first, second]].unsqueeze(0)
            earned = torch.stack([rewards[0, first], rewards[1, second]]).unsqueeze(0)
            loss = reinforce(earned, torch.full((1, 2), 0.7), chosen, p, kept, ahead=ahead, entropy_weight=0.0)
            found += (p[0, 0, first] * p[0, 1, second]).detach() * torch.autograd.grad(loss, scores)[0]
    assert_close(found, wanted)


def test_reinforce_leaves_padding_out_and_teaches_the_baseline():
    p, baseline = _weights().requires_grad_(), torch.zeros(B, T, requires_grad=True)
    chosen = torch.nn.functional.one_hot(p.argmax(-1), S).double()
    kept = torch.tensor([[True, True, True], [True, False, False]])
    loss = reinforce(torch.full((B, T), -2.0), baseline, chosen, p, kept, ahead=True, entropy_weight=0.1)
    of_p, of_baseline = torch.autograd.grad(loss, (p, baseline))
    assert not of_p[~kept].any()
    assert of_p[kept].any(-1).all()
    assert_close(of_baseline, 2 * torch.tensor([[6.0, 4.0, 2.0], [2.0, 0.0, 0.0]]))


def test_entropy_keeps_the_choices_open():
    scores, kept = torch.tensor([[[2.0, 0.0]]], requires_grad=True), torch.ones(1, 1, dtype=torch.bool)
    zero = torch.zeros(1, 1)
    loss = reinforce(
        zero, zero, torch.tensor([[[1.0, 0.0]]]), scores.softmax(-1), kept, ahead=False, entropy_weight=1.0
    )
    assert torch.autograd.grad(loss, scores)[0][0, 0, 0] > 0


def test_pointer_loss_is_the_mixture():
    (weight, bias), features, attention = _network(), torch.randn(B, T, D), _weights()
    odds, source = torch.randn(B, T), torch.tensor([[4, 12, 4, 5, 11], [6, 11, 7, 6, 8]])
    targets = torch.tensor([[4, 12, 9], [6, 11, 0]])  # in both; copied only; generated only; in both; copied only
    total = 0.0
    for b in range(B):
        for t in range(T):
            y = targets[b, t].item()
            if not y:
                continue
            vocabulary = torch.softmax(features[b, t] @ weight.T + bias, -1)
            copied = sum(attention[b, t, s].item() for s in range(S) if source[b, s] == y)
            generated = vocabulary[y].item() if y < V else 0.0
            generate = torch.sigmoid(odds[b, t]).item()
            total -= math.log(generate * generated + (1 - generate) * copied)
    loss = pointer_loss(features, weight, bias, odds, attention, source, targets)
    assert loss.total.item() == pytest.approx(total, rel=1e-10)
    assert loss.count == 5


def test_pointer_loss_learns_where_probabilities_vanish():
    """The vocabulary's share of the target is far below the smallest number; only the logarithm still knows it."""
    weight = torch.tensor([[0.0], [4000.0], [0.0]], requires_grad=True)
    odds = torch.zeros(1, 1, requires_grad=True)
    attention, source, targets = torch.ones(1, 1, 1), torch.tensor([[1]]), torch.tensor([[2]])
    loss = pointer_loss(torch.ones(1, 1, 1), weight, None, odds, attention, source, targets)
    assert torch.autograd.grad(loss.total, weight, retain_graph=True)[0].abs().sum() > 0
    far = pointer_loss(torch.ones(1, 1, 1), weight, None, odds + 500.0, attention, source, targets)
    assert torch.isfinite(torch.autograd.grad(far.total, odds)[0]).all()


def test_coverage_loss_is_the_overlap_with_all_before():
    attention, kept = _weights(), torch.tensor([[True, True, True], [True, True, False]])
    total = 0.0
    for b in range(B):
        before = [0.0] * S
        for t in range(T):
            if kept[b, t]:
                total += sum(min(attention[b, t, s].item(), before[s]) for s in range(S))
            before = [c + attention[b, t, s].item() for s, c in enumerate(before)]
    assert coverage_loss(attention, kept).item() == pytest.approx(total, rel=1e-10)
