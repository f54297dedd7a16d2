import pytest
import torch
from torch.testing import assert_close

from sightline.attention.dropout import dropout
from sightline.errors import ConfigError
from sightline.layers import Dropout

RATES = [0.1, 0.3, 0.5, 0.9]
ENTRIES = 400_000


def _kept(rate: float, *, size: int = ENTRIES) -> torch.Tensor:
    return dropout(torch.ones(size), rate) != 0


@pytest.mark.parametrize("rate", RATES)
def test_rate_and_scale(rate):
    x = torch.randn(ENTRIES)
    dropped = dropout(x, rate)
    kept = dropped != 0
    five_sigma = 5 * (rate * (1 - rate) / ENTRIES) ** 0.5
    assert abs(1 - kept.double().mean() - rate) < five_sigma
    assert_close(dropped[kept], x[kept] / (1 - rate))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("apart", [1, 4])
def test_the_four_lanes_of_a_random_word_are_independent(rate, apart):
    """Counts of the 16 patterns of four entries against what independence expects: chi-square, 15 degrees of freedom.

    The four are those of one word (apart 1), and the same lane of four words (apart 4).
    """
    kept = _kept(rate).view(-1, 4, 4)
    groups = kept.reshape(-1, 4) if apart == 1 else kept.transpose(1, 2).reshape(-1, 4)
    counts = torch.bincount((groups * torch.tensor([1, 2, 4, 8])).sum(-1), minlength=16).double()
    ones = torch.tensor([bin(pattern).count("1") for pattern in range(16)])
    expected = len(groups) * (1 - rate) ** ones * rate ** (4 - ones)
    assert ((counts - expected).square() / expected).sum() < 45  # one seed in ten thousand is above


def test_every_lane_has_the_whole_range():
    """A word whose sign bit never falls would shift the rate of the fourth lane alone."""
    kept = _kept(0.3).view(-1, 4).double().mean(0)
    assert_close(kept, torch.full((4,), 0.7, dtype=torch.float64), rtol=0, atol=5 * (0.21 / (ENTRIES / 4)) ** 0.5)


def test_the_gradient_is_the_mask():
    x = torch.randn(5, 7, 11, dtype=torch.float64, requires_grad=True)
    dropped = dropout(x, 0.3)
    dropped.sum().backward()
    assert_close(x.grad, (dropped != 0).double() / 0.7)


@pytest.mark.parametrize("shape", [(), (0,), (1,), (3,), (5, 7), (2, 0, 3), (2, 3, 5, 7)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_any_shape_and_type(shape, dtype):
    x = torch.ones(shape, dtype=dtype)
    dropped = dropout(x, 0.5)
    assert dropped.shape == x.shape
    assert dropped.dtype == dtype
    assert ((dropped == 0) | (dropped == 2)).all()


def test_an_input_that_is_not_contiguous():
    x = torch.randn(7, 11).T
    dropped = dropout(x, 0.5)
    assert_close(dropped, torch.where(dropped == 0, 0.0, 2 * x))


def test_the_seed_decides():
    torch.manual_seed(3)
    first, second = _kept(0.5, size=101), _kept(0.5, size=101)
    torch.manual_seed(3)
    assert torch.equal(_kept(0.5, size=101), first)
    assert not torch.equal(first, second)


def test_the_layer_drops_in_training_alone():
    x, layer = torch.randn(101), Dropout(0.5)
    assert (layer(x) == 0).any()
    assert layer.eval()(x) is x
    assert Dropout(0.0)(x) is x


@pytest.mark.parametrize("rate", [-0.1, 1.0, float("nan")])
def test_a_rate_that_is_not_possible(rate):
    with pytest.raises(ConfigError, match="choose at least 0 and below 1"):
        Dropout(rate)
