"""Forecasts by the command line: in one go, and by train, predict, info; what users get wrong; pictures."""

import io
import json
import math
import re
import shutil
import signal
import subprocess
from datetime import datetime

import matplotlib.image
import polars as pl
import pytest
from cli_runs import SIGHTLINE

HORIZON, LENGTH = 5, 90
SHORT = ("--horizon", HORIZON, "--look-back", 16, "--threads", 1, "--set", "training.epochs=2")
SALES = ("--id", "shop", "--time", "day", "--target", "sold")


def sales(path, shops):
    """Weekly waves of 90 days, one of them without a row; the price is known ahead."""
    days = pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 3, 30), eager=True)
    rows = [
        f"{shop},{day},{10 * n + 3 * math.sin(2 * math.pi * step / 7):.3f},{step % 3}"
        for n, shop in enumerate(shops, 1)
        for step, day in enumerate(days)
        if step != 8
    ]
    path.write_text("\n".join(["shop,day,sold,price", *rows]) + "\n")
    return path


def steps(path, count):
    path.write_text("ds,y\n" + "".join(f"{step},{math.sin(step / 3):.4f}\n" for step in range(count)))
    return path


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return steps(tmp_path_factory.mktemp("series") / "steps.csv", LENGTH)


@pytest.fixture(scope="module")
def forecaster(table, tmp_path_factory):
    """A model's folder, and what its training said."""
    folder = tmp_path_factory.mktemp("forecaster") / "model"
    words = ["train", "forecast", "--data", table, "-o", folder, *SHORT]
    done = subprocess.run([SIGHTLINE, *map(str, words)], capture_output=True, text=True, check=True)
    return folder, done.stdout


def test_forecast_in_one_go(cli, tmp_path):
    path, out = sales(tmp_path / "sales.csv", ("a/b", "Zürich")), tmp_path / "out"
    ahead = pl.date_range(pl.date(2024, 3, 31), pl.date(2024, 4, 4), eager=True)
    future = tmp_path / "future.csv"
    future.write_text("shop,day,price\n" + "".join(f"{shop},{day},1\n" for shop in ("a/b", "Zürich") for day in ahead))
    words = ("forecast", path, *SALES, "--future", "price", "--future-data", future, "--calendar", "dayofweek")
    words += ("--level", 80, "--level", 95, "--windows", 2, "--baseline", "theta", "-o", out, *SHORT)
    outcome = cli(*words)
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert [line for line in lines if "steps without a row" in line] == lines[:1]  # once, though it is read thrice
    assert "backtest of 2 windows, 5 steps each, 2 series" in lines
    begin = next(n for n, line in enumerate(lines) if line.split() == ["MAE", "MASE", "sMAPE", "skill"])
    names = [line[:16].strip() for line in lines[begin + 1 : begin + 7]]
    assert names == ["forecast", "naive", "seasonal naive", "drift", "ridge", "theta"]
    assert sum(line.startswith("intervals of ") for line in lines) == 2
    assert lines[-1].startswith(f"the model is in {out / 'model'}: try  sightline predict")

    frame = pl.read_csv(out / "forecast.csv", try_parse_dates=True)
    assert frame.columns == ["shop", "day", "forecast", "lo-95", "lo-80", "hi-80", "hi-95"]
    assert frame["day"].to_list() == [*ahead, *ahead]
    assert (frame["lo-95"] <= frame["lo-80"]).all()
    backtest = pl.read_csv(out / "backtest.csv")
    assert len(backtest) == 2 * 2 * HORIZON
    assert {"shop", "cutoff", "day", "sold", "forecast", "seasonal_naive"} <= set(backtest.columns)
    names = {each.name for each in out.iterdir()}
    pictures = {"forecast-a-b.png", "forecast-Zürich.png", "backtest.png", "error-by-step.png", "attention.png"}
    assert names == {"forecast.csv", "backtest.csv", "report.html", "model", *pictures}
    page = (out / "report.html").read_text()
    assert page.count('<img src="data:image/png;base64,') == len(pictures)
    assert "steps without a row" in page
    assert re.search(r"<th scope=.row.>95 %</th><td>[\d.]+%</td>", page)
    for name in pictures:
        assert len({*matplotlib.image.imread(out / name)[..., 0].ravel().tolist()}) > 5

    assert f"{out}: the folder holds a forecast: write over it by --overwrite" in cli(*words).err
    assert cli(*words, "--overwrite", "--quiet") == (0, "", "")
    options = ("--input", path, "--future-data", future, "--level", 95, "--level", 80)
    again = cli("predict", out / "model", *options)
    assert again.out == (out / "forecast.csv").read_text()


def test_a_series_that_never_changes_has_no_skill_but_a_forecast(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pl.DataFrame({"ds": range(60), "y": [5.0] * 60}).write_csv("flat.csv")
    outcome = cli("forecast", "flat.csv", "-o", "out", *SHORT)
    assert outcome.code == 0, outcome.err
    assert re.search(r"^forecast +\S+ +– +\S+ +–$", outcome.out, re.MULTILINE)
    assert pl.read_csv("out/forecast.csv")["forecast"].to_list() == pytest.approx([5.0] * HORIZON, abs=1e-3)


def test_time_zones_are_kept(cli, tmp_path, monkeypatch):
    """Over the end of daylight saving time; without a name of the zone in UTC, which is told."""
    monkeypatch.chdir(tmp_path)
    times = pl.datetime_range(datetime(2024, 10, 23), datetime(2024, 10, 27), "1h", time_zone="UTC", eager=True)
    local = times.dt.convert_time_zone("Europe/Berlin").dt.strftime("%Y-%m-%d %H:%M:%S%:z")
    pl.DataFrame({"ds": local, "y": [float(i % 24) for i in range(len(times))]}).write_csv("zoned.csv")
    for zone, first in (("Europe/Berlin", "2024-10-27 02:00:00+01:00"), ("null", "2024-10-27 01:00:00+00:00")):
        options = ("--set", f"data.time_zone={zone}", "--calendar", "hour", "--overwrite")
        outcome = cli("forecast", "zoned.csv", "-o", "out", *SHORT, *options)
        assert outcome.code == 0, outcome.err
        assert ("forecasts and the calendar are in UTC" in outcome.out) == (zone == "null")
        assert pl.read_csv("out/forecast.csv", infer_schema=False)["ds"][0] == first
        last = pl.read_csv("out/backtest.csv", infer_schema=False)["ds"][-1]
        assert last == (local[-1] if zone != "null" else "2024-10-27 00:00:00+00:00")


def test_train_predict_and_info(cli, table, forecaster):
    folder, told = forecaster
    assert told.splitlines()[0].startswith("series: 1 of 90 steps of 1, 90 observed")
    assert told.endswith(f"the model is in {folder}: try  sightline predict {folder} --input {table}\n")
    outcome = cli("predict", folder, "--input", table, "--level", 90)
    assert (outcome.code, outcome.err) == (0, "")
    frame = pl.read_csv(io.StringIO(outcome.out))
    assert frame.columns == ["unique_id", "ds", "forecast", "lo-90", "hi-90"]
    assert frame["ds"].to_list() == list(range(LENGTH, LENGTH + HORIZON))
    rows = cli("predict", folder, "--input", table, "--json").out.splitlines()
    assert json.loads(rows[0])["ds"] == LENGTH
    facts = json.loads(cli("info", folder, "--json").out)
    assert (facts["task"], facts["model"], facts["horizon"], facts["series"]) == ("forecast", "patches", HORIZON, 1)
    assert facts["config"]["look_back"] == 16
    assert "horizon        5\n" in cli("info", folder).out


def test_explain(cli, table, forecaster, tmp_path):
    folder, _ = forecaster
    shown = cli("explain", folder, "--input", table)
    frame = pl.read_csv(io.StringIO(shown.out))
    assert frame.columns == ["unique_id", "cutoff", "step", "ds", "variable", "weight"]
    assert len(frame) == HORIZON * 16
    assert frame.group_by("step").agg(pl.col("weight").sum())["weight"].to_list() == pytest.approx([1.0] * HORIZON)
    assert re.search(r"^y: attention (not )?(supported|weak): .*standard deviations of what it saw$", shown.err, re.M)
    assert len(cli("explain", folder, "--input", table, "--json").out.splitlines()) == len(frame)
    assert cli("explain", folder, "--input", table, "-o", tmp_path / "used.csv").code == 0
    assert (tmp_path / "used.csv").read_text() == shown.out
    assert cli("explain", folder, "--input", table, "-o", tmp_path / "used.png").code == 0
    assert (tmp_path / "used.png").read_bytes().startswith(b"\x89PNG")
    assert cli("explain", folder, "--input", table, "-o", tmp_path / "used.html").code == 0
    page = (tmp_path / "used.html").read_text()
    assert "What it used of the past" in page
    assert "attention" in page
    assert page.count("<img") == 1
    summed = cli("explain", folder, "--input", table, "--summary")
    assert summed.out.startswith("inputs attended to: 1; entropy ")
    assert re.search(r"^most of all on: y \d+ back \d+", summed.out, re.M)
    told = json.loads(cli("explain", folder, "--input", table, "--summary", "--json", "--no-verdict").out)
    by_step = frame.group_by("ds").agg(pl.col("weight").mean()).sort("ds")["weight"].to_list()
    assert [told["names"][f"y {back} back"] for back in range(16, 0, -1)] == pytest.approx(by_step, rel=1e-4)
    assert sum(told["tenths"]) == pytest.approx(1)
    assert not told["verdicts"]


def test_compare(cli, table, forecaster, tmp_path):
    folder, _ = forecaster
    assert "is named twice" in cli("compare", folder, folder, "--input", table).err
    assert "two models at least" in cli("compare", folder, "--input", table).err
    other = shutil.copytree(folder, tmp_path / "other")
    shown = cli("compare", folder, other, "--input", table, "--no-verdict")
    assert shown.out.startswith("y\n")
    assert "the same answer, attention differs by 0.00 of 1" in shown.out
    assert shown.err == "the same answer to 1 of 1; attention differs by 0.00 of 1 in the mean\n"
    assert cli("compare", folder, other, "--input", table, "-o", tmp_path / "both.html").code == 0
    page = (tmp_path / "both.html").read_text()
    assert f"y, by {other}" in page
    assert "y: the same answer, attention differs by 0.00 of 1" in page
    assert "<title>1 input, 2 models</title>" in page
    assert "leave out --output" in cli("compare", folder, other, "--input", table, "-o", "a.html", "--json").err
    assert "name the series up to now" in cli("compare", folder, other).err


def test_evaluate_what_came_since_training(cli, forecaster, tmp_path):
    folder, _ = forecaster
    later = steps(tmp_path / "later.csv", LENGTH + 3 * HORIZON)
    outcome = cli("evaluate", folder, "--data", later, "--level", 90)
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert lines[0] == "3 forecasts of 1 series since training"
    assert [line.split()[0] for line in lines[2:6]] == ["forecast", "naive", "seasonal", "drift"]
    assert lines[-1].startswith("intervals of 90%: ")
    figures = json.loads(cli("evaluate", folder, "--data", later, "--level", 90, "--json").out)
    assert figures["forecasts"] == 3
    assert set(figures["forecast"]) == {"mae", "mse", "mase", "smape", "coverage-90", "width-90", "skill"}


def test_train_from_a_file_and_go_on(cli, table, tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text(
        f"task: forecast\noutput: {tmp_path / 'm'}\nhorizon: 3\nlook_back: 12\ndata: {{train: {table}}}\n"
        "model: {type: segments, width: 8}\ntraining: {epochs: 1}\n"
    )
    assert cli("train", config, "--threads", 1, "--quiet") == (0, "", "")
    facts = json.loads(cli("info", tmp_path / "m", "--json").out)
    assert (facts["model"], facts["config"]["line"]) == ("segments", "auto")
    own = cli("train", tmp_path / "m" / "config.yaml", "--resume", "--set", "training.epochs=2", "--threads", 1)
    assert (own.code, "resuming after update" in own.err) == (0, True)


def test_ctrl_c_ends_with_status_130_and_one_line(table, tmp_path):
    words = ["forecast", table, *SHORT, "--set", "training.epochs=100000", "--set", "training.patience=null"]
    with subprocess.Popen(
        [SIGHTLINE, *map(str, words), "-o", tmp_path / "out"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout.readline().startswith("backtest: training on what came before the last 3 windows")
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert err.splitlines()[-1] == f"stopped before the end: {tmp_path / 'out'} holds nothing yet"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("none.csv",), "none.csv: there is no such file"),
        (("steps.csv", "--target", "z"), "steps.csv: there is no column 'z'"),
        (
            ("steps.csv", "--windows", 30),
            "series 'y' has 90 steps, and a backtest of 30 windows forecasts the last 150",
        ),
        (("short.csv", "--windows", 1), "the longest series has 9 steps, and to train and validate a forecast of 5"),
        (("steps.csv", "--level", 0.9, "--level", 120), "level 0.9, 120: give each once, in per cent"),
        (("steps.csv", "--calendar", "hour"), "whole numbers for timestamps have no calendar"),
        (("steps.csv", "--set", "model.widht=3"), "unknown key 'model.widht': did you mean 'model.width'?"),
        (("steps.csv", "--future", "p"), "steps.csv: there is no column 'p'"),
        (("steps.csv", "-o", "."), ".: the folder holds files that are no forecast of ours: name another folder"),
        (("steps.csv", "-o", "steps.csv"), "steps.csv: a file stands where the folder is to be: name another"),
    ],
)
def test_what_cannot_be_forecast(cli, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    steps(tmp_path / "steps.csv", LENGTH)
    steps(tmp_path / "short.csv", 14)
    outcome = cli("forecast", "-o", "out", *SHORT, *words)
    assert outcome.code == 1
    assert outcome.err.startswith(f"error: {message}")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("forecast", "-o", "m", "--horizon", 3), "what should it learn from? give --data, or 'data: train:' in the"),
        (("forecast", "-o", "m", "--data", "d.csv"), "the key 'horizon' is missing"),
        (("forecast", "--tokenizer", "char"), "--tokenizer is no option of the task 'forecast'"),
        (("translate", "--look-back", 3), "--look-back is no option of the task 'translate'"),
        (("c.yaml",), "c.yaml: the task is 'compose', and those that exist are translate, forecast, classify"),
    ],
)
def test_training_options_of_another_task(cli, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text("task: compose\n")
    outcome = cli("train", *words)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith(f"error: {message}")


def test_verbs_of_another_task(cli, table, forecaster, model):
    folder, _ = forecaster
    pairs = ("--source", table, "--target", table)
    assert "--beam and --pieces are for translations" in cli("explain", folder, "--pieces").err
    assert "name the series up to now by --input data.csv" in cli("explain", folder).err
    assert "name a .csv, .png, .svg or .html file" in cli("explain", folder, "--input", table, "-o", "used.pdf").err
    assert "--future-data is for forecasts" in cli("explain", model, "--future-data", table, stdin=b"aea").err
    assert "what came since training? name the series up to now by --data" in cli("evaluate", folder).err
    assert "--source, --target, --metric and options of decoding are for tr" in cli("evaluate", folder, *pairs).err
    assert "an evaluation takes the 5 steps after what was known" in cli("evaluate", folder, "--data", table).err
    assert "--level is for forecasts" in cli("evaluate", model, *pairs, "--level", 90).err
    assert "name the series up to now by --input data.csv" in cli("predict", folder).err
    assert "--beam, --method, --n-best and --set are for translations" in cli("predict", folder, "--beam", 2).err
    assert "--level and --future-data are for forecasts" in cli("predict", model, "--level", 90, stdin=b"aea\n").err
