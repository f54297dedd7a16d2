"""Panels: cuts in time that leak nothing, covariates ahead, the calendar."""

from datetime import date, datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from series_toys import days, read_quietly, table

from sightline.data.series import CALENDAR, Columns, Panel
from sightline.errors import ConfigError, DataError

COLUMNS = Columns(past=["p"], future=["f", "sky"], static=["k"])


def toy(lengths: dict[str, int] | None = None) -> Panel:
    """Daily series whose values say which series and step they are from; a starts on the 1st, b on the 2nd, ..."""
    rows = [
        (name, f"2024-01-{1 + number + step:02}", 100.0 * number + step)
        for number, (name, length) in enumerate((lengths or {"a": 5, "b": 7, "c": 3}).items())
        for step in range(length)
    ]
    ids, times, values = zip(*rows, strict=True)
    frame = table(unique_id=ids, ds=times, y=values).with_columns(
        p=-pl.col("y"), f=pl.col("y") + 0.5, k=pl.col("unique_id"), sky=pl.lit("blue")
    )
    frame[0, "sky"] = "grey"
    return read_quietly(frame, COLUMNS, frequency="D")


def ahead(**columns) -> pl.DataFrame:
    """Two steps ahead of each of the toy's series."""
    rows = {"a": ("2024-01-06", "2024-01-07"), "b": ("2024-01-09", "2024-01-10"), "c": ("2024-01-06", "2024-01-07")}
    frame = table(
        unique_id=[name for name in rows for _ in range(2)],
        ds=[time for times in rows.values() for time in times],
        f=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        sky=["grey", "blue"] * 3,
    )
    return frame.with_columns(**columns)


def test_what_is_told_of_a_panel():
    panel = toy()
    assert repr(panel) == "Panel(3 series 'a', 'b', 'c', 15 steps of 'D')"
    assert panel.lengths.tolist() == [5, 7, 3]
    assert panel.future_names == ("f", "sky")
    assert panel.categories == {"sky": ("blue", "grey"), "k": ("a", "b", "c")}
    assert panel.timestamps(2).astype("datetime64[D]").astype(str).tolist() == [
        "2024-01-03",
        "2024-01-04",
        "2024-01-05",
    ]


@pytest.mark.parametrize(
    "moment",
    ["2024-01-04", date(2024, 1, 4), datetime(2024, 1, 4), np.datetime64("2024-01-04"), pd.Timestamp("2024-01-04")],
)
def test_everything_before_a_moment(moment):
    before, after = toy().slice(stop=moment), toy().slice(start=moment)
    assert before.target.tolist() == [0, 1, 2, 100, 101, 200]
    assert after.target.tolist() == [3, 4, *range(102, 107), 201, 202]
    assert before.history.tolist() == before.lengths.tolist() == [3, 2, 1]
    assert after.starts.astype("datetime64[D]").astype(str).tolist() == ["2024-01-04"] * 3
    assert after.future[0].tolist() == [3.5, 1]


@given(
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    start=st.none() | st.integers(1, 20),
    stop=st.none() | st.integers(1, 20),
    half=st.booleans(),
)
def test_a_cut_holds_the_steps_in_its_range_and_no_others(lengths, start, stop, half):
    panel = toy({f"s{number}": length for number, length in enumerate(lengths)})
    moments = [
        None if day is None else np.datetime64(f"2024-01-{day:02}") + np.timedelta64(12 * half, "h")
        for day in (start, stop)
    ]
    cut = panel.slice(*moments)
    assert cut.ids == panel.ids
    for series in range(len(lengths)):
        times = panel.timestamps(series)
        inside = np.ones(len(times), bool)
        if start:
            inside &= times >= moments[0]
        if stop:
            inside &= times < moments[1]
        rows = panel.offsets[series] + np.flatnonzero(inside)
        own = slice(cut.offsets[series], cut.offsets[series + 1])
        assert cut.timestamps(series).tolist() == times[inside].tolist()
        for name in ("target", "past", "future"):
            np.testing.assert_array_equal(getattr(cut, name)[own], getattr(panel, name)[rows])


def test_heads():
    assert toy().head(4).target.tolist() == [0, 1, 2, 3, 100, 101, 102, 103, 200, 201, 202]
    assert toy().head(-4).target.tolist() == [0, 100, 101, 102]
    assert toy().head(np.array([1, -1, 0])).target.tolist() == [0, 100, 101, 102, 103, 104, 105]


def test_a_cut_of_a_single_series_is_a_view():
    panel = toy({"a": 9})
    assert np.shares_memory(panel.head(-3).target, panel.target)
    assert np.shares_memory(panel.slice("2024-01-03").future, panel.future)


def test_moments_that_are_none():
    with pytest.raises(ConfigError, match="'soon' is not a date or datetime in ISO form, such as 2024-01-01"):
        toy().slice("soon")
    numbers = read_quietly(table(ds=[3, 4], y=[1, 2]))
    assert numbers.slice(4).target.tolist() == [2]
    with pytest.raises(ConfigError, match="'2024-01-01' is not a whole number, such as 3"):
        numbers.slice("2024-01-01")


def test_covariates_ahead(tmp_path):
    ahead().write_csv(tmp_path / "ahead.csv")
    for source in (ahead(), ahead().sample(fraction=1, shuffle=True, seed=1), tmp_path / "ahead.csv"):
        panel = toy().with_future(source, 2)
        assert panel.history.tolist() == [5, 7, 3]
        assert panel.lengths.tolist() == [7, 9, 5]
        assert panel.future[5:7].tolist() == [[1, 2], [2, 1]]
        assert panel.future[14:16].tolist() == [[3, 2], [4, 1]]
        np.testing.assert_array_equal(panel.target[3:8], [3, 4, np.nan, np.nan, 100])
        assert np.isnan(panel.past[-2:]).all()
        assert panel.head(np.array([5, 7, 3])).target.tolist() == toy().target.tolist()
        assert panel.head(-1).lengths.tolist() == [4, 6, 2]
        assert panel.slice("2024-01-06").history.tolist() == [0, 3, 0]


def test_covariates_ahead_without_id_hold_for_all_series():
    frame = table(ds=days(9, "2024-01-05"), f=range(9), sky=["blue"] * 9)
    panel = toy().with_future(frame, 2)
    assert panel.future[:, 0].tolist()[5:7] == [1, 2]
    assert panel.future[:, 0].tolist()[14:16] == [4, 5]


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (ahead().head(5), "series 'c' at 2024-01-07: no row .* one is needed for each of 2 steps ahead, 2024-01-06 to"),
        (ahead().filter(pl.col("unique_id") != "b"), "series 'b' at 2024-01-09: no row with future covariates"),
        (pl.concat([ahead(), ahead()[:1]]), "series 'a' at 2024-01-06: 2 rows with future covariates"),
        (ahead(f=pl.Series([1, 2, 3, None, 5, 6])), "series 'b' at 2024-01-10: covariate 'f' is missing"),
        (ahead(unique_id=pl.col("unique_id").replace("a", "x")), "series 'x' is not among the 3 series"),
        (ahead(sky=pl.lit("gray")), "column 'sky' holds 'gray', which was not there in training.*did you mean 'grey'"),
        (ahead(f=pl.lit("x")), "column 'f' holds 'x' where a number is expected"),
        (ahead(ds=pl.lit("x")), "column 'ds' holds 'x', which is neither an ISO date"),
        (ahead(ds=pl.int_range(6)), "column 'ds' holds whole numbers, and the series have dates"),
        (ahead().rename({"f": "F"}), "there is no column 'f' among the future covariates; did you mean 'F'?"),
    ],
)
def test_covariates_ahead_that_do_not_fit(frame, words):
    with pytest.raises(DataError, match=words):
        toy().with_future(frame, 2)


def test_an_unknown_series_ahead_is_told_with_its_line(tmp_path):
    path = tmp_path / "ahead.csv"
    pl.concat([ahead(), ahead(unique_id=pl.lit("x"))]).write_csv(path)
    with pytest.raises(DataError) as caught:
        toy().with_future(path, 2)
    assert (caught.value.path, caught.value.line) == (str(path), 8)


def test_covariates_ahead_where_there_are_none_and_the_reverse():
    with pytest.raises(ConfigError, match="future covariates 'f', 'sky' have to be known 2 steps ahead"):
        toy().with_future(None, 2)
    plain = read_quietly(table(ds=days(3), y=[1, 2, 4]))
    with pytest.raises(ConfigError, match="the panel has no future covariates: leave out their table"):
        plain.with_future(ahead(), 2)
    longer = plain.with_future(None, 2)
    assert longer.lengths.tolist() == [5]
    with pytest.raises(ConfigError, match="has steps ahead already"):
        longer.with_future(None, 2)


def test_calendar_features_are_those_of_pandas():
    times = pd.date_range("2023-11-28", periods=150, freq="7h")
    panel = read_quietly(pd.DataFrame({"ds": times, "y": range(150)})).with_calendar(*CALENDAR)
    parts = {
        "minute": times.minute / 60,
        "hour": times.hour / 24,
        "dayofweek": times.day_of_week / 7,
        "day": (times.day - 1) / times.days_in_month,
        "dayofyear": (times.day_of_year - 1) / (365 + times.is_leap_year),
        "month": (times.month - 1) / 12,
    }
    assert panel.calendar == tuple(parts)
    assert panel.future_names[:2] == ("minute_sin", "minute_cos")
    for number, part in enumerate(parts.values()):
        np.testing.assert_allclose(panel.future[:, 2 * number], np.sin(2 * np.pi * part), atol=1e-12)
        np.testing.assert_allclose(panel.future[:, 2 * number + 1], np.cos(2 * np.pi * part), atol=1e-12)


def test_the_calendar_goes_on_ahead():
    before = toy().with_calendar("dayofweek").with_future(ahead(), 2)
    after = toy().with_future(ahead(), 2).with_calendar("dayofweek")
    assert before.future_names == after.future_names == ("f", "sky", "dayofweek_sin", "dayofweek_cos")
    np.testing.assert_array_equal(before.future, after.future)
    assert not np.isnan(before.future).any()


def test_calendar_features_that_make_no_sense():
    with pytest.raises(ConfigError, match=r"unknown calendar feature 'hours': choose among .*; did you mean 'hour'"):
        toy().with_calendar("hours")
    with pytest.raises(ConfigError, match="there is a future covariate 'hour_sin' already"):
        toy().with_calendar("hour").with_calendar("hour")
    with pytest.raises(ConfigError, match="whole numbers for timestamps have no calendar"):
        read_quietly(table(ds=[1, 2], y=[1, 2])).with_calendar("hour")
