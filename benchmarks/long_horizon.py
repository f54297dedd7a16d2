"""Forecasts of ETTh1, ETTm1 and weather 96 to 720 steps ahead, by the protocol of the field, every window counted.

    python benchmarks/long_horizon.py FOLDER --data ETTh1 --model patches --seeds 1 2 3 [--set model.width=16]

Training, validation and test windows begin at every step; those of validation and test look back over the border. The
errors are on z-scores (see `series_data.long_horizon`). With `--validation` the test part is not looked at.
"""

import argparse
import statistics
import time
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import torch
from series_data import LONG, long_horizon

from sightline.models.forecast import ForecastNetwork
from sightline.tasks.config import parse_config, set_option
from sightline.tasks.forecast import ForecastConfig, Forecaster
from sightline.tasks.forecast.building import ahead_of, window_of
from sightline.tasks.forecast.line import best_line
from sightline.tasks.forecast.reading import read_panel
from sightline.tasks.forecast.starting import encoded_windows, prepare
from sightline.training import set_threads

HORIZONS = (96, 192, 336, 720)
WINDOWS = {
    "ETTh1": (2785, 2689, 2545, 2161),
    "ETTm1": (11425, 11329, 11185, 10801),
    "weather": (10444, 10348, 10204, 9820),
}
CHOSEN: dict[str, dict[str, Any]] = {
    "patches": {"model": {"type": "patches"}},
    "segments": {"model": {"type": "segments", "segment": 24, "parallel": True}},
}


class Outcome(NamedTuple):
    """Errors of one horizon and seed, and what the training took."""

    valid: float
    mse: float
    mae: float
    seconds: float
    update: int


def configured(options: argparse.Namespace, horizon: int, seed: int, share: float) -> ForecastConfig:
    values: dict[str, Any] = {
        "horizon": horizon,
        "look_back": options.look_back,
        "seed": seed,
        "data": {"target": "*", "valid_share": share},
        "head": {"kind": "squared"},
        **CHOSEN[options.model],
    }
    for option in options.set:
        set_option(values, option)
    return parse_config(values, ForecastConfig)


@torch.inference_mode()
def errors(network: ForecastNetwork, windows: Any, cutoffs: torch.Tensor) -> tuple[float, float]:
    """Mean squared and absolute error over all windows and steps."""
    squared = absolute = 0.0
    count = 0
    for some in cutoffs.split(1_024):
        batch = windows.gather(some)
        wrong = (network.point(network(window_of(batch))) - ahead_of(batch).target).double()
        squared, absolute = squared + float(wrong.square().sum()), absolute + float(wrong.abs().sum())
        count += wrong.numel()
    return squared / count, absolute / count


def one(
    options: argparse.Namespace, table: pl.DataFrame, ends: tuple[int, int, int], horizon: int, seed: int
) -> Outcome:
    train, valid, _ = ends
    config = configured(options, horizon, seed, (valid - train) / valid)
    begin = time.perf_counter()
    forecaster = Forecaster.from_config(config).fit(table[:valid])
    seconds = time.perf_counter() - begin
    assert forecaster.result is not None
    loss, update = forecaster.metrics["loss"], forecaster.result.best.update if forecaster.result.best else 0
    if options.validation:
        return Outcome(loss, float("nan"), float("nan"), seconds, update)
    panel = read_panel(config, table, known=forecaster.parts.series)
    windows = encoded_windows(forecaster.parts, panel, horizon)
    cutoffs = windows.cutoffs(valid)
    assert len(cutoffs) == len(panel.ids) * WINDOWS[options.data][HORIZONS.index(horizon)], "windows were lost"
    return Outcome(loss, *errors(forecaster.parts.network.eval(), windows, cutoffs), seconds, update)


def line(options: argparse.Namespace, table: pl.DataFrame, ends: tuple[int, int, int], horizon: int) -> Outcome:
    """The straight line alone."""
    train, valid, _ = ends
    config = configured(options, horizon, 1, (valid - train) / valid)
    begin = time.perf_counter()
    start = prepare(config, read_panel(config, table[:valid]))
    alone = best_line(start, start.parts.network.head, "standard")
    seconds = time.perf_counter() - begin
    loss = errors(alone, start.windows, start.valid)[0]
    if options.validation:
        return Outcome(loss, float("nan"), float("nan"), seconds, 0)
    windows = encoded_windows(start.parts, read_panel(config, table), horizon)
    return Outcome(loss, *errors(alone, windows, windows.cutoffs(valid)), seconds, 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", choices=LONG, default="ETTh1")
    parser.add_argument("--model", choices=CHOSEN, default="patches")
    parser.add_argument("--horizons", type=int, nargs="+", default=HORIZONS, choices=HORIZONS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--look-back", type=int, default=512)
    parser.add_argument("--set", nargs="+", default=[])
    parser.add_argument("--validation", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    set_threads(options.threads)
    table, ends = long_horizon(options.folder, options.data)
    print("horizon seed    valid   test mse  test mae  seconds  best update")
    means: list[float] = []
    for horizon in options.horizons:
        found = line(options, table, ends, horizon)
        print(f"{horizon:7} line {found.valid:8.4f} {found.mse:9.4f} {found.mae:9.4f} {found.seconds:8.0f}", flush=True)
        outcomes: list[Outcome] = []
        for seed in options.seeds:
            found = one(options, table, ends, horizon, seed)
            outcomes.append(found)
            print(
                f"{horizon:7} {seed:4} {found.valid:8.4f} {found.mse:9.4f} {found.mae:9.4f} {found.seconds:8.0f} "
                f"{found.update:8}",
                flush=True,
            )
        means.append(statistics.fmean(outcome.mse for outcome in outcomes))
    print(f"mean over horizons of the seeds' mean squared errors: {statistics.fmean(means):.4f}")


if __name__ == "__main__":
    main()
