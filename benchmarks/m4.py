"""MASE on the M4 competition's 414 hourly series, 48 hours ahead, by one model of all of them.

    python benchmarks/m4.py FOLDER [--seeds 1 2 3] [--validation] [--set model.width=64]

MASE is that of the competition (Makridakis et al. 2020): errors in units of those of the seasonal naive forecast on the
training part, season 24, the mean over series. With `--validation` the last 48 hours of the training part are forecast
instead, by a model that did not see them.
"""

import argparse
import statistics
import time
from pathlib import Path
from typing import Any

import polars as pl
from covering import covered
from series_data import m4_hourly

from sightline.tasks.config import parse_config, set_option
from sightline.tasks.forecast import ForecastConfig, Forecaster
from sightline.training import set_threads

HORIZON = 48
CHOSEN: dict[str, Any] = {
    "horizon": HORIZON,
    "look_back": 504,
    "scaling": "last",
    "line": "start",
    "data": {"valid_share": 0.07},
    "model": {"type": "patches", "patch": 24, "stride": 24, "width": 16, "hidden": 32, "layers": 1, "dropout": 0.1},
    "head": {"kind": "absolute"},
    "training": {
        "unit": "season",
        "updates": 6000,
        "learning_rate": 0.003,
        "validate_every": 250,
        "patience": None,
        "keep_best": 3,
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--validation", action="store_true")
    parser.add_argument("--set", nargs="+", default=[])
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    set_threads(options.threads)
    known, ahead = m4_hourly(options.folder)
    whole = pl.concat([known, ahead]).sort("unique_id", "ds")
    if options.validation:
        whole = known
        known = known.filter(pl.col("ds") <= pl.col("ds").max().over("unique_id") - pl.duration(hours=HORIZON))
    found: list[float] = []
    for seed in options.seeds:
        values = {**CHOSEN, "seed": seed}
        for option in options.set:
            set_option(values, option)
        begin = time.perf_counter()
        forecaster = Forecaster.from_config(parse_config(values, ForecastConfig)).fit(known)
        seconds = time.perf_counter() - begin
        backtest = forecaster.evaluate(whole, level=[80, 90])
        assert len(backtest.cutoffs) == 414, "series were lost"
        metrics = backtest.metrics()
        found.append(metrics["forecast"]["mase"])
        best = forecaster.result.best.update if forecaster.result and forecaster.result.best else 0
        intervals = [covered(backtest, k) for k in range(len(backtest.shares))]
        spread = "; ".join(f"{inside:.1%} in all, {thirds} in thirds" for inside, thirds in intervals)
        print(
            f"seed {seed}: MASE {found[-1]:.4f}, sMAPE {metrics['forecast']['smape']:.2f}; seasonal naive "
            f"{metrics['seasonal_naive']['mase']:.4f}; of 80 and 90 % covered {spread}; "
            f"{seconds:.0f} s, best update {best}, validation {forecaster.metrics['loss']:.4f}",
            flush=True,
        )
    print(f"mean MASE {statistics.fmean(found):.4f}")


if __name__ == "__main__":
    main()
