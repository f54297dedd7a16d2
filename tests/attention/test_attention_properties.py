"""What holds of attention whatever the numbers: padding, order of the keys, order of the batch."""

from typing import NamedTuple

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.testing import assert_close

from sightline.attention import SCORES, Score, attend, build_score

pytestmark = pytest.mark.usefixtures("float64")


class Case(NamedTuple):
    score: Score
    query: Tensor
    key: Tensor
    value: Tensor
    mask: Tensor

    def attend(self) -> tuple[Tensor, Tensor]:
        return attend(self.query, self.key, self.value, self.mask, self.score)


@st.composite
def cases(draw: st.DrawFn, names: tuple[str, ...] = tuple(SCORES)) -> Case:
    batch, queries, keys, width, out = (draw(st.integers(1, 5)) for _ in range(5))
    torch.manual_seed(draw(st.integers(0, 2**32 - 1)))
    score = build_score(draw(st.sampled_from(names)), query_width=width, key_width=width, width=3)
    size = draw(st.sampled_from([0.1, 1.0, 10.0]))
    query, key, value = (size * torch.randn(batch, n, w) for n, w in ((queries, width), (keys, width), (keys, out)))
    return Case(score, query, key, value, torch.rand(batch, queries, keys) < draw(st.floats(0, 1)))


@given(cases())
def test_rows_sum_to_one_or_to_nothing(case: Case):
    context, weights = case.attend()
    assert_close(weights.sum(-1), case.mask.any(-1).double())
    assert (weights >= 0).all()
    assert torch.isfinite(context).all()


@given(cases(), st.integers(0, 5), st.sampled_from([1.0, 1e3, 1e100]))
def test_what_stands_behind_the_mask_has_no_effect(case: Case, longer: int, size: float):
    mask = case.mask.clone()
    mask[..., 0] = False
    hidden = ~mask.any(1)  # keys that no query sees
    key, value = case.key.clone(), case.value.clone()
    key[hidden], value[hidden] = size * torch.randn_like(key[hidden]), size * torch.randn_like(value[hidden])

    def lengthen(x: Tensor) -> Tensor:
        return torch.cat([x, size * torch.randn(len(x), longer, x.shape[2])], 1)

    wider = torch.cat([mask, mask.new_zeros(*mask.shape[:2], longer)], -1)
    context, weights = attend(case.query, lengthen(key), lengthen(value), wider, case.score)
    expected_context, expected_weights = case._replace(mask=mask).attend()
    assert_close(context, expected_context)
    assert_close(weights[..., : mask.shape[-1]], expected_weights)
    assert not weights[..., mask.shape[-1] :].any()


@given(cases(tuple(name for name in SCORES if name != "location")), st.randoms(use_true_random=False))
def test_the_order_of_the_keys_is_the_order_of_the_weights(case: Case, random):
    order = list(range(case.key.shape[1]))
    random.shuffle(order)
    shuffled = case._replace(key=case.key[:, order], value=case.value[:, order], mask=case.mask[..., order])
    (context, weights), (expected_context, expected_weights) = shuffled.attend(), case.attend()
    assert_close(context, expected_context)
    assert_close(weights, expected_weights[..., order])


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_the_batch_is_the_order_of_the_answers(case: Case, random):
    order = list(range(len(case.key)))
    random.shuffle(order)
    shuffled = Case(case.score, *(x[order] for x in case[1:]))
    for found, expected in zip(shuffled.attend(), case.attend(), strict=True):
        assert_close(found, expected[order])


@given(cases())
def test_each_query_is_answered_for_itself(case: Case):
    context, weights = case.attend()
    for t in range(case.query.shape[1]):
        alone = case._replace(query=case.query[:, t : t + 1], mask=case.mask[:, t : t + 1]).attend()
        assert_close(alone[0], context[:, t : t + 1])
        assert_close(alone[1], weights[:, t : t + 1])
