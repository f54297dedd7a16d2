"""Forecasts of ETTh1, ETTm1 and weather 96 to 720 steps ahead, by the protocol of the field, every window counted.

One model, trained for the longest of the horizons, answers them all: shorter forecasts are its first steps. The field
trains a model for each; `--horizons 96` does so for one.

    python benchmarks/long_horizon.py FOLDER [--data ETTh1] [--model segments] [--seeds 1 2 3] [--set model.width=16]

Training, validation and test windows begin at every step; those of validation and test look back over the border. The
errors are on z-scores (see `series_data.long_horizon`). With `--validation` the test part stays closed.
"""

import argparse
import copy
import statistics
import time
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import torch
from series_data import long_horizon

from sightline.data.series import Panel, Windows
from sightline.models.forecast import ForecastNetwork
from sightline.tasks.config import parse_config, set_option
from sightline.tasks.forecast import ForecastConfig, Forecaster
from sightline.tasks.forecast.building import Parts, ahead_of, window_of
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
# Chosen on the validation parts.
_DAYS = {"type": "patches", "patch": 24, "stride": 24}
_MUON = {"optimizer": "muon", "learning_rate": 0.003, "updates": 2400, "validate_every": 200, "patience": 6}
_SHORT = {"validate_every": 50, "warmup": 50}  # trainings
CHOSEN: dict[tuple[str, str], dict[str, Any]] = {
    ("ETTh1", "patches"): {
        "scaling": "last",
        "head": {"kind": "absolute"},
        "model": {**_DAYS, "dropout": 0.6, "readout_dropout": 0.6},
        "training": {**_MUON, **_SHORT, "learning_rate": 0.005, "updates": 600, "patience": 8},
    },
    ("ETTh1", "segments"): {
        "scaling": "last",
        "head": {"kind": "absolute"},
        "model": {
            "type": "segments",
            "segment": 24,
            "parallel": True,
            "cell": "lstm",
            "attention": "scaled_dot",
            "width": 128,
            "dropout": 0.5,
        },
        "training": {**_SHORT, "updates": 300},
    },
    ("ETTm1", "patches"): {
        "scaling": "last",
        "head": {"kind": "squared"},
        "model": {**_DAYS, "width": 64, "hidden": 128, "dropout": 0.4, "readout_dropout": 0.4},
        "training": _MUON,
    },
    ("weather", "patches"): {
        "scaling": "standard",
        "head": {"kind": "squared"},
        "model": {**_DAYS, "width": 64, "hidden": 128, "dropout": 0.2, "readout_dropout": 0.3},
        "training": {**_MUON, "updates": 3200, "patience": None, "keep_best": 5},
    },
}


class Outcome(NamedTuple):
    """Squared and absolute error of each horizon on one part, and what the training took."""

    found: dict[int, tuple[float, float]]
    seconds: float
    update: int

    def row(self, name: str) -> str:
        """As a row of the table."""
        cells = " ".join(f"{squared:.4f} {absolute:.4f} " for squared, absolute in self.found.values())
        mean = statistics.fmean(squared for squared, _ in self.found.values())
        return f"{name:>5} {self.seconds:8.0f} {self.update:7} {mean:.4f}  {cells}"


def configured(options: argparse.Namespace, seed: int, share: float) -> ForecastConfig:
    values: dict[str, Any] = {
        "horizon": max(options.horizons),
        "look_back": options.look_back,
        "seed": seed,
        "data": {"target": "*", "valid_share": share},
        "line": "beside",
        **copy.deepcopy(CHOSEN[options.data, options.model]),
    }
    for option in options.set:
        set_option(values, option)
    return parse_config(values, ForecastConfig)


@torch.inference_mode()
def errors(network: ForecastNetwork, windows: Windows, cutoffs: torch.Tensor) -> tuple[float, float]:
    """Mean squared and absolute error over all windows and steps."""
    squared = absolute = 0.0
    count = 0
    for some in cutoffs.split(1_024):
        batch = windows.gather(some)
        target = ahead_of(batch).target
        wrong = (network.point(network(window_of(batch)))[:, : target.shape[1]] - target).double()
        squared, absolute = squared + float(wrong.square().sum()), absolute + float(wrong.abs().sum())
        count += wrong.numel()
    return squared / count, absolute / count


def tested(
    options: argparse.Namespace, parts: Parts, network: ForecastNetwork, panel: Panel, begin: int
) -> dict[int, tuple[float, float]]:
    """The errors on the part that begins at that row and ends where the panel does."""
    found: dict[int, tuple[float, float]] = {}
    for horizon in options.horizons:
        windows = encoded_windows(parts, panel, horizon)
        cutoffs = windows.cutoffs(begin)
        counted = len(panel.ids) * WINDOWS[options.data][HORIZONS.index(horizon)]
        assert options.validation or len(cutoffs) == counted, "windows were lost"
        found[horizon] = errors(network.eval(), windows, cutoffs)
    return found


def part(options: argparse.Namespace, table: pl.DataFrame, ends: tuple[int, int, int]) -> tuple[pl.DataFrame, int]:
    """The rows up to the end of the part that is measured, and where it begins."""
    train, valid, _ = ends
    return (table[:valid], train) if options.validation else (table, valid)


def one(options: argparse.Namespace, table: pl.DataFrame, ends: tuple[int, int, int], seed: int) -> Outcome:
    train, valid, _ = ends
    config = configured(options, seed, (valid - train) / valid)
    begin = time.perf_counter()
    forecaster = Forecaster.from_config(config).fit(table[:valid])
    seconds = time.perf_counter() - begin
    assert forecaster.result is not None
    best, parts = forecaster.result.best, forecaster.parts
    rows, first = part(options, table, ends)
    found = tested(options, parts, parts.network, read_panel(config, rows, known=parts.series), first)
    return Outcome(found, seconds, best.update if best else 0)


def line(options: argparse.Namespace, table: pl.DataFrame, ends: tuple[int, int, int]) -> Outcome:
    """The straight line alone."""
    train, valid, _ = ends
    config = configured(options, 1, (valid - train) / valid)
    begin = time.perf_counter()
    start = prepare(config, read_panel(config, table[:valid]))
    alone = best_line(start, start.parts.network.head, config.scaling)
    seconds = time.perf_counter() - begin
    rows, first = part(options, table, ends)
    return Outcome(tested(options, start.parts, alone, read_panel(config, rows), first), seconds, 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", choices=WINDOWS, default="ETTh1")
    parser.add_argument("--model", choices=("patches", "segments"), default="patches")
    parser.add_argument("--horizons", type=int, nargs="+", default=HORIZONS, choices=HORIZONS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--look-back", type=int, default=512)
    parser.add_argument("--set", nargs="+", default=[])
    parser.add_argument("--validation", action="store_true", help="measure on the validation part")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    if (options.data, options.model) not in CHOSEN:
        parser.error(f"no options of {options.model} were chosen for {options.data}")
    set_threads(options.threads)
    table, ends = long_horizon(options.folder, options.data)
    heads = "  ".join(f"mse {horizon}  mae {horizon}" for horizon in options.horizons)
    print(f" seed  seconds  update   mean  {heads}")
    print(line(options, table, ends).row("line"), flush=True)
    for seed in options.seeds:
        print(one(options, table, ends, seed).row(str(seed)), flush=True)


if __name__ == "__main__":
    main()
