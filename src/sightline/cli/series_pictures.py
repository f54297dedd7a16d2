"""Forecasts and backtests as files of pictures."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sightline.cli.series import spoken
from sightline.data.counting import count
from sightline.data.series import Panel
from sightline.explain.render.attended import draw_attended
from sightline.explain.render.series import Outlook, Shown, draw_errors, draw_forecasts
from sightline.tasks.forecast.backtest import Backtest
from sightline.tasks.forecast.frames import when

__all__ = ["picture_attention", "picture_backtest", "picture_errors", "picture_forecasts"]

_FORECASTS, _ROWS = 5, 3  # pictures, and series in the one of the backtest; at most
_BEFORE = 4  # horizons, or two seasons, shown of what came before


def picture_forecasts(panel: Panel, frame: pl.DataFrame, level: Sequence[float], folder: Path) -> list[Path]:
    """A picture of each of the first few series, with the end of its past.

    Args:
        panel: the series up to now.
        frame: forecasts, as `Forecaster.predict` gives them.
        level: whose intervals there are, in per cent.
        folder: where to put them.

    Returns:
        The files.
    """
    horizon = len(frame) // len(panel.ids)
    columns = {name: _bare(frame[name]).reshape(-1, horizon) for name in frame.columns[1:]}
    paths: list[Path] = []
    for n, name in enumerate(panel.ids[:_FORECASTS]):
        bands = {each: (columns[f"lo-{each:g}"][n], columns[f"hi-{each:g}"][n]) for each in level}
        outlook = Outlook(columns[panel.columns.time][n], columns["forecast"][n], bands)
        first = int(panel.history[n]) - max(_BEFORE * horizon, 2 * panel.frequency.seasonality)
        path = folder / f"forecast-{_file_name(name, n, paths)}.png"
        title = f"{name}: the next {count(horizon, 'step')}"
        draw_forecasts({name: _shown(panel, n, first, (outlook,))}, title=title, path=path)
        paths.append(path)
    return paths


def picture_backtest(backtest: Backtest, path: Path) -> None:
    """The forecasts of the first few series from all their cutoffs, over what came."""
    panel, horizon = backtest.panel, backtest.truth.shape[1]
    shown: dict[str, Shown] = {}
    for n, name in enumerate(panel.ids[:_ROWS]):
        rows = np.flatnonzero(backtest.cutoffs[:, 0] == n)
        outlooks = tuple(_outlook(backtest, row) for row in rows.tolist())
        first = int(backtest.cutoffs[rows, 1].min()) - max(horizon, panel.frequency.seasonality)
        shown[name] = _shown(panel, n, first, outlooks)
    of = f" of {panel.ids[0]}" if len(shown) == 1 else ""
    number = len(backtest.cutoffs) // len(panel.ids)
    draw_forecasts(shown, title=f"Backtest{of}: {count(number, 'forecast')}, and what came", path=path)


def picture_errors(backtest: Backtest, path: Path) -> None:
    """How wrong the forecasts and the baselines are at each step ahead, over all series and cutoffs."""
    said = {"forecast": backtest.ours.point, **backtest.baselines}
    errors = {spoken(name): _by_step(forecast - backtest.truth) for name, forecast in said.items()}
    title = f"Error by step ahead, mean of {count(len(backtest.truth), 'forecast')}"
    draw_errors(errors, title=title, path=path)


def picture_attention(panel: Panel, frame: pl.DataFrame, path: Path) -> None:
    """What the forecasts used of the past; of several series the mean, step by step before the end of each.

    Args:
        panel: the series up to now.
        frame: as `Forecaster.explain` gives it.
        path: where to put it.
    """
    time, series = panel.columns.time, len(panel.ids)
    back = frame.with_columns(back=pl.col(time).rank("dense", descending=True).over(panel.columns.id))
    means = back.group_by("variable", "step", "back").agg(pl.col("weight").sum() / series)
    length, horizon = (int(means[name].to_numpy().max()) for name in ("back", "step"))
    weights: dict[str, NDArray[np.float64]] = {}
    for name in frame["variable"].unique(maintain_order=True):
        rows = means.filter(pl.col("variable") == name)
        weights[name] = np.zeros((horizon, length))
        weights[name][rows["step"].to_numpy() - 1, length - rows["back"].to_numpy()] = rows["weight"].to_numpy()
    if series == 1:
        times, label, title = _bare(frame[time].unique().sort()), "", f"What the forecast of {panel.ids[0]} used"
    else:
        times, label = np.arange(1 - length, 1), "steps before the end"
        title = f"What forecasts used of the past, mean of {series:,} series"
    draw_attended(times, weights, label=label, title=title, path=path)


def _bare(column: pl.Series) -> NDArray[Any]:
    """As an array, timestamps as the clock of their zone shows them."""
    zoned = isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone
    return (column.dt.replace_time_zone(None) if zoned else column).to_numpy()


def _by_step(errors: NDArray[np.floating]) -> NDArray[np.floating]:
    """The mean absolute error of each step; NaN where nothing was observed."""
    seen = ~np.isnan(errors)
    total = np.where(seen, np.abs(errors), 0).sum(0)
    return np.divide(total, seen.sum(0), out=np.full(errors.shape[1], np.nan), where=seen.any(0))


def _outlook(backtest: Backtest, row: int) -> Outlook:
    series, first = backtest.cutoffs[row : row + 1].T
    low, high = (bound[row] for bound in backtest.ours.intervals)
    bands = {100 * share: (low[:, k], high[:, k]) for k, share in enumerate(backtest.shares)}
    times = backtest.panel.clock(when(backtest.panel, series, first, backtest.truth.shape[1])[0])
    return Outlook(times, backtest.ours.point[row], bands)


def _shown(panel: Panel, series: int, first: int, outlooks: tuple[Outlook, ...]) -> Shown:
    """A series from a position on."""
    first, stop = max(first, 0), int(panel.history[series])
    begin = int(panel.offsets[series])
    times: NDArray[Any] = panel.clock(panel.timestamps(series)[first:stop])
    return Shown(times, panel.target[begin + first : begin + stop], outlooks)


def _file_name(name: str, number: int, taken: Sequence[Path]) -> str:
    """What a series is called in the name of a file."""
    plain = re.sub(r"[^\w.-]+", "-", name).strip("-.")[:60] or str(number + 1)
    return f"{plain}-{number + 1}" if any(path.stem == f"forecast-{plain}" for path in taken) else plain
