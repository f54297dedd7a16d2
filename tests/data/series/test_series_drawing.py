"""Windows of which each series has as many as any other."""

import pytest
import torch

from sightline.data.series import alike


def named(*numbers: int) -> torch.Tensor:
    return torch.tensor([(series, 5 + step) for series, number in enumerate(numbers) for step in range(number)])


def chance() -> torch.Generator:
    return torch.Generator().manual_seed(1)


@pytest.mark.parametrize("numbers", [(7,), (4, 4, 4), (1000, 1000), (1,) * 977])
def test_where_series_are_alike_each_window_is_taken_once(numbers):
    windows = named(*numbers)
    assert torch.equal(alike(windows, len(windows)), windows)
    drawn = alike(windows, len(windows), chance())
    assert sorted(map(tuple, drawn.tolist())) == sorted(map(tuple, windows.tolist()))


@pytest.mark.parametrize("count", [6, 60, 61, 500])
def test_each_series_has_the_same_number(count):
    for found in (alike(named(3, 40, 17), count), alike(named(3, 40, 17), count, chance())):
        assert len(found) == count
        numbers = found[:, 0].bincount(minlength=3)
        assert numbers.max() - numbers.min() <= 1
        within = [found[found[:, 0] == series, 1].bincount() for series in range(3)]
        assert all(each[each > 0].max() - each[each > 0].min() <= 1 for each in within)


def test_a_series_without_windows_has_none():
    windows = named(2, 0, 2)
    assert alike(windows, 4).tolist() == windows.tolist()
    assert not len(alike(named()[:0].reshape(0, 2).long(), 0))


def test_chance_takes_others():
    windows = named(100)
    assert alike(windows, 10)[:, 1].diff().unique().tolist() == [10]
    assert not torch.equal(alike(windows, 10, chance()).sort(0).values, alike(windows, 10))
