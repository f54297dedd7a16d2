"""Every finding: what is said, where, and what to do about it; and that nothing is said of what is in order."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from series_toys import days, found, read_quietly, table, write

from sightline.data.series import Columns, check_last_window, check_lengths, examine


def hours(start: str, count: int) -> list[str]:
    return [str(np.datetime64(start) + np.timedelta64(hour, "h")) for hour in range(count)]


def test_nothing_is_said_of_series_in_order(tmp_path):
    path = write(tmp_path / "a.csv", "ds,y\n2024-01-01,1\n2024-01-02,2\n")
    assert examine(path).findings == []


@pytest.mark.parametrize(
    ("header", "columns", "words", "remedy"),
    [
        (
            "Ds,y",
            Columns(),
            "no column 'ds'; those that exist: 'Ds', 'y'; did you mean 'Ds'?",
            "--time Ds, in Python time='Ds'",
        ),
        (
            "when,y",
            Columns(),
            "no column 'ds'; those that exist: 'when', 'y'",
            "name the column of timestamps: --time",
        ),
        ("ds,sales", Columns(), "no column 'y'", "or '*' for all, if each column is a series of its own"),
        ("ds,sales", Columns(target="sale"), "did you mean 'sales'?", "name the column to forecast"),
        ("ds,y", Columns(past=["Y"]), "did you mean 'y'?", "write the name as it stands in the table"),
        ("ds,y", Columns(id="shop"), "no column 'shop'", "write the name as it stands in the table (id)"),
        ("ds,y", Columns(target=["y", "z"]), "no column 'z'", "name the column to forecast"),
    ],
)
def test_columns_that_are_not_there(header, columns, words, remedy, tmp_path):
    path = write(tmp_path / "a.csv", f"{header}\n2024-01-01,1\n2024-01-02,2\n")
    finding = found("columns", path, columns)
    assert finding.fatal
    assert finding.path == str(path)
    assert words in finding.what
    assert remedy in finding.remedy


def test_an_index_of_timestamps():
    frame = pd.DataFrame({"y": [1, 2]}, index=pd.date_range("2024-01-01", periods=2, name="ds"))
    assert "an index becomes a column with frame.reset_index()" in found("columns", frame).remedy


def test_tables_without_rows_or_targets(tmp_path):
    assert found("columns", write(tmp_path / "a.csv", "ds,y\n")).what == "there is nothing below the header"
    frame = table(ds=days(2))
    assert found("columns", frame, Columns(target="*")).what == "there is no column for a target"


def test_an_id_column_beside_several_targets():
    finding = found("columns", table(unique_id=["a"], ds=[1], y=[1], z=[2]), Columns(target="*"))
    assert finding.fatal
    assert finding.what.startswith("there is a column 'unique_id', which says which series a row belongs to, beside")


def test_columns_that_are_not_used():
    finding = found("unused columns", table(ds=days(2), y=[1, 2], a=[1, 2], b=[1, 2]))
    assert finding.what == "not used: 'a', 'b'"
    assert not finding.fatal


@pytest.mark.parametrize(
    ("times", "line", "words", "remedy"),
    [
        (["2024-01-01", "", "x"], 3, "holds no timestamp; 2 such rows", "write them as 2024-12-31"),
        (["2024-01-01", "2024-02-30"], 3, "holds '2024-02-30', which is neither an ISO date", "write them as"),
        (["13/1/2024", "14/1/2024"], 2, "holds '13/1/2024', which is neither", "format='%d/%m/%Y')"),
        (["1/13/2024 14:30"], 2, "holds '1/13/2024 14:30'", "format='%m/%d/%Y %H:%M')"),
        (
            ["1/2/2024"],
            2,
            "holds '1/2/2024'",
            "format='%d/%m/%Y'), or if the day is meant to come first or last, frame",
        ),
        (["20240131", "20240201"], 2, "numbers such as 20240131, which look like dates", "write them as 2024-01-31"),
    ],
)
def test_timestamps_that_are_none(times, line, words, remedy, tmp_path):
    path = write(tmp_path / "a.csv", "\n".join(["ds,y", *(f"{time},1" for time in times)]))
    finding = found("timestamps", path)
    assert (finding.fatal, finding.line) == (True, line)
    assert words in finding.what
    assert remedy in finding.remedy


@pytest.mark.parametrize("times", [[1.5, 2.5], [None, 1.0], [[1], [2]], [True, False]])
def test_timestamps_of_other_types(times):
    assert found("timestamps", table(ds=times, y=[1, 2])).fatal


def test_mixed_time_zones(tmp_path):
    path = write(tmp_path / "a.csv", "ds,y\n2024-01-01T00:00Z,1\n2024-01-01 01:00,2\n2024-01-01T02:00+00:00,3\n")
    finding = found("time zones", path)
    assert (finding.fatal, finding.line) == (True, 3)
    assert "'2024-01-01 01:00' in column 'ds' has no zone or offset, and 2 of 3 rows have one" in finding.what


def test_text_among_numbers(tmp_path):
    path = write(tmp_path / "a.csv", 'ds,y,z\n2024-01-01,1,5\n\n2024-01-02,"1,5",north\n2024-01-03,-,7\n')
    finding = found("text among numbers", path)
    assert (finding.fatal, finding.line) == (True, 4)
    assert finding.what == "column 'y' holds '1,5' where a number is expected; 2 such cells"
    covariate = [f for f in examine(path, Columns(past=["z"])).findings if "'z'" in f.what]
    assert "holds 'north' where a number is expected; 1 such cell" in covariate[0].what
    assert "list it as categorical" in covariate[0].remedy
    assert "'x' where" in found("text among numbers", table(ds=[1, 2], y=["1", "x"])).what
    assert "'[1]' where" in found("text among numbers", table(ds=[1, 2], y=[[1], [2]])).what
    assert (
        "'2024-01-01' where"
        in found("text among numbers", table(ds=[1], y=pl.Series(["2024-01-01"]).str.to_date())).what
    )


def test_values_that_single_precision_cannot_square(tmp_path):
    path = write(tmp_path / "a.csv", "ds,y\n2024-01-01,1\n2024-01-02,1e30\n2024-01-03,-2e16\n")
    finding = found("huge values", path)
    assert finding.fatal
    assert finding.line == 3
    assert finding.what == "column 'y' holds a value beyond 1e+15; 2 such cells"


def test_outliers_are_told():
    values = [float(i % 7) for i in range(60)]
    values[20] = 90000.0
    finding = found("outliers", table(ds=range(60), y=values))
    assert not finding.fatal
    assert finding.time == "20"
    assert "90000" in finding.what
    assert not [
        each for each in examine(table(ds=range(60), y=[0.0] * 58 + [3.0, 1e6])).findings if each.kind == "outliers"
    ]


def test_an_end_without_targets_is_told():
    finding = found("missing target", table(ds=range(9), y=[1.0, None, 3.0, 4.0, 2.0, 1.0, 5.0, None, None]))
    assert (
        "3 such rows in 1 series: they are masked. 1 series ends in such rows, and forecasts begin after them"
        in finding.what
    )
    assert "into a table of their own" in finding.remedy


def test_infinite_values(tmp_path):
    path = write(tmp_path / "a.csv", "ds,y\n1,1\n2,inf\n3,-inf\n")
    finding = found("infinite values", path)
    assert (finding.fatal, finding.line) == (True, 3)
    assert finding.what == "column 'y' holds an infinite value; 2 such cells"


def test_rows_without_id(tmp_path):
    finding = found("ids", write(tmp_path / "a.csv", "unique_id,ds,y\na,1,1\n,2,2\n"))
    assert (finding.fatal, finding.line) == (True, 3)
    assert finding.what == "column 'unique_id' says nothing; 1 such row"


def test_unseen_categories():
    frame = table(ds=days(2), y=[1, 2], sky=["rain", "clouds"])
    finding = found("unseen category", frame, Columns(past=["sky"]), categories={"sky": ["cloud", "rain"]})
    assert finding.fatal
    assert finding.what.startswith("column 'sky' holds 'clouds', which was not there in training; 1 row ")
    assert "write one of 'cloud', 'rain'; did you mean 'cloud'?" in finding.remedy


def test_unsorted_rows(tmp_path):
    path = write(tmp_path / "a.csv", "unique_id,ds,y\na,2024-01-02,2\nb,2024-01-01,2\na,2024-01-01,1\nb,2024-01-02,4\n")
    finding = found("order", path)
    assert (finding.fatal, finding.line, finding.series, finding.time) == (False, 4, "a", "2024-01-01")
    assert finding.what == "the row is earlier than the one before it; 1 such row: all rows were sorted"
    interleaved = table(unique_id=["a", "b", "a", "b"], ds=[1, 1, 2, 2], y=[1, 2, 3, 4])
    assert examine(interleaved).findings == []


def test_duplicates(tmp_path):
    path = write(tmp_path / "a.csv", "unique_id,ds,y\na,2024-01-01,2\nb,2024-01-01,2\na,2024-01-01,1\n")
    finding = found("duplicates", path)
    assert (finding.fatal, finding.line, finding.series, finding.time) == (True, 4, "a", "2024-01-01")
    assert finding.what == "1 row with a timestamp that the series has already"
    assert finding.remedy.endswith("frame.drop_duplicates(['unique_id', 'ds'])")
    wide = found("duplicates", table(ds=[1, 2, 2], a=[1, 2, 3], b=[1, 2, 3]), Columns(target="*"))
    assert wide.what.startswith("1 row ")


def test_duplicates_of_a_table_whose_id_column_has_another_name():
    finding = found("duplicates", table(shop=["a", "b"], ds=[1, 1], y=[1, 2]))
    assert finding.what.endswith("there is no column 'unique_id', so that all rows are one series")
    assert finding.remedy.startswith("name the column that says which series a row belongs to (id)")


@pytest.mark.parametrize("twice", ["2024-10-27T02", "2024-11-03T01", "2024-04-07T02"])
def test_duplicates_of_the_autumn_change_of_daylight_saving_time(twice):
    day = twice.partition("T")[0]
    times = sorted([*hours(f"{day}T00", 48), twice])
    finding = found("duplicates", table(unique_id=["a"] * len(times), ds=times, y=range(len(times))))
    assert "the hour that comes twice when daylight saving time ends" in finding.what
    assert f"{twice.replace('T', ' ')}:00+02:00 and then" in finding.remedy
    assert "frame['ds'].dt.tz_localize('Europe/Berlin', ambiguous='infer')" in finding.remedy


@pytest.mark.parametrize("times", [hours("2024-10-27T12", 9), hours("2024-07-07T02", 2), days(2, "2024-10-27")])
def test_other_duplicates_are_not_blamed_on_daylight_saving_time(times):
    twice = [times[0], *times]
    assert (
        "daylight" not in found("duplicates", table(unique_id=["a"] * len(twice), ds=twice, y=range(len(twice)))).what
    )


def test_uneven_steps():
    times = [*hours("2024-01-01T00", 9), "2024-01-01T09:07"]
    finding = found("uneven steps", table(ds=times, y=range(10)))
    assert (finding.fatal, finding.time) == (True, "2024-01-01 09:07")
    assert finding.what.startswith(
        "the timestamp is not a whole number of steps of 'h' after the first of its series, 2024"
    )
    assert "frequency='min' fits all rows" in finding.remedy
    assert "of 'MS' after" in found("uneven steps", table(ds=days(3), y=[1, 2, 3]), frequency="MS").what


def test_local_days_in_utc_are_uneven():
    local = pd.date_range("2024-03-25", periods=9, tz="Europe/Berlin")
    finding = found("uneven steps", pd.DataFrame({"ds": local, "y": range(9)}))
    assert "days or months of local time, write them without zone or offset" in finding.remedy
    assert examine(pd.DataFrame({"ds": local.tz_localize(None), "y": range(9)})).findings == []


def test_two_frequencies():
    frame = table(ds=[*days(20), *hours("2024-01-21T00", 30)], y=range(50))
    finding = found("two frequencies", frame)
    assert (finding.fatal, finding.time) == (True, "2024-01-01")
    assert finding.what == "21 rows from here on are 'D' apart, and most others 'h'"
    assert "set frequency='h'" in finding.remedy
    assert [finding.kind for finding in examine(frame, frequency="h").findings] == ["gaps"]


def test_weekends_and_nights_are_gaps_and_no_second_frequency():
    opening = [hour for day in days(14) for hour in hours(f"{day}T09", 8)]
    frame = table(ds=opening, y=range(len(opening)))
    assert [finding.kind for finding in examine(frame).findings] == ["gaps"]


def test_a_mistyped_year():
    finding = found("sparse series", table(ds=[*days(20), "2042-01-21"], y=range(21)))
    assert (finding.fatal, finding.time) == (True, "2024-01-20")
    assert "the widest gap ends at 2042-01-21" in finding.what
    assert "gaps" in {finding.kind for finding in examine(table(ds=[1, 2, 900], y=[1, 2, 3]), frequency="1").findings}


def test_gaps():
    kept = [step for step in range(20) if step not in (3, 4, 8, 11, 15)]
    frame = table(unique_id=["a"] * 15 + ["b"] * 3, ds=[*kept, 0, 1, 3], y=[float(step) for step in [*kept, 0, 1, 3]])
    finding = found("gaps", frame)
    assert (finding.fatal, finding.series, finding.time) == (False, "a", "2")
    assert finding.what == (
        "6 steps without a row, in 2 series; in this one 2 after 2, 1 after 7, 1 after 10, ...: they count as missing"
    )
    assert finding.remedy == "nothing, or add the rows; where no row means 0, write 0"


def test_frequency_that_cannot_be_found_or_does_not_fit():
    lone = table(unique_id=["a", "b"], ds=days(2), y=[1, 2])
    assert found("frequency", lone).what == "every series has one row only, which shows no frequency"
    assert read_quietly(lone, frequency="D").history.tolist() == [1, 1]
    numbers = found("frequency", table(ds=[1, 2], y=[1, 2]), frequency="D")
    assert numbers.what == "timestamps are whole numbers, which do not go with frequency 'D'"
    assert found("frequency", table(ds=days(2), y=[1, 2]), frequency="1").what.startswith("timestamps are dates")


def test_missing_and_constant_targets():
    frame = table(
        unique_id=["a"] * 3 + ["b"] * 3 + ["c"] * 3,
        ds=[1, 2, 3] * 3,
        y=[None, 7.0, 7.0, 1.0, None, None, 1.0, 2.0, 3.0],
    )
    missing = found("missing target", frame)
    assert (missing.fatal, missing.series, missing.time) == (False, "a", "1")
    assert missing.what.startswith("no target; 3 such rows in 2 series: they are masked. 1 series ends in such rows")
    constant = found("constant series", frame)
    assert (constant.fatal, constant.series) == (False, "a")
    assert constant.what == "the target is always 7; 2 such series of 3"


def test_series_without_target():
    frame = table(unique_id=["a", "a", "b", "b"], ds=[1, 2, 1, 2], y=[1.0, 2.0, None, None])
    finding = found("no target", frame)
    assert (finding.fatal, finding.series) == (True, "b")
    assert finding.what == "the series has no target at all; 1 such series of 2"
    wide = table(ds=[1, 2], a=[1.0, 2.0], b=pl.Series([None, None], dtype=pl.Float64))
    assert found("no target", wide, Columns(target="*")).series == "b"


def test_late_beginnings_of_a_wide_table():
    finding = found("late beginnings", table(ds=[1, 2, 3], a=[1.0, 2.0, 3.0], b=[None, 2.0, 3.0]), Columns(target="*"))
    assert (finding.fatal, finding.series) == (False, "b")
    assert finding.what == "1 series of 2 begin later than the table: the empty cells before are left out"


def test_static_covariates_that_vary(tmp_path):
    path = write(tmp_path / "a.csv", "unique_id,ds,y,k\nb,1,2,8\na,1,1,7\na,2,2,\na,3,3,6\n")
    finding = found("static covariates", path, Columns(static=["k"]))
    assert (finding.fatal, finding.series, finding.line) == (True, "a", 3)
    assert finding.what == "static covariate 'k' has several values in one series; 1 such series"


def test_static_covariates_that_are_missing():
    frame = table(unique_id=["a", "a", "b", "b"], ds=[1, 2, 1, 2], y=[1, 2, 3, 4], k=["x", None, None, None])
    finding = found("missing covariates", frame, Columns(static=["k"]))
    assert (finding.fatal, finding.series) == (False, "b")
    assert finding.what == "static covariate 'k' is missing; 1 such series of 2: it is taken for unknown"
    np.testing.assert_array_equal(read_quietly(frame, Columns(static=["k"])).static, [[1], [np.nan]])


def test_missing_covariates_and_those_that_end_early():
    frame = table(
        unique_id=["a"] * 4 + ["b"] * 2,
        ds=[1, 2, 3, 4, 1, 2],
        y=[1, 2, 3, 4, 5, 6],
        x=[1.0, 2.0, None, None, None, 2.0],
    )
    missing = found("missing covariates", frame, Columns(past=["x"]))
    assert (missing.fatal, missing.series, missing.time) == (False, "a", "3")
    assert missing.what == "covariate 'x' is missing; 3 such rows in 2 series: they are taken for unknown"
    early = found("covariates end early", frame, Columns(past=["x"]))
    assert (early.fatal, early.series, early.time) == (False, "a", "2")
    assert early.what == "covariate 'x' ends here, and the target goes on to 4; 1 such series"
    absent = frame.with_columns(x=pl.when(pl.col("unique_id") == "b").then("x"))
    assert found("covariates end early", absent, Columns(past=["x"])).time is None


def test_short_series_and_gaps_at_the_end():
    frame = table(
        unique_id=["a"] * 9 + ["b"] * 3, ds=[*range(9), 0, 1, 2], y=[*map(float, range(8)), None, 1.0, 2.0, 4.0]
    )
    panel = read_quietly(frame)
    (short,) = check_lengths(panel, look_back=4, horizon=3)
    assert (short.fatal, short.series) == (False, "b")
    assert short.what == (
        "the series has 3 steps, less than look-back 4 + horizon 3 = 7; 1 such series of 2: their windows are padded, "
        "and 1 series of at most 3 steps give none to train on"
    )
    (last,) = check_last_window(panel, look_back=4)
    assert (last.fatal, last.series) == (False, "a")
    assert last.what == "1 of the last 4 targets, on which the next forecast rests, are missing; 1 such series"
    assert check_lengths(panel, 2, 1) == check_last_window(panel.head(-1), 4) == []


def test_all_that_is_fatal_in_one_reading_is_found_together():
    frame = table(ds=["2024-01-01", "2024-01-01"], y=["x", "2"], z=["inf", "1"])
    kinds = [finding.kind for finding in examine(frame, Columns(past=["z"])).findings]
    assert kinds == ["text among numbers", "infinite values", "duplicates"]
