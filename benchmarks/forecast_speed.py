"""Training speed, latency of a forecast and peak memory on ETTh1, at the size of PatchTST in its paper.

    python benchmarks/forecast_speed.py FOLDER [--look-back 336] [--updates 150] [--threads 2]

Seven series of 8,640 steps, z-scored, 224 windows an update, width 16, 4 heads, 3 layers, 128 hidden, patches of 16
every 8 steps, 96 steps ahead, no line beside. `peers/forecast_neuralforecast.py` does the same with neuralforecast.
"""

import argparse
import itertools
import resource
import statistics
import time
from pathlib import Path

begin = time.perf_counter()
import torch  # noqa: E402

TORCH = time.perf_counter() - begin
import sightline  # noqa: E402

SIGHTLINE = time.perf_counter() - begin - TORCH

from series_data import long_horizon  # noqa: E402

from sightline.tasks.config import parse_config  # noqa: E402
from sightline.tasks.forecast import ForecastConfig, Forecaster  # noqa: E402
from sightline.training import Event, Progress, set_threads  # noqa: E402

WINDOWS = 224  # an update
PARTS = 2  # batches, whose gradients add up: the processor's cache and the memory hold half of them more easily


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--look-back", type=int, default=336)
    parser.add_argument("--updates", type=int, default=150)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    set_threads(options.threads)
    print(
        f"import torch {TORCH:.2f} s, then sightline {SIGHTLINE:.2f} s; torch {torch.__version__}, {sightline.__name__}"
    )
    table, (end, _, _) = long_horizon(options.folder, "ETTh1")
    model = {"type": "patches", "width": 16, "heads": 4, "layers": 3, "hidden": 128, "dropout": 0.3}
    values = {
        "horizon": 96,
        "look_back": options.look_back,
        "data": {"target": "*", "valid_share": 0.02},
        "line": "none",
        "model": {**model, "patch": 16, "stride": 8, "readout_dropout": 0.3},
        "head": {"kind": "squared"},
        "training": {
            "updates": options.updates,
            "epochs": None,
            "batch_windows": WINDOWS // PARTS,
            "accumulate": PARTS,
            "learning_rate": 1e-4,
        },
    }
    marks: list[float] = []

    def clock(event: Event) -> None:
        if isinstance(event, Progress):
            marks.append(time.perf_counter())

    forecaster = Forecaster.from_config(parse_config(values, ForecastConfig))
    begin = time.perf_counter()
    forecaster.fit(table[:end], listeners=[clock])
    wall = time.perf_counter() - begin
    step = statistics.median(after - before for before, after in itertools.pairwise(marks[3:]))
    size = sum(p.numel() for p in forecaster.parts.network.parameters())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{len(marks)} updates, fit {wall:.1f} s, median update {1e3 * step:.0f} ms, {WINDOWS / step:,.0f} windows/s; "
        f"{size:,} parameters; peak {memory:.0f} MiB",
        flush=True,
    )
    source = table[end - options.look_back : end].select("ds", "y6")
    for what, level in (("one series", ()), ("with intervals", (90,))):
        forecaster.predict(source, level=level)
        times: list[float] = []
        for _ in range(40):
            begin = time.perf_counter()
            forecaster.predict(source, level=level)
            times.append(time.perf_counter() - begin)
        print(f"predict {what}: median of 40 {1e3 * statistics.median(times):.1f} ms, best {1e3 * min(times):.1f} ms")


if __name__ == "__main__":
    main()
