"""Scores of a network and of a linear model beside it, joined and calibrated on documents that neither learned from."""

from typing import NamedTuple

import torch
from torch import Tensor

from sightline.models.classify import Head

__all__ = ["Mixture", "fit_mixture"]

_STEPS = 60


class Mixture(NamedTuple):
    """`scores = deep * network + wide * n-grams`; without a linear model beside it `deep` is one over a temperature."""

    deep: float
    wide: float

    def join(self, network: Tensor, ngrams: Tensor | None) -> Tensor:
        """The joint scores, `[B, K]`."""
        return self.deep * network if ngrams is None else self.deep * network + self.wide * ngrams


def fit_mixture(head: Head, network: Tensor, ngrams: Tensor | None, labels: Tensor) -> Mixture:
    """The factors above zero under which the labels of held-out documents are likeliest.

    Temperature scaling (Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4.2), with a factor for
    each part; the likelihood is convex in them. Their logarithms have a standard normal prior, so that a few documents
    that are all answered rightly do not make it sure of everything.

    Args:
        head: knows what scores mean.
        network: its scores, `[B, K]`.
        ngrams: those of the linear model; None where there is none.
        labels: of the documents.
    """
    logs = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    deep, wide = network.double(), None if ngrams is None else ngrams.double()
    held = labels.double() if labels.is_floating_point() else labels
    optimizer = torch.optim.LBFGS([logs], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        factors = logs.exp()
        joint = factors[0] * deep if wide is None else factors[0] * deep + factors[1] * wide
        loss = head.loss(joint, held).sum() + logs.square().sum() / 2
        loss.backward()
        return loss

    optimizer.step(closure)
    first, second = logs.detach().exp().tolist()
    return Mixture(first, second)
