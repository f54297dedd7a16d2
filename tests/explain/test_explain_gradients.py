"""Gradients as measures of what a piece is worth, against differences and sums."""

import sys

import pytest
import torch

from sightline.errors import MissingExtraError
from sightline.explain import gradient_times_input, integrated_gradients


def bent(x: torch.Tensor) -> torch.Tensor:
    """Two scores of pieces that have a say in each other's."""
    return torch.stack([torch.tanh(x.sum(-1)).prod(), (x[..., 0] ** 3).sum()])


def test_the_gradient_is_the_slope():
    x = torch.rand(2, 3, 4, dtype=torch.float64)
    found = gradient_times_input(bent, x)
    step = 1e-6
    for row in range(2):
        for column in range(3):
            ahead, behind = x.clone(), x.clone()
            ahead[row, column] *= 1 + step
            behind[row, column] *= 1 - step
            slope = (bent(ahead) - bent(behind)) / (2 * step)
            torch.testing.assert_close(found[:, row, column], slope, rtol=1e-6, atol=1e-8)


def test_integrated_gradients_add_up_to_the_score():
    x = torch.rand(5, 4, dtype=torch.float64)
    found = integrated_gradients(bent, x, steps=100)
    torch.testing.assert_close(found.sum(-1), bent(x) - bent(torch.zeros_like(x)), rtol=1e-4, atol=1e-6)


def test_both_are_had_where_nothing_is_learned():
    x = torch.rand(3, 2)
    with torch.no_grad():
        assert gradient_times_input(bent, x).any()
        assert integrated_gradients(bent, x).any()


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    with pytest.raises(MissingExtraError, match="sightline\\[gradients\\]"):
        integrated_gradients(bent, torch.rand(3, 2))
