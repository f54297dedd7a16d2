"""Windows: equal to a loop over lists, counted exactly, and blind to what comes after the cutoff."""

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from series_toys import read_quietly, table

from sightline.data.series import Columns, Panel, WindowBatch, Windows
from sightline.errors import ConfigError


def toy(lengths: list[int], missing: float = 0.2) -> Panel:
    """Series of noise, some of it missing, with 2 past, 1 future and 1 static covariate."""
    chance = np.random.default_rng(sum(lengths))
    total = sum(lengths)
    noise = {name: chance.normal(size=total) for name in ("y", "p", "q", "f")}
    for values in noise.values():
        values[chance.random(total) < missing] = np.nan
    noise["y"][np.cumsum([0, *lengths[:-1]])] = 1.0
    ids = np.repeat([f"s{number}" for number in range(len(lengths))], lengths)
    frame = table(unique_id=ids, ds=np.concatenate([np.arange(length) for length in lengths]), **noise)
    frame = frame.with_columns(pl.col("y", "p", "q", "f").fill_nan(None), k=pl.col("unique_id").str.slice(1).cast(int))
    return read_quietly(frame, Columns(past=["p", "q"], future=["f"], static=["k"]), frequency="1")


def gather_by_loops(panel: Panel, look_back: int, horizon: int, series: int, cutoff: int) -> list[list[float]]:
    """Past, its mask, covariates, future covariates, target and its mask, one step at a time; 0 for what is missing."""

    def at(values, step: int) -> list[float]:
        row = np.atleast_1d(values[panel.offsets[series] + step])
        return [0.0 if np.isnan(value) else float(value) for value in row]

    def known(step: int) -> bool:
        return 0 <= step < panel.lengths[series] and not np.isnan(panel.target[panel.offsets[series] + step])

    def inside(step: int) -> bool:
        return 0 <= step < panel.lengths[series]

    before, after = range(cutoff - look_back, cutoff), range(cutoff, cutoff + horizon)
    blank = [0.0] * (panel.past.shape[1] + panel.future.shape[1])
    return [
        [at(panel.target, step)[0] if known(step) else 0.0 for step in before],
        [known(step) for step in before],
        [at(panel.past, step) + at(panel.future, step) if inside(step) else blank for step in before],
        [at(panel.future, step) if inside(step) else blank[panel.past.shape[1] :] for step in after],
        [at(panel.target, step)[0] if known(step) else 0.0 for step in after],
        [known(step) for step in after],
    ]


@given(
    lengths=st.lists(st.integers(1, 13), min_size=1, max_size=4),
    look_back=st.integers(1, 11),
    horizon=st.integers(1, 5),
    data=st.data(),
)
def test_windows_are_those_of_a_loop(lengths, look_back, horizon, data):
    panel = toy(lengths)
    windows = Windows(panel, look_back, horizon, dtype=torch.float64)
    series = st.integers(0, len(lengths) - 1)
    names = data.draw(st.lists(series.flatmap(lambda s: st.tuples(st.just(s), st.integers(0, lengths[s]))), min_size=1))
    batch = windows.gather(torch.tensor(names))
    for row, (number, cutoff) in enumerate(names):
        expected = gather_by_loops(panel, look_back, horizon, number, cutoff)
        found = [batch.past, batch.past_mask, batch.past_covariates, batch.future_covariates]
        found += [batch.target, batch.target_mask]
        assert [tensor[row].tolist() for tensor in found] == expected
        assert (batch.series[row], batch.cutoff[row], batch.static[row, 0]) == (number, cutoff, number)


@given(
    lengths=st.lists(st.integers(1, 17), min_size=1, max_size=4),
    horizon=st.integers(1, 5),
    stride=st.integers(1, 4),
    min_history=st.integers(0, 5),
    start=st.integers(0, 9),
    stop=st.none() | st.integers(0, 20),
)
def test_every_window_is_named_once(lengths, horizon, stride, min_history, start, stop):
    windows = Windows(toy(lengths), 3, horizon)
    expected = [
        [series, cutoff]
        for series, length in enumerate(lengths)
        for cutoff in range(max(start, min_history), length, stride)
        if cutoff + horizon <= (length if stop is None else min(stop, length))
    ]
    assert windows.cutoffs(start, stop, stride=stride, min_history=min_history).tolist() == expected


def test_the_windows_of_a_benchmark_are_counted_exactly():
    """Two years of hours: the last 2,880 of 14,400 to test on, as the literature splits ETTh1."""
    panel = read_quietly(table(ds=range(14_400), y=np.sin(np.arange(14_400.0))))
    windows = Windows(panel, look_back=96, horizon=96)
    assert len(windows.cutoffs(14_400 - 2880)) == 2785
    assert len(windows.cutoffs(stop=8640, min_history=96)) == 8640 - 96 - 96 + 1


def test_ranges_of_each_series():
    cutoffs = Windows(toy([5, 7]), 3, 2).cutoffs(np.array([3, 2]), np.array([5, 5]))
    assert cutoffs.tolist() == [[0, 3], [1, 2], [1, 3]]


def test_a_batch_keeps_the_shapes_and_types_it_promises():
    batch = Windows(toy([5, 7]), 3, 2).gather(torch.tensor([[1, 4]] * 11))
    assert [tuple(tensor.shape) for tensor in batch] == [
        (11, 3), (11, 3), (11, 3, 3), (11, 2, 1), (11, 1), (11, 2), (11, 2), (11,), (11,)
    ]  # fmt: skip
    assert batch.past.dtype == batch.static.dtype == torch.float32
    assert batch.past_mask.dtype == batch.target_mask.dtype == torch.bool


def test_nothing_before_a_cutoff_depends_on_what_comes_after():
    """The same windows, where all that is not known at the cutoff is other."""
    panel = toy([13, 11])
    cutoff = 6
    changed = read_quietly(
        table(
            unique_id=np.repeat(panel.ids, panel.lengths),
            ds=np.concatenate([np.arange(13), np.arange(11)]),
            y=panel.target,
            p=panel.past[:, 0],
            q=panel.past[:, 1],
            f=panel.future[:, 0],
            k=np.repeat(panel.static[:, 0], panel.lengths),
        ).with_columns(pl.when(pl.col("ds") < cutoff).then(pl.col("y", "p", "q")).otherwise(99.0)),
        panel.columns,
        frequency="1",
    )
    names = torch.tensor([[0, cutoff], [1, cutoff]])
    one, other = (Windows(each, 5, 3).gather(names) for each in (panel, changed))
    for field in set(WindowBatch._fields) - {"target", "target_mask"}:
        assert torch.equal(getattr(one, field), getattr(other, field))
    assert not torch.equal(one.target, other.target)
    cut = Windows(panel.head(cutoff), 5, 3).gather(names)
    assert torch.equal(cut.past, one.past)
    assert not cut.target_mask.any()


def test_the_last_windows():
    panel = read_quietly(table(unique_id=["a", "a", "b"], ds=[1, 2, 1], y=[1, 2, 3]))
    windows = Windows(panel, 3, 2)
    assert windows.last().tolist() == [[0, 2], [1, 1]]
    batch = windows.gather(windows.last())
    assert batch.past.tolist() == [[0, 1, 2], [0, 0, 3]]
    assert batch.past_mask.tolist() == [[False, True, True], [False, False, True]]
    assert not batch.target_mask.any()


def test_the_last_windows_need_their_future_covariates():
    frame = table(ds=[1, 2], y=[1, 2], f=[3, 4])
    panel = read_quietly(frame, Columns(future=["f"]))
    with pytest.raises(ConfigError, match=r"known for the 2 steps to forecast: extend the panel by panel\.with_future"):
        Windows(panel, 3, 2).last()
    windows = Windows(panel.with_future(table(ds=[3, 4], f=[5, 6]), 2), 3, 2)
    batch = windows.gather(windows.last())
    assert batch.future_covariates.tolist() == [[[5], [6]]]
    assert batch.past_covariates.tolist() == [[[0], [3], [4]]]
    assert windows.cutoffs(min_history=0).tolist() == [[0, 0]]
    with pytest.raises(ConfigError, match="3 steps"):
        Windows(windows.panel, 3, 3).last()


def test_batches_of_an_epoch_hold_each_window_once_in_an_order_of_their_own():
    windows = Windows(toy([13, 31]), 3, 2)
    cutoffs = windows.cutoffs()

    def names(seed: int, epoch: int) -> list[list[int]]:
        batches = list(windows.batches(cutoffs, 7, seed=seed, epoch=epoch))
        assert {len(batch.series) for batch in batches[:-1]} == {7}
        return [
            list(pair) for batch in batches for pair in zip(batch.series.tolist(), batch.cutoff.tolist(), strict=True)
        ]

    first = names(1, 1)
    assert sorted(first) == cutoffs.tolist()
    assert first == names(1, 1)
    assert len({str(order) for order in (first, names(1, 2), names(2, 1), cutoffs.tolist())}) == 4


def test_windows_that_make_no_sense():
    panel = toy([5])
    for sizes in ((0, 1), (1, 0)):
        with pytest.raises(ConfigError, match="a window needs 1 step at least on either side"):
            Windows(panel, *sizes)
    for options in ({"stride": 0}, {"min_history": -1}):
        with pytest.raises(ConfigError, match="expected at least 1 and 0"):
            Windows(panel, 3, 2).cutoffs(**options)
