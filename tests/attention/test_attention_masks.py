import pytest
import torch
from torch.testing import assert_close

from sightline.attention import attend, causal_mask, combine_masks, masked_softmax, padding_mask, window_mask

pytestmark = pytest.mark.usefixtures("float64")


def test_padding_mask_counts():
    lengths = [0, 3, 5, 7]
    expected = [[s < length for s in range(7)] for length in lengths]
    assert padding_mask(torch.tensor(lengths), 7).tolist() == expected


@pytest.mark.parametrize(("queries", "keys"), [(1, 1), (5, 5), (3, 7), (1, 7)])
def test_causal_mask_ends_at_the_last_key(queries, keys):
    expected = [[s <= t + keys - queries for s in range(keys)] for t in range(queries)]
    assert causal_mask(queries, keys).tolist() == expected
    assert torch.equal(causal_mask(queries), causal_mask(queries, queries))


@pytest.mark.parametrize("radius", [0, 2, 11])
def test_window_mask_is_a_distance(radius):
    assert window_mask(5, 7, radius).tolist() == [[abs(t - s) <= radius for s in range(7)] for t in range(5)]


def test_combined_masks_allow_what_all_allow():
    padding, causal = padding_mask(torch.tensor([2, 5]), 5)[:, None, :], causal_mask(3, 5)
    combined = combine_masks(None, padding, None, causal)
    assert combined.tolist() == [
        [[bool(padding[b, 0, s] and causal[t, s]) for s in range(5)] for t in range(3)] for b in range(2)
    ]
    assert combine_masks(causal) is causal
    assert combine_masks(None, None) is None
    assert combine_masks() is None


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("size", [0.0, 1.0, 1e4])
def test_rows_sum_to_one_or_to_nothing(dtype, size):
    scores = (size * torch.randn(5, 7, 11)).to(dtype)
    mask = torch.rand(5, 7, 11) < 0.3
    mask[2, 3] = False
    weights = masked_softmax(scores, mask)
    assert weights.dtype == dtype
    assert not weights[~mask].any()
    assert_close(weights.sum(-1), mask.any(-1).to(dtype), rtol=0, atol=4 * torch.finfo(dtype).eps)


def test_scores_far_apart_stay_finite():
    weights = masked_softmax(torch.tensor([[-1e300, 0.0, 1e300, -1e300]]), torch.tensor([[True, True, False, True]]))
    assert weights.tolist() == [[0.0, 1.0, 0.0, 0.0]]


def test_empty_rows_are_zero_both_ways():
    scores = torch.randn(3, 5, 7, requires_grad=True)
    mask = torch.rand(3, 5, 7) < 0.5
    mask[1] = False
    masked_softmax(scores, mask).square().sum().backward()
    assert torch.isfinite(scores.grad).all()
    assert not scores.grad[1].any()
    assert not scores.grad[~mask].any()
    assert scores.grad[mask].any()


def test_attending_to_nothing_gives_nothing():
    tensors = [torch.randn(2, size, 7, requires_grad=True) for size in (3, 5, 5)]
    context, weights = attend(*tensors, torch.tensor([True, False])[:, None, None])
    assert not context[1].any()
    assert not weights[1].any()
    (context.square().sum() + weights.square().sum()).backward()
    for tensor in tensors:
        assert torch.isfinite(tensor.grad).all()
        assert not tensor.grad[1].any()
        assert tensor.grad[0].any()


def test_no_keys_at_all():
    context, weights = attend(torch.randn(2, 3, 7), torch.randn(2, 0, 7), torch.randn(2, 0, 5))
    assert weights.shape == (2, 3, 0)
    assert torch.equal(context, torch.zeros(2, 3, 5))
