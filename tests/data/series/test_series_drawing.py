"""Windows of which each series has as many as any other, as far as it has them."""

import pytest
import torch

from sightline.data.series import alike


def named(*numbers: int) -> torch.Tensor:
    return torch.tensor([(series, 5 + step) for series, number in enumerate(numbers) for step in range(number)])


@pytest.mark.parametrize("numbers", [(7,), (4, 0, 4), (3, 40, 17)])
def test_all_are_taken_where_there_are_no_more(numbers):
    windows = named(*numbers)
    assert torch.equal(alike(windows, len(windows)), windows)
    assert torch.equal(alike(windows, 10**9), windows)
    assert not len(alike(windows[:0], 5))


@pytest.mark.parametrize(
    ("numbers", "most", "expected"),
    [
        ((100,), 10, [10]),
        ((40, 40, 40), 60, [20, 20, 20]),
        ((2, 20, 20), 22, [2, 10, 10]),
        ((9_999, 1), 5_000, [4_999, 1]),
        ((3, 0, 40, 17), 40, [3, 0, 20, 17]),
        ((3, 0, 40, 17), 30, [3, 0, 14, 13]),
        ((1,) * 977, 100, None),
    ],
)
def test_short_series_give_all_and_the_others_alike(numbers, most, expected):
    found = alike(named(*numbers), most)
    assert len(found) == most
    assert len(found.unique(dim=0)) == most
    if expected is not None:
        counts = found[:, 0].bincount(minlength=len(numbers)).tolist()
        assert counts == pytest.approx(expected, abs=1)


@pytest.mark.parametrize(
    ("numbers", "enough", "expected"),
    [
        ((100,), 10, [100]),
        ((40, 40, 40), 10, [40, 40, 40]),
        ((2, 20, 20), 6, [2, 2, 2]),
        ((2, 20, 20), 12, [2, 5, 5]),
        ((2, 20, 20), 500, [2, 20, 20]),
        ((9_999, 1), 500, [499, 1]),
    ],
)
def test_where_few_are_enough_none_gives_more_than_the_shortest(numbers, enough, expected):
    found = alike(named(*numbers), 2_000, enough)
    assert len(found.unique(dim=0)) == len(found)
    assert found[:, 0].bincount(minlength=len(numbers)).tolist() == pytest.approx(expected, abs=1)


def test_windows_are_taken_at_even_distances():
    assert alike(named(100), 10)[:, 1].diff().unique().tolist() == [10]
