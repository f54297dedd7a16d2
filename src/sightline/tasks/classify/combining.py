"""Scores of a network and of a linear model beside it, joined and calibrated on documents that neither learned from."""

from typing import NamedTuple

import torch
from torch import Tensor

from sightline.models.classify import Head, SeveralHead

__all__ = ["Mixture", "fit_mixture"]

_STEPS = 60
_WIDE = 3.0  # of the prior on logarithms: what says nothing keeps a factor of 1


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
    each part. A few documents that are all answered rightly are not to make it sure of everything: labels count as if
    two more documents had been seen at every place, of all classes alike (for two classes that is Platt 1999, section
    2.2), and the factors' logarithms have a wide normal prior.

    Args:
        head: knows what scores mean.
        network: its scores, `[B, K]`.
        ngrams: those of the linear model; None where there is none.
        labels: of the documents.
    """
    logs = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    deep, wide = network.double(), None if ngrams is None else ngrams.double()
    targets = _smoothed(head, labels, network)
    optimizer = torch.optim.LBFGS([logs], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        factors = logs.exp()
        joint = factors[0] * deep if wide is None else factors[0] * deep + factors[1] * wide
        loss = _loss(head, joint, targets) + (logs / _WIDE).square().sum() / 2
        loss.backward()
        return loss

    optimizer.step(closure)
    first, second = logs.detach().exp().tolist()
    return Mixture(first, second)


def _smoothed(head: Head, labels: Tensor, scores: Tensor) -> Tensor:
    """What is expected of each document, `[B, C]`: the classes that it has, and a little of the others."""
    if labels.is_floating_point():
        return (labels.double() * len(labels) + 1) / (len(labels) + 2)
    classes = head.probabilities(scores[:1]).shape[1]
    held = torch.nn.functional.one_hot(labels, classes).double()
    return (held * len(labels) + 2 / classes) / (len(labels) + 2)


def _loss(head: Head, scores: Tensor, targets: Tensor) -> Tensor:
    """The sum over documents: where several classes may hold of soft labels, else of each class by its share."""
    if isinstance(head, SeveralHead):
        return head.loss(scores, targets).sum()
    classes = range(targets.shape[1])
    each = [head.loss(scores, torch.full((len(scores),), c, device=scores.device)) for c in classes]
    return (torch.stack(each, 1) * targets).sum()
