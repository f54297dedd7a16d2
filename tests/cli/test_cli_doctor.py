"""`sightline doctor`: what is in a file of time series, what is wrong with it, and by what status it ends."""

import json

import pytest


@pytest.fixture
def sales(tmp_path):
    path = tmp_path / "sales.csv"
    rows = [f"{shop},2024-01-{day:02},{day},{day % 3},north" for shop in "ab" for day in range(1, 21) if day != 8]
    path.write_text("\n".join(["shop,day,sold,price,region", *rows]))
    return path


def test_a_file_that_is_fit_for_use(cli, sales):
    words = ["--id", "shop", "--time", "day", "--target", "sold", "--future", "price", "--static", "region"]
    plain = cli("doctor", sales, *words, "--look-back", 7, "--horizon", 3)
    assert (plain.code, plain.err) == (0, "")
    figures, notes = plain.out.split("\n\n")
    assert figures.splitlines()[:5] == [
        "series       2",
        "frequency    D",
        "seasonality  7",
        "start        2024-01-01",
        "end          2024-01-20",
    ]
    assert "categories   region 1" in figures
    assert "windows      34" in figures
    assert notes.startswith(
        f"note: gaps\n  {sales}, line 8: series 'a' at 2024-01-07: 2 steps without a row, in 2 series"
    )


def test_all_of_it_as_json(cli, sales):
    words = ["--id", "shop", "--time", "day", "--target", "sold", "--past", "price,region", "--categorical", "price"]
    outcome = cli("doctor", sales, *words, "--horizon", 30, "--look-back", 7, "--json")
    facts = json.loads(outcome.out)
    assert (facts["series"], facts["missing"], facts["windows"]) == (2, 2, 0)
    assert facts["categories"] == {"price": 3, "region": 1}
    kinds = {finding["kind"]: finding for finding in facts["findings"]}
    assert (
        {"gaps", "short series", "gaps at the end"} >= set(kinds) - {"missing covariates"} >= {"gaps", "short series"}
    )
    assert kinds["gaps"]["line"] == 8
    assert kinds["gaps"]["message"].startswith(f"{sales}, line 8: series 'a'")


def test_a_wide_file_without_anything_to_mend(cli, tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text("date,a,b\n" + "".join(f"2024-01-01 {hour:02}:00,{hour},{-hour}\n" for hour in range(24)))
    for target in ("*", "a,b"):
        outcome = cli("doctor", path, "--time", "date", "--target", target)
        assert outcome.code == 0
        assert outcome.out.startswith("series       2\nfrequency    h\n")
        assert outcome.out.endswith("\nnothing to mend\n")


def test_a_file_that_cannot_be_used_ends_with_status_1(cli, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("ds,y,z\n2024-01-01,x,1\n2024-01-01,2,2\n")
    outcome = cli("doctor", path)
    assert outcome.code == 1
    errors = [line for line in outcome.out.splitlines() if line.startswith(("error", "note"))]
    assert errors == ["error: text among numbers", "error: duplicates", "note: unused columns"]
    assert "line 2: column 'y' holds 'x' where a number is expected" in outcome.out
    as_json = cli("doctor", path, "--json")
    assert (as_json.code, len(json.loads(as_json.out)["findings"])) == (1, 3)


def test_what_cannot_be_asked(cli, sales, tmp_path):
    assert "no such file" in cli("doctor", tmp_path / "none.csv").err
    assert "--look-back and --horizon go together" in cli("doctor", sales, "--horizon", 3).err
    assert "column 'y' is named twice" in cli("doctor", sales, "--past", "y").err
    assert "unknown frequency 'W-SUN'" in cli("doctor", sales, "--frequency", "W-SUN").err
