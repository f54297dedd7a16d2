"""Frequencies: their names, their steps and positions, and what timestamps say about them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.data.series import Frequency
from sightline.data.series.inference import infer
from sightline.errors import ConfigError

NAMES = [
    "us",
    "250ms",
    "s",
    "15min",
    "h",
    "6h",
    "D",
    "W",
    "2W",
    "MS",
    "5MS",
    "ME",
    "QS",
    "QE",
    "YS",
    "YE",
    "B",
    "1",
    "7",
]
STARTS = {"ME": "2023-12-31T06:30", "QE": "2023-12-31", "YE": "2023-12-31"}


def start_of(name: str) -> np.generic:
    frequency = Frequency.parse(name)
    return np.int64(-3) if frequency.is_integer else np.datetime64(STARTS.get(name, "2024-01-01T06:30"), "us")


@pytest.mark.parametrize("name", NAMES)
def test_names_are_read_and_written(name):
    assert str(Frequency.parse(name)) == name


@pytest.mark.parametrize(
    ("given_name", "name"),
    {"60min": "h", "24h": "D", "7D": "W", "90min": "90min", "48h": "2D", "3MS": "QS", "12ME": "YE", "1D": "D"}.items(),
)
def test_equal_steps_have_one_name(given_name, name):
    assert Frequency.parse(given_name) == Frequency.parse(name)
    assert str(Frequency.parse(given_name)) == name


@pytest.mark.parametrize(
    ("former", "name"), {"H": "h", "T": "min", "30S": "30s", "M": "ME", "Q": "QE", "A": "YE", "AS": "YS"}.items()
)
def test_names_that_pandas_had_before(former, name):
    assert str(Frequency.parse(former)) == name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "unknown frequency ''"),
        ("0D", "unknown frequency '0D'"),
        ("2B", "unknown frequency '2B'"),
        ("hours", "expected one of W, D, h, min"),
        ("MIN", "did you mean 'min'"),
        ("W-SUN", "write 'W', for a series itself says where its steps begin"),
        ("1.5h", "unknown frequency"),
    ],
)
def test_unknown_names(name, words):
    with pytest.raises(ConfigError, match=words):
        Frequency.parse(name)


@pytest.mark.parametrize(
    ("steps", "names"),
    [
        (3600, "s"),
        (96, "15min"),
        (48, "30min"),
        (24, "h"),
        (7, "D"),
        (5, "B"),
        (52, "W"),
        (12, "MS ME"),
        (4, "QS QE"),
        (6, "2MS"),
        (1, "YS YE 1 7h 5MS 7s 3D"),
    ],
)
def test_seasonality(steps, names):
    assert {Frequency.parse(name).seasonality for name in names.split()} == {steps}


@pytest.mark.parametrize("name", ["15min", "6h", "D", "W", "MS", "ME", "QS", "QE", "YS", "YE", "B"])
def test_steps_are_those_of_pandas(name):
    anchored = {"W": "W-MON", "QE": "QE-DEC", "YE": "YE-DEC"}.get(name, name)
    expected = pd.date_range(str(start_of(name)), periods=201, freq=anchored).to_numpy().astype("datetime64[us]")
    assert (Frequency.parse(name).step(start_of(name), np.arange(201)) == expected).all()


@pytest.mark.parametrize("name", NAMES)
@given(steps=st.lists(st.integers(-1500, 1500), min_size=1), delay=st.integers(1, 10**7))
def test_a_position_is_the_last_step_at_or_before(name, steps, delay):
    frequency, start = Frequency.parse(name), start_of(name)
    times = frequency.step(start, np.array(steps))
    assert frequency.position(start, times).tolist() == steps
    unit = 1 if frequency.is_integer else np.timedelta64(1, "us")
    if name != "us":
        assert frequency.position(start, times - unit).tolist() == [step - 1 for step in steps]
    later = times + (delay if frequency.is_integer else np.timedelta64(delay, "ms"))
    positions = frequency.position(start, later)
    assert (frequency.step(start, positions) <= later).all()
    assert (frequency.step(start, positions + 1) > later).all()


def test_positions_before_1970_and_for_a_start_each():
    starts = np.array(["1749-01-01", "1969-12-01"], "datetime64[us]")
    times = np.array(["1749-03-01", "1970-02-01"], "datetime64[us]")
    for name in ("MS", "D"):
        frequency = Frequency.parse(name)
        assert (frequency.step(starts, frequency.position(starts, times)) == times).all()
    assert Frequency.parse("MS").position(starts, times).tolist() == [2, 2]


def test_saturdays_and_sundays_belong_to_friday():
    days = np.arange("2024-01-05", "2024-01-09", dtype="datetime64[D]")
    assert Frequency.parse("B").position(np.datetime64("2024-01-01"), days).tolist() == [4, 4, 4, 5]


def one(times) -> str:
    """What is inferred for one series."""
    array = np.array(times, "datetime64[us]") if isinstance(times[0], str) else np.array(times)
    return str(infer(array, np.arange(len(array)) == 0))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "us"])
@given(gaps=st.sets(st.integers(1, 39), max_size=15))
def test_a_step_is_found_though_rows_are_missing(name, gaps):
    kept = [step for step in range(60) if step not in gaps]
    assert one(Frequency.parse(name).step(start_of(name), kept)) == name


@pytest.mark.parametrize(
    ("times", "name"),
    [
        (["2024-01-31", "2024-02-29", "2024-03-31"], "ME"),
        (["2023-02-28", "2023-03-31", "2023-04-30"], "ME"),
        (["2023-01-15", "2023-02-15", "2023-03-15"], "MS"),
        (["2021-02-01", "2021-03-01"], "MS"),
        (["2023-01-30", "2023-02-27", "2023-03-27"], "4W"),
        (["2020-02-29", "2024-02-29"], "4YE"),
        (["2023-06-01", "2024-06-01", "2025-06-01"], "YS"),
        (["2024-01-04", "2024-01-05", "2024-01-08"], "B"),  # one day as often as three: the smaller one
        (["2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08"], "B"),
        (["2024-01-03", "2024-01-04", "2024-01-05"], "D"),
        (["2024-01-03", "2024-01-04", "2024-01-05", "2024-01-06", "2024-01-09"], "D"),
        (["2024-01-05", "2024-01-08"], "3D"),
        ([1949, 1950, 1952], "1"),
        ([0, 3600, 7200], "3600"),
    ],
)
def test_what_a_few_timestamps_say(times, name):
    assert one(times) == name


def test_a_series_of_one_row_shows_no_step():
    assert infer(np.array(["2024-01-01", "2024-01-02"], "datetime64[us]"), np.array([True, True])) is None


def test_months_of_several_series_have_a_day_each():
    times = np.array(["2024-01-05", "2024-02-05", "2024-01-07", "2024-02-07"], "datetime64[us]")
    assert str(infer(times, np.array([True, False, True, False]))) == "MS"


def test_an_hour_of_daylight_saving_time_is_a_gap_like_any_other():
    hours = np.arange("2024-03-30T22", "2024-03-31T08", dtype="datetime64[h]").astype("datetime64[us]")
    assert one(np.delete(hours, 4)) == "h"
