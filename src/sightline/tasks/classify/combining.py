"""Scores of a network and of a linear model beside it, joined and calibrated on documents that neither learned from."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from sightline.models.classify import Head, OrderedHead, SeveralHead

__all__ = ["Mixture", "fit_mixture"]

_STEPS = 60
_WIDE = 3.0  # of the priors: what says nothing keeps factors of 1, and a doubt of some 2 %
_NARROW = 0.3  # of the temperature once more: where all answers are right, any great factor would say so
_DOUBT = -4.0


class Mixture(NamedTuple):
    """`scores = deep * network + wide * n-grams`; without a linear model beside it `deep` is one over a temperature.

    Some documents have a label that their words do not tell, or tell wrongly, however sure the scores are: a share
    `doubt` of each probability is that of mere chance.
    """

    deep: float
    wide: float
    doubt: float = 0.0

    def join(self, network: Tensor, ngrams: Tensor | None) -> Tensor:
        """The joint scores, `[B, K]`."""
        return self.deep * network if ngrams is None else self.deep * network + self.wide * ngrams

    def probabilities(self, head: Head, scores: Tensor) -> Tensor:
        """What joint scores mean, `[B, C]`: `(1 - doubt) p + doubt / C`; where several may hold, each has 1 / 2."""
        return _doubted(head, scores, self.doubt)


def fit_mixture(head: Head, network: Tensor, ngrams: Tensor | None, labels: Tensor) -> Mixture:
    """How both are joined, learned from held-out documents.

    First the factors above zero under which the labels are likeliest: temperature scaling (Guo et al. 2017, "On
    Calibration of Modern Neural Networks", section 4.2), with a factor for each part. Then, with their ratio kept, the
    temperature of both and the doubt under which it is likeliest which of the answers are right. A few documents that
    are all answered rightly are not to make it sure of everything: labels count as if two more documents had been seen
    at every place, of all classes alike (for two classes that is Platt 1999, section 2.2), the factors' logarithms and
    the doubt's log-odds have normal priors. Ordered labels are not doubted: chance would draw them to the middle.

    Args:
        head: knows what scores mean.
        network: its scores, `[B, K]`.
        ngrams: those of the linear model; None where there is none.
        labels: of the documents.
    """
    parts = [part.double() for part in (network, ngrams) if part is not None]
    targets = _smoothed(head, labels, network)

    def surprise(logs: Tensor) -> Tensor:
        return _loss(head, _joint(logs, parts), targets) + (logs / _WIDE).square().sum() / 2

    logs = _least(surprise, [0.0] * len(parts))
    doubt = 0.0
    if not isinstance(head, OrderedHead):
        joint = _joint(logs, parts)
        _, right = _answers(head, head.probabilities(joint), labels)
        right = (right * len(labels) + 1) / (len(labels) + 2)

        def of_answers(given: Tensor) -> Tensor:
            sure, _ = _answers(head, _doubted(head, given[0].exp() * joint, given[1].sigmoid()), labels)
            loss = torch.nn.functional.binary_cross_entropy(sure, right, reduction="sum")
            return loss + (given[0] / _NARROW).square() / 2 + ((given[1] - _DOUBT) / _WIDE).square() / 2

        warmer, doubted = _least(of_answers, [0.0, _DOUBT]).tolist()
        logs, doubt = logs + warmer, 1 / (1 + math.exp(-doubted))
    factors = logs.exp().tolist()
    return Mixture(factors[0], factors[1] if ngrams is not None else 1.0, doubt)


def _least(loss: Callable[[Tensor], Tensor], start: list[float]) -> Tensor:
    """Where a loss is least."""
    given = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([given], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        value = loss(given)
        value.backward()
        return value

    optimizer.step(closure)
    return given.detach()


def _joint(logs: Tensor, parts: list[Tensor]) -> Tensor:
    return sum((factor * part for factor, part in zip(logs.exp(), parts, strict=True)), torch.zeros_like(parts[0]))


def _doubted(head: Head, scores: Tensor, doubt: float | Tensor) -> Tensor:
    found = head.probabilities(scores)
    outcomes = 2 if isinstance(head, SeveralHead) else found.shape[1]
    return (1 - doubt) * found + doubt / outcomes


def _answers(head: Head, probabilities: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """How sure each answer is, and 1 where it is right; where several labels may hold each is an answer."""
    if isinstance(head, SeveralHead):
        given = probabilities > 0.5
        return torch.where(given, probabilities, 1 - probabilities), (given == (labels > 0.5)).double()
    sure, found = probabilities.max(-1)
    return sure, (found == labels).double()


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
