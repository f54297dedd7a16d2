"""What the fast forms of the additive score are held to, on whatever device."""

import torch
from torch import Tensor

from sightline.attention.kernels import additive_scores


def plain(query: Tensor, key: Tensor, vector: Tensor) -> Tensor:
    return torch.tanh(query.unsqueeze(-2) + key.unsqueeze(-3)) @ vector


def scores_and_gradients(function, inputs: list[Tensor], weights: Tensor) -> list[Tensor]:
    """Scores and the gradients of all inputs."""
    inputs = [x.clone().requires_grad_() for x in inputs]
    scores = function(*inputs)
    return [scores.detach(), *torch.autograd.grad((scores * weights).sum(), inputs)]


def assert_as_exact_as_plain(inputs: list[Tensor], weights: Tensor) -> None:
    """In float32 no more than three times as far from float64 as the plain form, scores and gradients."""
    exact = scores_and_gradients(plain, [x.double() for x in inputs], weights.double())
    naive, found = (scores_and_gradients(f, inputs, weights) for f in (plain, additive_scores))
    for right, usual, ours in zip(exact, naive, found, strict=True):
        assert ours.dtype == torch.float32
        allowed = 3 * (usual - right).norm() + 4e-7 * right.norm()
        assert (ours - right).norm() <= allowed
