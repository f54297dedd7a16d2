"""Training speed, latency of a forecast and peak memory of neuralforecast's PatchTST, as `forecast_speed.py` has ours.

    python benchmarks/peers/forecast_neuralforecast.py FOLDER [--look-back 336] [--updates 150] [--threads 2]

The same series, windows an update and sizes; the time of an update is that between the ends of two training batches.
"""

import argparse
import itertools
import logging
import resource
import statistics
import sys
import time
import warnings
from pathlib import Path

begin = time.perf_counter()
import torch  # noqa: E402

TORCH = time.perf_counter() - begin
from neuralforecast import NeuralForecast  # noqa: E402
from neuralforecast.losses.pytorch import MSE  # noqa: E402
from neuralforecast.models import PatchTST  # noqa: E402

PEER = time.perf_counter() - begin - TORCH

from pytorch_lightning.callbacks import Callback  # noqa: E402

sys.path.append(str(Path(__file__).parents[1]))
from series_data import long_horizon  # noqa: E402

warnings.filterwarnings("ignore")
logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
marks: list[float] = []  # of the module: the library trains copies of its callbacks


class Clock(Callback):
    """Notes when each batch ends."""

    def on_train_batch_end(self, *_: object) -> None:
        marks.append(time.perf_counter())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--look-back", type=int, default=336)
    parser.add_argument("--updates", type=int, default=150)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(f"import torch {TORCH:.2f} s, then neuralforecast {PEER:.2f} s; torch {torch.__version__}")
    wide, (end, _, _) = long_horizon(options.folder, "ETTh1")
    long = wide[:end].unpivot(index="ds", variable_name="unique_id", value_name="y").to_pandas()
    model = PatchTST(
        h=96,
        input_size=options.look_back,
        encoder_layers=3,
        n_heads=4,
        hidden_size=16,
        linear_hidden_size=128,
        dropout=0.3,
        fc_dropout=0.3,
        patch_len=16,
        stride=8,
        revin=True,
        max_steps=options.updates,
        batch_size=7,
        windows_batch_size=224,
        loss=MSE(),
        scaler_type="identity",
        learning_rate=1e-4,
        random_seed=1,
        accelerator="cpu",
        callbacks=[Clock()],
        enable_progress_bar=False,
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        val_check_steps=10**6,
    )
    forecaster = NeuralForecast(models=[model], freq="h")
    begin = time.perf_counter()
    forecaster.fit(long, val_size=0)
    wall = time.perf_counter() - begin
    step = statistics.median(after - before for before, after in itertools.pairwise(marks[3:]))
    size = sum(p.numel() for p in model.parameters())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{len(marks)} updates, fit {wall:.1f} s, median update {1e3 * step:.0f} ms, {224 / step:,.0f} windows/s; "
        f"{size:,} parameters; peak {memory:.0f} MiB",
        flush=True,
    )
    one = long[long.unique_id == "y6"].iloc[-options.look_back :]
    forecaster.predict(df=one)
    times: list[float] = []
    for _ in range(40):
        begin = time.perf_counter()
        forecaster.predict(df=one)
        times.append(time.perf_counter() - begin)
    print(f"predict one series: median of 40 {1e3 * statistics.median(times):.1f} ms, best {1e3 * min(times):.1f} ms")


if __name__ == "__main__":
    main()
