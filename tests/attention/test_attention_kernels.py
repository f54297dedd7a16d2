"""Fast forms against the plain ones, values and gradients."""

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from sightline.attention.kernels import additive_scores

pytestmark = pytest.mark.usefixtures("float64")

B, T, S, W = 3, 5, 7, 11


def _plain(query: Tensor, key: Tensor, vector: Tensor) -> Tensor:
    return torch.tanh(query.unsqueeze(-2) + key.unsqueeze(-3)) @ vector


def _laid_out(layout: str) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and v, in memory as they come from elsewhere."""
    if layout == "transposed":
        return torch.randn(T, B, W).transpose(0, 1), torch.randn(W, S, B).permute(2, 1, 0), torch.randn(2 * W)[::2]
    if layout == "expanded":
        return torch.randn(1, T, W).expand(B, T, W), torch.randn(B, 1, W).expand(B, S, W), torch.randn(1).expand(W)
    return torch.randn(B, T, W), torch.randn(B, S, W), torch.randn(W)


@pytest.mark.parametrize("layout", ["plain", "transposed", "expanded"])
def test_additive_scores_and_their_gradients_are_the_plain_ones(layout):
    tensors = [x.requires_grad_() for x in _laid_out(layout)]
    found, expected = additive_scores(*tensors), _plain(*tensors)
    assert_close(found, expected)
    weights = torch.randn(B, T, S)
    gradients = (torch.autograd.grad((scores * weights).sum(), tensors) for scores in (found, expected))
    for gradient, other in zip(*gradients, strict=True):
        assert_close(gradient, other)


def test_additive_scores_gradcheck():
    tensors = [torch.randn(shape, requires_grad=True) for shape in ((2, 3, 5), (2, 2, 5), (5,))]
    assert torch.autograd.gradcheck(additive_scores, tensors)


@pytest.mark.parametrize("lead", [(), (2,), (2, 3)])
def test_additive_scores_take_any_leading_dimensions(lead):
    query, key, vector = torch.randn(*lead, T, W), torch.randn(*lead, S, W), torch.randn(W)
    assert_close(additive_scores(query, key, vector), _plain(query, key, vector))


def test_additive_scores_of_a_part_that_learns():
    query, key, vector = torch.randn(B, T, W), torch.randn(B, S, W, requires_grad=True), torch.randn(W)
    gradients = (torch.autograd.grad(f(query, key, vector).sum(), key)[0] for f in (additive_scores, _plain))
    assert_close(*gradients)
