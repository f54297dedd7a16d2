import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from sightline.attention.precision import rounding
from sightline.errors import ConfigError
from sightline.training import cross_entropy, losses

B, T, D, V = 3, 5, 7, 11


def problem(seed=0, dtype=torch.float64, size=V):
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(B, T, D, generator=generator, dtype=dtype)
    weight = torch.randn(size, D, generator=generator, dtype=dtype)
    bias = torch.randn(size, generator=generator, dtype=dtype)
    targets = torch.randint(0, size, (B, T), generator=generator)
    return features.requires_grad_(), weight.requires_grad_(), bias.requires_grad_(), targets


def reference(features, weight, bias, targets, smoothing):
    logits = F.linear(features, weight, bias).flatten(0, 1)
    return F.cross_entropy(logits, targets.flatten(), ignore_index=0, label_smoothing=smoothing, reduction="sum")


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("with_bias", [True, False])
@pytest.mark.parametrize("rows", [64, 2])
def test_equals_torch_and_its_gradients(smoothing, with_bias, rows, monkeypatch):
    monkeypatch.setattr(losses, "_ROUND", rows)
    monkeypatch.setitem(losses._BLOCK_ELEMENTS, "cpu", rows * V)
    features, weight, bias, targets = problem()
    inputs = [features, weight, bias] if with_bias else [features, weight]
    total, count = cross_entropy(features, weight, bias if with_bias else None, targets, label_smoothing=smoothing)
    expected = reference(features, weight, bias if with_bias else None, targets, smoothing)
    assert count == (targets != 0).sum() < B * T
    torch.testing.assert_close(total, expected, rtol=1e-12, atol=1e-10)
    for found, wanted in zip(
        torch.autograd.grad(total * 3, inputs), torch.autograd.grad(expected * 3, inputs), strict=True
    ):
        torch.testing.assert_close(found, wanted, rtol=1e-12, atol=1e-10)


def test_equals_a_loop_anybody_can_read():
    features, weight, bias, targets = problem()
    expected, eps = 0.0, 0.2
    for b in range(B):
        for t in range(T):
            if targets[b, t] != 0:
                logits = [(features[b, t] @ weight[v] + bias[v]).item() for v in range(V)]
                log_sum = math.log(sum(math.exp(logit) for logit in logits))
                for v in range(V):
                    q = eps / V + (1 - eps if v == targets[b, t] else 0.0)
                    expected -= q * (logits[v] - log_sum)
    total = cross_entropy(features, weight, bias, targets, label_smoothing=eps).total
    assert total.item() == pytest.approx(expected, abs=1e-10)


def test_gradcheck():
    features, weight, bias, targets = problem()
    assert torch.autograd.gradcheck(
        lambda *inputs: cross_entropy(*inputs, targets, label_smoothing=0.1).total, (features, weight, bias)
    )


@given(st.integers(0, 1000), st.integers(1, 5))
def test_padding_changes_nothing(seed, extra):
    features, weight, bias, targets = problem(seed)
    total, count = cross_entropy(features, weight, bias, targets, label_smoothing=0.1)
    padding = torch.full((B, extra, D), 1e6, dtype=torch.float64)
    longer = torch.cat([features, padding], 1), torch.cat([targets, targets.new_zeros(B, extra)], 1)
    padded = cross_entropy(longer[0], weight, bias, longer[1], label_smoothing=0.1)
    assert padded.count == count
    torch.testing.assert_close(padded.total, total, rtol=0, atol=0)


def test_another_entry_may_mark_padding():
    features, weight, bias, targets = problem()
    loss = cross_entropy(features, weight, bias, targets, ignore=-100)
    assert loss.count == B * T


def test_without_gradients_the_loss_is_the_same_and_nothing_is_saved():
    features, weight, bias, targets = problem()
    with torch.no_grad():
        bare = cross_entropy(features, weight, bias, targets).total
    assert not bare.requires_grad
    torch.testing.assert_close(bare, cross_entropy(features, weight, bias, targets).total, rtol=0, atol=0)


def test_only_what_needs_a_gradient_gets_one():
    features, weight, bias, targets = problem()
    cross_entropy(features.detach(), weight.detach(), bias, targets).total.backward()
    assert features.grad is None
    assert weight.grad is None
    assert bias.grad is not None


def test_backward_twice_gives_the_same():
    features, weight, bias, targets = problem()
    total = cross_entropy(features, weight, bias, targets).total
    first = torch.autograd.grad(total, features, 2 * torch.ones_like(total), retain_graph=True)[0]
    second = torch.autograd.grad(total, features)[0]
    torch.testing.assert_close(first, 2 * second)


def test_a_second_derivative_is_refused():
    features, weight, bias, targets = problem()
    total = cross_entropy(features, weight, bias, targets).total + (features**3).sum()
    with pytest.raises(RuntimeError, match="BlockedCrossEntropy has a gradient but no second one"):
        torch.autograd.grad(total, features, create_graph=True)


def test_huge_logits_stay_finite():
    features, weight, bias, targets = problem(dtype=torch.float32)
    total = cross_entropy(features * 1e6, weight, bias, targets, label_smoothing=0.1).total
    total.backward()
    assert total.isfinite()
    assert features.grad.isfinite().all()


def test_bfloat16_features_keep_a_float32_softmax():
    features, weight, bias, targets = problem(dtype=torch.float32)
    low = features.detach().bfloat16().requires_grad_()
    total = cross_entropy(low, weight, bias, targets, label_smoothing=0.1).total
    expected = reference(features, weight, bias, targets, 0.1)
    total.backward()
    expected.backward()
    assert total.dtype == torch.float32
    assert low.grad.dtype == torch.bfloat16
    torch.testing.assert_close(total, expected, rtol=0.02, atol=0)
    torch.testing.assert_close(low.grad.float(), features.grad, rtol=0.1, atol=0.05)


@pytest.mark.parametrize("rows", [64, 2])
def test_rounded_factors_cost_three_digits_at_most(rows, monkeypatch):
    monkeypatch.setattr(losses, "_ROUND", rows)
    monkeypatch.setitem(losses._BLOCK_ELEMENTS, "cpu", rows * V)
    features, weight, bias, targets = problem(dtype=torch.float32)
    inputs = [features, weight, bias]
    with rounding(True):
        total = cross_entropy(features, weight, bias, targets).total
        found = [total, *torch.autograd.grad(total, inputs)]
    expected = reference(features, weight, bias, targets, 0.0)
    for one, other in zip(found, [expected, *torch.autograd.grad(expected, inputs)], strict=True):
        assert one.dtype == torch.float32
        assert 0 < (one - other).norm() / other.norm() < 0.01


def test_autocast_does_not_reach_inside():
    features, weight, bias, targets = problem(dtype=torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = cross_entropy(features, weight, bias, targets).total
    torch.testing.assert_close(inside, cross_entropy(features, weight, bias, targets).total, rtol=0, atol=0)


def test_nothing_but_padding_counts_zero_and_gives_zero():
    features, weight, bias, targets = problem()
    total, count = cross_entropy(features, weight, bias, torch.zeros_like(targets))
    total.backward()
    assert (total.item(), count) == (0.0, 0)
    assert not weight.grad.any()


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, math.nan])
def test_a_smoothing_out_of_range_is_refused(smoothing):
    features, weight, bias, targets = problem()
    with pytest.raises(ConfigError, match="label_smoothing"):
        cross_entropy(features, weight, bias, targets, label_smoothing=smoothing)
