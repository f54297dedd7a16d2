"""How often intervals of 80 and 90 % cover, in a backtest over the last part of some public series.

    python benchmarks/coverage.py FOLDER [--only taxi] [--model patches] [--set training.epochs=3]

Each forecaster trains on what came before the first cutoff; a cutoff follows each `STEP` steps until the series ends.
Beside it the width of the intervals of the baseline with the least mean absolute error, calibrated likewise.
"""

import argparse
import time
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
from covering import covered
from series_data import long_horizon, m4_hourly, small

from sightline.tasks.config import parse_config, set_option
from sightline.tasks.forecast import ForecastConfig, Forecaster
from sightline.tasks.forecast.backtest import Backtest
from sightline.training import set_threads


class Case(NamedTuple):
    """A table, how far it is forecast from how far back, and where the cutoffs are."""

    table: pl.DataFrame
    target: str
    horizon: int
    look_back: int
    windows: int
    step: int


def cases(folder: Path) -> dict[str, Case]:
    known, ahead = m4_hourly(folder)
    return {
        "ETTh1, 24 ahead": Case(long_horizon(folder, "ETTh1")[0], "*", 24, 336, (2_880 - 24) // 24 + 1, 24),
        "ETTh1, 96 ahead": Case(long_horizon(folder, "ETTh1")[0], "*", 96, 336, (2_880 - 96) // 24 + 1, 24),
        "taxi, 48 ahead": Case(small(folder, "taxi"), "y", 48, 336, (2_064 - 48) // 12 + 1, 12),
        "temps, 14 ahead": Case(small(folder, "temps"), "y", 14, 90, 730 - 14 + 1, 1),
        "M4 Hourly, 48 ahead": Case(pl.concat([known, ahead]), "y", 48, 168, 1, 1),
    }


def told(name: str, backtest: Backtest, seconds: float) -> None:
    found = backtest.metrics()
    rival = min(backtest.baselines, key=lambda other: found[other]["mae"])
    for k, share in enumerate(backtest.shares):
        inside, thirds = covered(backtest, k)
        width, other = (found[who][f"width-{100 * share:g}"] for who in ("forecast", rival))
        print(
            f"| {name} | {100 * share:g} % | {inside:.1%} | {thirds} | "
            f"{width:.4g} | {other:.4g} ({rival}, {found[rival][f'coverage-{100 * share:g}']:.1%}) |"
        )
    print(f"  mae {found['forecast']['mae']:.4g}, of {rival} {found[rival]['mae']:.4g}; {seconds:.0f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="+", default=[""])
    parser.add_argument("--model", default="patches")
    parser.add_argument("--head", default="absolute")
    parser.add_argument("--set", nargs="+", default=[])
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    set_threads(options.threads)
    print("| series | level | covered | in thirds of the horizon | width | of the best baseline |")
    print("|---|---|---|---|---|---|")
    for name, case in cases(options.folder).items():
        if not any(name.startswith(wanted) for wanted in options.only):
            continue
        values: dict[str, Any] = {
            "horizon": case.horizon,
            "look_back": case.look_back,
            "data": {"target": case.target},
            "model": {"type": options.model},
            "head": {"kind": options.head},
        }
        for option in options.set:
            set_option(values, option)
        begin = time.perf_counter()
        forecaster = Forecaster.from_config(parse_config(values, ForecastConfig))
        backtest = forecaster.cross_validation(case.table, windows=case.windows, step=case.step, level=[80, 90])
        told(name, backtest, time.perf_counter() - begin)


if __name__ == "__main__":
    main()
