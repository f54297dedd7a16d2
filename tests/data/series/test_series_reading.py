"""Tables as panels: the same from every source and form; timestamps, covariates and categories of every kind."""

import gzip
from datetime import date, datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from series_toys import days, found, read_quietly, table, write

from sightline.data.series import Columns, Finding, Frequency, Panel, examine, read_series
from sightline.errors import ConfigError, DataError

FULL = Columns("shop", "day", "sold", past=["visits"], future=["price", "feast"], static=["region", "size"])
ROWS = """shop,day,sold,visits,price,feast,region,size
b,2024-01-01,1.5,10,2,False,north,7
b,2024-01-02,,11,2,True,north,7
a,2024-01-01,3,12,4.5,False,south,9
b,2024-01-03,5,13,3,False,north,7
a,2024-01-03,7,NA,5,False,south,9
"""


def same(one: Panel, other: Panel) -> bool:
    arrays = ("starts", "offsets", "history", "target", "past", "future", "static")
    facts = ("ids", "frequency", "categories", "calendar")
    return all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=getattr(one, name).dtype.kind == "f")
        for name in arrays
    ) and all(getattr(one, name) == getattr(other, name) for name in facts)


@pytest.fixture
def full(tmp_path) -> Panel:
    return read_quietly(write(tmp_path / "rows.csv", ROWS), FULL)


def test_what_a_table_becomes(full):
    nan = np.nan
    assert full.ids == ("b", "a")
    assert full.offsets.tolist() == [0, 3, 6]
    assert full.history.tolist() == [3, 3]
    np.testing.assert_array_equal(full.target, [1.5, nan, 5, 3, nan, 7])
    np.testing.assert_array_equal(full.past, [[10], [11], [13], [12], [nan], [nan]])
    np.testing.assert_array_equal(full.future, [[2, 1], [2, 2], [3, 1], [4.5, 1], [nan, nan], [5, 1]])
    np.testing.assert_array_equal(full.static, [[1, 7], [2, 9]])
    assert full.categories == {"feast": ("false", "true"), "region": ("north", "south")}
    assert str(full.frequency) == "D"
    assert str(full.timestamps(1)[-1]) == "2024-01-03T00:00:00.000000"


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("a.csv", lambda text: text.replace("\n", "\r\n")),
        ("a.txt", lambda text: "\ufeff" + text.replace(",", ";") + "\n\n"),
        ("a.tsv", lambda text: text.replace(",", "\t").removesuffix("\n")),
        ("a b.csv", lambda text: text.replace("a,", '"a",').replace("11", " 11 ").replace("2024-01-03", " 2024-01-03")),
        ("a[1].csv", lambda text: text.replace("2024-01-03", "2024-01-03 00:00:00.0").replace("NA", "nan")),
    ],
)
def test_every_spelling_of_a_csv_file_gives_the_same(name, change, full, tmp_path):
    path = tmp_path / name
    path.write_bytes(change(ROWS).encode())
    assert same(read_quietly(path, FULL), full)
    path.write_bytes(gzip.compress(change(ROWS).encode()))
    assert same(read_quietly(str(path), FULL), full)


def test_pandas_polars_and_parquet_give_the_same(full, tmp_path):
    (tmp_path / "a.csv").write_text(ROWS)
    parsed = pl.read_csv(tmp_path / "a.csv", try_parse_dates=True, null_values="NA")
    assert (parsed["day"].dtype, parsed["feast"].dtype) == (pl.Date, pl.Boolean)
    cast = parsed.with_columns(pl.col("day").cast(pl.Datetime("ns")), pl.col("region").cast(pl.Categorical))
    for frame in (parsed, cast):
        frame.write_parquet(tmp_path / "a.parquet")
        for source in (frame, tmp_path / "a.parquet"):
            assert same(read_quietly(source, FULL), full)
    plain = pd.read_csv(tmp_path / "a.csv")
    assert same(read_quietly(plain, FULL), full)
    objects = plain.assign(day=[date.fromisoformat(day) for day in plain["day"]], sold=plain["sold"].astype(object))
    typed = plain.assign(
        day=pd.to_datetime(plain["day"]),
        region=plain["region"].astype("category"),
        visits=plain["visits"].astype("Int64"),
    )
    for frame in (objects, typed, typed.set_index("sold").reset_index()):
        assert same(read_quietly(frame, FULL), full)


def test_wide_is_long(tmp_path):
    wide = table(date=days(4), a=[1.0, 2.0, 3.0, 4.0], b=[None, 5.0, None, 6.0], heat=[7.0, 8.0, 9.0, 10.0])
    long = (
        wide.unpivot(["a", "b"], index=["date", "heat"], variable_name="unique_id", value_name="y")
        .filter((pl.col("unique_id") == "a") | (pl.col("date") > "2024-01-01"))
        .rename({"date": "ds"})
    )
    expected = read_quietly(long, Columns(future=["heat"]))
    wide.write_csv(tmp_path / "wide.csv")
    for target in ("*", ["a", "b"]):
        columns = Columns(time="date", target=target, future=["heat"])
        for source in (wide, tmp_path / "wide.csv", wide.reverse(), pd.DataFrame(wide.to_dict(as_series=False))):
            assert same(read_quietly(source, columns), expected)


def test_rows_in_any_order_give_the_same(full, tmp_path):
    head, *rows = ROWS.splitlines()
    path = write(tmp_path / "a.csv", "\n".join([head, *rows[::-1]]))
    mixed = read_quietly(path, FULL)
    assert mixed.ids == ("a", "b")
    np.testing.assert_array_equal(mixed.target, np.roll(full.target, 3))


def test_without_ids_there_is_one_series_named_as_the_target():
    panel = read_series(table(ds=[3, 4, 5], y=[1, 2, 4]))
    assert panel.ids == ("y",)
    assert panel.timestamps(0).tolist() == [3, 4, 5]


@pytest.mark.parametrize("ids", [[7, 7, 8, 8], ["7", "7", "8", "8"]])
def test_ids_are_texts(ids):
    assert read_series(table(unique_id=ids, ds=days(2) * 2, y=[1.0, 2.0, 3.0, 5.0])).ids == ("7", "8")


@pytest.mark.parametrize(
    ("times", "start"),
    [
        (["2024-01-01", "2024-01-02", "2024-01-03"], "2024-01-01"),
        (["2024-01-01T00:00Z", "2024-01-02T00:00Z", "2024-01-03T00:00Z"], "2024-01-01"),
        (["2024-01-01 01:00:00+02:00", "2024-01-02 00:00:00+01:00", "2024-01-03 00:00+0100"], "2023-12-31T23:00"),
        (["2024-01-01T00:30-05:30", "2024-01-02T00:30-05:30", "2024-01-03T00:30-05:30"], "2024-01-01T06:00"),
        (
            ["2024-01-01 00:00:00.25", "2024-01-02 00:00:00.250000", "2024-01-03 00:00:00.250000000"],
            "2024-01-01T00:00:00.25",
        ),
        (["2024-01-01T07", "2024-01-02 07", "2024-01-03T07:00"], "2024-01-01T07"),
        ([datetime(2024, 1, 1, 7), datetime(2024, 1, 2, 7), datetime(2024, 1, 3, 7)], "2024-01-01T07:00"),
        ([date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 3)], "2024-01-01"),
    ],
)
def test_dates_and_datetimes(times, start):
    for frame in (table(ds=times, y=[1, 2, 4]), pd.DataFrame({"ds": times, "y": [1, 2, 4]})):
        panel = read_series(frame, say=lambda finding: None)
        assert panel.starts[0] == np.datetime64(start, "us")
        assert str(panel.frequency) == "D"


def test_zones_are_converted_to_utc_and_remembered():
    times = pd.date_range("2024-10-26", periods=60, freq="h", tz="Europe/Berlin")
    panel = read_series(pd.DataFrame({"ds": times, "y": range(60)}))
    assert panel.starts[0] == np.datetime64("2024-10-25T22:00")
    assert str(panel.frequency) == "h"
    assert panel.zone == "Europe/Berlin"
    polars = table(ds=times.to_list(), y=range(60))
    assert polars["ds"].dtype.time_zone == "Europe/Berlin"
    assert same(read_series(polars), panel)
    texts = polars.with_columns(pl.col("ds").dt.to_string("iso:strict"))
    found: list[Finding] = []
    assert read_series(texts, say=found.append).zone == "UTC"
    assert [(each.kind, each.fatal) for each in found] == [("time zones", False)]
    assert same(read_series(texts, time_zone="Europe/Berlin"), panel)


def test_the_calendar_goes_by_the_clock_of_the_zone():
    """Seven in the morning on either side of the end of daylight saving time."""
    times = pd.date_range("2024-10-26", periods=60, freq="h", tz="Europe/Berlin")
    panel = read_series(pd.DataFrame({"ds": times, "y": range(60)}))
    local = panel.clock(panel.timestamps(0))
    assert [str(time) for time in local[[0, 26, 27, 28]].astype("datetime64[m]")] == [
        *("2024-10-26T00:00", "2024-10-27T02:00", "2024-10-27T02:00", "2024-10-27T03:00"),
    ]
    waves = panel.with_calendar("hour").future
    np.testing.assert_allclose(waves[7], waves[32])
    utc = read_series(pd.DataFrame({"ds": times.tz_convert("UTC"), "y": range(60)})).with_calendar("hour").future
    np.testing.assert_allclose(utc[7], utc[31])


@pytest.mark.parametrize(
    ("zone", "times", "error", "message"),
    [
        ("Europe/Berlinn", ["2024-01-01T00:00Z", "2024-01-02T00:00Z"], ConfigError, "no time zone 'Europe/Berlinn'"),
        ("Europe/Berlin", ["2024-01-01", "2024-01-02"], DataError, "they cannot be told in Europe/Berlin"),
    ],
)
def test_zones_that_cannot_be(zone, times, error, message):
    with pytest.raises(error, match=message):
        read_series(table(ds=times, y=[1, 2]), time_zone=zone)


def test_decimal_commas_where_semicolons_part_the_cells(tmp_path):
    path, found = tmp_path / "a.csv", []
    path.write_text("ds;y;p\n2024-01-01;1.234,5;1\n2024-01-02;-7;2,5\n2024-01-03;;3\n")
    panel = read_series(path, Columns(past=("p",)), say=found.append)
    np.testing.assert_array_equal(panel.target, [1234.5, -7, np.nan])
    np.testing.assert_array_equal(panel.past[:, 0], [1, 2.5, 3])
    assert [each.kind for each in found].count("decimal commas") == 2
    path.write_text("ds;y\n2024-01-01;1,234.5\n2024-01-02;7\n")
    with pytest.raises(DataError, match=r"holds '1,234\.5' where a number is expected"):
        read_series(path)
    path.write_text('ds,y\n2024-01-01,"1,5"\n2024-01-02,7\n')
    with pytest.raises(DataError, match=r"pandas\.read_csv\(\.\.\., decimal=','\)"):
        read_series(path)


def test_bad_dates_do_not_hide_bad_numbers(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("ds,y,p\n1.1.24,1,x\n2.1.24,oops,3\n")
    kinds = [each.kind for each in examine(path, Columns(past=("p",))).findings if each.fatal]
    assert kinds == ["timestamps", "text among numbers", "text among numbers"]


@pytest.mark.parametrize("values", [["1949", "1950", "1951"], [1949.0, 1950.0, 1951.0], [1949, 1950, 1951]])
def test_whole_numbers_of_every_type(values):
    panel = read_series(table(ds=values, y=[1, 2, 4]))
    assert panel.starts.tolist() == [1949]
    assert panel.frequency == Frequency("integer", 1)


def test_months_without_day(tmp_path):
    assert str(read_series(write(tmp_path / "a.csv", "ds,y\n1949-01,1\n1949-02,2\n1949-03,4\n")).frequency) == "MS"


def test_a_frequency_that_is_asked_for_is_taken():
    frame = table(ds=["2024-01-01", "2024-01-03", "2024-01-05"], y=[1, 2, 4])
    assert str(read_series(frame).frequency) == "2D"
    daily = read_quietly(frame, frequency="D")
    np.testing.assert_array_equal(daily.target, [1, np.nan, 2, np.nan, 4])
    assert same(daily, read_quietly(frame, frequency=Frequency.parse("D")))


@given(kept=st.lists(st.sets(st.integers(0, 19), min_size=2), min_size=1, max_size=4), seed=st.integers(0, 99))
def test_any_rows_lie_where_their_timestamps_say(kept, seed):
    """Against a loop over a dictionary."""
    rows = [(f"s{i}", step, i + step / 32) for i, steps in enumerate(kept) for step in sorted(steps)]
    rows = [rows[i] for i in np.random.default_rng(seed).permutation(len(rows))]
    ids, steps, values = zip(*rows, strict=True)
    start = np.datetime64("2024-01-05")
    frame = table(unique_id=ids, ds=pl.Series(start + np.array(steps)), y=values)
    panel = read_quietly(frame, frequency="D")
    for number, name in enumerate(panel.ids):
        own = {step: value for id, step, value in rows if id == name}
        expected = [own.get(step, np.nan) for step in range(min(own), max(own) + 1)]
        np.testing.assert_array_equal(panel.target[panel.offsets[number] : panel.offsets[number + 1]], expected)
        assert panel.starts[number] == start + min(own)


def test_numbers_that_are_names():
    frame = table(ds=days(3), y=[1, 2, 4], kind=[30, 4, 30])
    assert read_series(frame, Columns(past=["kind"])).past.tolist() == [[30], [4], [30]]
    named = read_series(frame, Columns(past=["kind"], categorical=["kind"]))
    assert named.categories == {"kind": ("30", "4")}
    assert named.past.tolist() == [[1], [2], [1]]


def test_saved_categories_give_the_same_codes():
    columns = Columns(past=["sky"], future=["heat"])
    known = {"sky": ("clear", "rain", "snow")}
    frame = table(ds=days(3), y=[1, 2, 4], sky=["snow", "rain", "snow"], heat=[1, 2, 3])
    panel = read_series(frame, columns, categories=known)
    assert panel.past.tolist() == [[3], [2], [3]]
    assert panel.categories == known
    numbers = found("text among numbers", frame, columns, categories={})
    assert "column 'sky' holds 'snow' where a number is expected; 3 such cells" in numbers.what


def test_findings_that_are_not_fatal_become_warnings_of_the_caller():
    frame = table(ds=[1, 2, 4, 5], y=[1, 2, 4, 5])
    with pytest.warns(UserWarning, match="1 step without a row") as caught:
        read_series(frame)
    assert caught[0].filename == __file__


def test_the_first_fatal_finding_is_raised_with_its_file_and_line_and_the_others_are_counted(tmp_path):
    path = write(tmp_path / "a.csv", "ds,y,z\n2024-01-01,1,1\n2024-01-02,x,inf\n")
    with pytest.raises(DataError) as caught:
        read_series(path, Columns(past=["z"]))
    assert (caught.value.path, caught.value.line) == (str(path), 3)
    assert str(caught.value).startswith(f"{path}, line 3: column 'y' holds 'x' where a number is expected")
    assert str(caught.value).endswith("(1 more problem: `sightline doctor` lists them all)")


@pytest.mark.parametrize(
    ("name", "content", "line", "words"),
    [
        ("none.csv", None, None, "no such file"),
        ("none.parquet", None, None, "no such file"),
        ("a.csv", b"", None, "empty"),
        ("a.csv", b"ds,y\n1,\xff\n", 2, "not UTF-8"),
        ("a.csv", b"d\xe9s,y\n1,2\n", 1, "not UTF-8"),
        ("a.csv", "ds,y\n1,2\n".encode("utf-16"), 1, "UTF-16"),
        ("a.csv", gzip.compress(b"ds,y\n" * 99, mtime=0)[:-9], None, "damaged"),
        ("a.csv", b"ds,y\n1,2\n2,1,5\n", 3, "the line has 3 cells, and the header has 2: put texts with ','"),
        ("a.csv", b'ds,y\n1,2\n2,"1\n', None, "cannot be read as CSV"),
        ("a.csv", b"ds,y,y\n1,2,3\n", 1, "two columns are named 'y'"),
        ("a.parquet", b"ds,y\n1,2\n", None, "cannot be read as Parquet"),
    ],
)
def test_files_that_are_no_tables(name, content, line, words, tmp_path):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=words) as caught:
        read_series(path)
    assert (caught.value.path, caught.value.line) == (str(path), line)


def test_sources_that_are_no_tables():
    with pytest.raises(DataError, match="expected a path or a pandas or polars data frame, found dict"):
        read_series({"ds": [1], "y": [2]})
    with pytest.raises(DataError, match=r"found LazyFrame: call its \.collect"):
        read_series(table(ds=[1], y=[2]).lazy())
    with pytest.raises(DataError, match="two columns of the data frame have the same name"):
        read_series(pd.DataFrame([[1, 2, 3]], columns=["ds", "y", "y"]))


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"past": ["y"]}, "column 'y' is named twice, as target and as past"),
        ({"future": ["a"], "static": ["a"]}, "column 'a' is named twice, as future and as static"),
        ({"time": ""}, "a time column has no name"),
        ({"target": ["a", "b"], "static": ["c"]}, "static covariates \\['c'\\] beside several targets"),
        ({"past": ["sky"], "categorical": ["Sky"]}, "is no covariate.*did you mean 'sky'"),
    ],
)
def test_columns_that_make_no_sense(columns, words):
    with pytest.raises(ConfigError, match=words):
        Columns(**columns)
