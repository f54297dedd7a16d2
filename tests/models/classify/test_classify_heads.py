"""What heads mean by their scores, against the formulas."""

import math

import pytest
import torch
from torch.testing import assert_close

from sightline.models.classify import OneHead, OrderedHead, SeveralHead

pytestmark = pytest.mark.usefixtures("float64")

B, L, D, C = 3, 4, 5, 4
HEADS = {"one": OneHead, "several": SeveralHead, "ordered": OrderedHead}


@pytest.fixture(params=HEADS)
def head(request: pytest.FixtureRequest):
    return HEADS[request.param](D, C)


@torch.no_grad()
def test_shares_and_the_constant_are_the_scores(head):
    parts = torch.randn(B, L, D)
    assert_close(head.shares(parts).sum(1) + head.constant, head(parts.sum(1)))


@torch.no_grad()
@pytest.mark.parametrize("classes", [2, 3, 7])
def test_thresholds_rise_and_probabilities_sum_to_one(classes):
    head = OrderedHead(D, classes)
    torch.nn.init.normal_(head.distances)
    scores = head(5 * torch.randn(B, D))
    assert scores.shape == (B, classes - 1)
    assert (scores[:, 1:] < scores[:, :-1]).all()
    probabilities = head.probabilities(scores)
    assert (probabilities >= 0).all()
    assert_close(probabilities.sum(-1), torch.ones(B))
    for k in range(classes - 1):
        assert_close(probabilities[:, k + 1 :].sum(-1), scores[:, k].sigmoid())


@torch.no_grad()
@pytest.mark.parametrize("name", ["one", "ordered"])
def test_the_loss_is_that_of_the_probabilities(name):
    head = HEADS[name](D, C)
    scores, labels = head(torch.randn(B, D)), torch.tensor([0, 3, 2])
    said = head.probabilities(scores)
    assert_close(head.loss(scores, labels), torch.tensor([-math.log(said[i, k]) for i, k in enumerate(labels)]))


@torch.no_grad()
def test_several_labels_are_one_decision_each():
    head = SeveralHead(D, C)
    scores, labels = head(torch.randn(B, D)), torch.tensor([[1.0, 0, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1]])
    said = head.probabilities(scores)
    right = torch.where(labels == 1, said, 1 - said)
    assert_close(head.loss(scores, labels), -right.log().sum(-1))


def test_far_scores_have_finite_losses_and_gradients():
    head = OrderedHead(D, C)
    scores = head(torch.randn(B, D))
    scores = scores + torch.tensor([[80.0], [-80.0], [0.0]])
    loss = head.loss(scores, torch.tensor([0, 3, 1]))
    assert loss.isfinite().all()
    loss.sum().backward()
    assert head.first.grad.isfinite().all()
    assert head.distances.grad.isfinite().all()
