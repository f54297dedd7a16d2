"""Entropy and rollout, against loops."""

import math

import pytest
import torch
from scipy.optimize import linprog

from sightline.explain import entropy, flow, rollout


def entropy_by_loops(weights: torch.Tensor, mask: torch.Tensor) -> float:
    found = [
        -sum(w * math.log(w) for w in row.tolist() if w > 0)
        for row, counts in zip(weights.flatten(0, -2), mask.flatten(), strict=True)
        if counts and row.any()
    ]
    return sum(found) / len(found)


def test_by_hand():
    assert entropy(torch.tensor([[1.0, 0.0, 0.0]])) == 0
    assert entropy(torch.full((3, 5), 0.2)).item() == pytest.approx(math.log(5))
    assert entropy(torch.tensor([[0.5, 0.5], [0.0, 0.0]])).item() == pytest.approx(math.log(2))


def test_against_loops():
    torch.manual_seed(0)
    weights = torch.rand(2, 3, 5, 7, dtype=torch.float64).softmax(-1)
    weights[0, 1, 2] = 0
    mask = torch.rand(2, 3, 5) > 0.4
    assert entropy(weights, mask).item() == pytest.approx(entropy_by_loops(weights, mask), abs=1e-12)
    assert entropy(weights).item() == pytest.approx(entropy_by_loops(weights, torch.ones_like(mask)), abs=1e-12)


def test_masked_queries_may_hold_anything():
    weights = torch.tensor([[0.5, 0.5], [math.nan, 1.0]])
    assert entropy(weights, torch.tensor([True, False])).item() == pytest.approx(math.log(2))


def test_nothing_left_is_not_a_number():
    assert entropy(torch.zeros(3, 5)).isnan()


def test_rollout_is_the_loop_over_paths():
    torch.manual_seed(1)
    weights = torch.randn(2, 3, 2, 4, 4, dtype=torch.float64).softmax(-1)
    found = rollout(weights)
    for b in range(2):
        for end in range(4):
            shares = [1.0 if s == end else 0.0 for s in range(4)]  # walk back from the output, layer by layer
            for layer in (2, 1, 0):
                mean = weights[b, layer].mean(0)
                shares = [
                    sum(shares[t] * (float(mean[t, s]) + (1.0 if s == t else 0.0)) / 2 for t in range(4))
                    for s in range(4)
                ]
            assert found[b, end].tolist() == pytest.approx(shares)
    assert torch.allclose(found.sum(-1), torch.ones(2, 4, dtype=torch.float64))


def test_flow_is_a_linear_programme():
    """What leaves an output arrives at an input, and no edge carries more than it can."""
    torch.manual_seed(2)
    layers, size = 3, 4
    weights = torch.randn(layers, 2, size, size, dtype=torch.float64).mul(2).softmax(-1)
    found = flow(weights)
    capacity = ((weights.mean(1) + torch.eye(size)) / 2).numpy()  # from above to below
    edges = [(layer, t, s) for layer in range(layers) for t in range(size) for s in range(size)]
    bounds = [(0, capacity[edge]) for edge in edges]
    for end in range(size):
        for start in range(size):
            gain = [-float(layer == layers - 1 and t == end) for layer, t, _ in edges]
            rows = []
            for level in range(layers - 1):  # what comes down to a position goes on down
                for place in range(size):
                    rows.append(
                        [
                            float((layer, s) == (level + 1, place)) - float((layer, t) == (level, place))
                            for layer, t, s in edges
                        ]
                    )
            shut = [float((layer == layers - 1 and t != end) or (layer == 0 and s != start)) for layer, t, s in edges]
            best = linprog(gain, A_eq=[*rows, shut], b_eq=[0.0] * (len(rows) + 1), bounds=bounds)
            assert found[end, start].item() == pytest.approx(-best.fun, abs=1e-5)
    assert (found >= rollout(weights[None])[0] - 1e-5).all()


def test_one_layer_flows_as_it_is():
    weights = torch.randn(1, 2, 3, 3).softmax(-1)
    torch.testing.assert_close(flow(weights), (weights.mean(1)[0] + torch.eye(3)) / 2, atol=1e-6, rtol=0)
