"""What forecasters take on the command line, and what they give: series in tables."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import Any

import polars as pl

from sightline.data.series import Panel
from sightline.errors import ConfigError
from sightline.tasks.forecast import ForecastConfig, Forecaster, ForecastExplanation
from sightline.tasks.forecast.backtest import Backtest

__all__ = [
    "KEYS",
    "backtest_notes",
    "begin",
    "column_keys",
    "complete",
    "csv_of",
    "error_cells",
    "error_lines",
    "rival_of",
    "spoken",
    "spoken_verdicts",
    "usage",
]

# Options, and which key of the configuration each sets.
KEYS = {
    "output": "output",
    "seed": "seed",
    "model": "model.type",
    "attention": "model.attention",
    "minutes": "training.minutes",
    "data": "data.train",
    "horizon": "horizon",
    "look_back": "look_back",
    **{
        name: f"data.{name}"
        for name in ("id", "time", "target", "past", "future", "static", "categorical", "calendar", "frequency")
    },
}
_DIGITS = 7  # that a float32 holds


def column_keys(options: dict[str, Any]) -> dict[str, Any]:
    """One target is a column of all series; several are a series each."""
    targets = options.get("target")
    if isinstance(targets, list) and len(targets) == 1:
        options["target"] = targets[0]
    return {}


def complete(values: dict[str, Any]) -> None:
    """What is meant where a part of it is given."""
    model = values.get("model")
    if isinstance(model, dict):
        model.setdefault("type", "patches")


def begin(config: ForecastConfig) -> tuple[Forecaster, tuple[Any, ...]]:
    """An untrained forecaster, and what its `fit` takes."""
    if config.data.train is None:
        raise ConfigError("what should it learn from? give --data, or 'data: train:' in the file")
    return Forecaster.from_config(config), (config.data.train,)


def usage(config: ForecastConfig, folder: Path, future: Path | None = None) -> str:
    """What to try after training."""
    ahead = f" --future-data {future or 'AHEAD.csv'}" if config.data.future else ""
    return f"sightline predict {folder} --input {config.data.train}{ahead}"


def csv_of(frame: pl.DataFrame) -> bytes:
    """A table as text: no more of a timestamp than it says, and no more digits than a forecast has."""
    kinds = {name: kind for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime)}
    form = "%Y-%m-%d %H:%M:%S" + ("" if _all(frame, kinds, "1s") else "%.f")
    if any(kind.time_zone for kind in kinds.values()):
        form += "%:z"
    elif _all(frame, kinds, "1d"):
        form = "%Y-%m-%d"
    rounded = frame.with_columns(pl.col(pl.Float64, pl.Float32).round_sig_figs(_DIGITS))
    return rounded.write_csv(datetime_format=form).encode()


def error_lines(backtest: Backtest) -> Iterator[str]:
    """Errors beside those of simple methods, and how intervals cover."""
    found = backtest.metrics()
    yield f"{'':<16}{'MAE':>10}{'MASE':>9}{'sMAPE':>9}{'skill':>9}"
    for name, one in found.items():
        error, scaled, relative, skill = error_cells(one)
        yield f"{spoken(name):<16}{error:>10}{scaled:>9}{relative:>9}{skill:>9}"
    yield "skill: how much less the mean absolute error is than that of the seasonal naive forecast"
    yield from backtest_notes(backtest, found)
    rival = rival_of(backtest, found)
    for share in backtest.shares:
        covered, wide = f"coverage-{100 * share:g}", f"width-{100 * share:g}"
        line = f"intervals of {100 * share:g}%: {found['forecast'][covered]:.1%} covered"
        line += f", {found['forecast'][wide]:.4g} wide on average"
        if rival:
            other = f"{found[rival][wide]:.4g} with {found[rival][covered]:.1%} covered"
            line += f"; of the best baseline, {spoken(rival)}, {other}"
        yield line


def error_cells(one: Mapping[str, float]) -> tuple[str, str, str, str]:
    """MAE, MASE, sMAPE and skill for people; a dash where there is none."""
    forms = (("mae", "{:.4g}"), ("mase", "{:.3f}"), ("smape", "{:.2f}%"), ("skill", "{:+.1%}"))
    error, scaled, relative, skill = ("–" if isnan(one[name]) else form.format(one[name]) for name, form in forms)
    return error, scaled, relative, skill


def backtest_notes(backtest: Backtest, found: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """What people should know of a backtest: what it lacked, and whether something simple did better."""
    yield from backtest.notes
    best = min(found, key=lambda name: found[name]["mae"])
    if found[best]["mae"] < found["forecast"]["mae"]:
        yield (
            f"note: on these windows {spoken(best)} was nearer than the forecast, by "
            f"{1 - found[best]['mae'] / found['forecast']['mae']:.1%} of the mean absolute error"
        )


def rival_of(backtest: Backtest, found: Mapping[str, Mapping[str, float]]) -> str:
    """The baseline with intervals and the least mean absolute error; empty where none has intervals.

    Args:
        backtest: of the forecaster.
        found: its `metrics()`.
    """
    return min(backtest.baseline_intervals, key=lambda name: found[name]["mae"], default="")


def spoken(name: str) -> str:
    """A baseline's name as people say it."""
    return name.replace("_", " ")


def spoken_verdicts(found: Sequence[ForecastExplanation], panel: Panel) -> Iterator[str]:
    """Whether what forecasts are said to have used is to be believed, for people."""
    moves = "the score is how far the forecast moves, in standard deviations of what it saw"
    yield from (f"{each.series}: {each.verdict}; {moves}" for each in found)
    if len(found) < len(panel.ids):
        yield f"verdicts on the first {len(found)} of {len(panel.ids):,} series"


def _all(frame: pl.DataFrame, times: Iterable[str], unit: str) -> bool:
    """Whether all timestamps are whole days, or whatever the unit is."""
    return all((frame[name] == frame[name].dt.truncate(unit)).all() for name in times)
