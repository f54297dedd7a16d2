"""Windows of which each series has as many as any other."""

import pytest
import torch

from sightline.data.series import alike


def named(*numbers: int) -> torch.Tensor:
    return torch.tensor([(series, 5 + step) for series, number in enumerate(numbers) for step in range(number)])


@pytest.mark.parametrize("numbers", [(7,), (4, 4, 4), (1000, 1000), (1,) * 977])
def test_where_series_are_alike_each_window_is_taken_once(numbers):
    windows = named(*numbers)
    assert torch.equal(alike(windows, len(windows)), windows)


@pytest.mark.parametrize("count", [6, 60, 61, 500])
def test_each_series_has_the_same_number(count):
    found = alike(named(3, 40, 17), count)
    assert len(found) == count
    numbers = found[:, 0].bincount(minlength=3)
    assert numbers.max() - numbers.min() <= 1
    within = [found[found[:, 0] == series, 1].bincount() for series in range(3)]
    assert all(each[each > 0].max() - each[each > 0].min() <= 1 for each in within)


def test_a_series_without_windows_has_none():
    windows = named(2, 0, 2)
    assert alike(windows, 4).tolist() == windows.tolist()
    assert not len(alike(named()[:0].reshape(0, 2).long(), 0))


def test_windows_are_taken_at_even_distances():
    assert alike(named(100), 10)[:, 1].diff().unique().tolist() == [10]
