"""The public series that the forecasting benchmarks read as data frames, from a folder of plain or gzipped files."""

import csv
import gzip
import io
from pathlib import Path

import numpy as np
import polars as pl

__all__ = ["LONG", "long_horizon", "m4_hourly", "small"]

LONG = {"ETTh1": 60, "ETTh2": 60, "ETTm1": 15, "weather": 10}  # minutes of a step
SMALL = {
    "taxi": ("taxi_new_york_passengers.csv", "%Y-%m-%d %H:%M:%S"),
    "temps": ("temps.csv", "%m/%d/%Y"),
}


def long_horizon(folder: Path, name: str) -> tuple[pl.DataFrame, tuple[int, int, int]]:
    """A table of series side by side, and the rows that its training, validation and test part end before.

    Values are z-scores by the mean and deviation of the training part, as the protocol of the field has it (Zhou et al.
    2021). Time is counted anew, since one of the tables has a timestamp that stands twice.
    """
    text = _text(folder, f"{name}.csv")
    values = np.array([row[1:] for row in csv.reader(io.StringIO(text))][1:], dtype=np.float64)
    rows, day = len(values), 24 * 60 // LONG[name]
    ends = int(0.7 * rows), rows - int(0.2 * rows), rows
    if name.startswith("ETT"):
        ends = 360 * day, 480 * day, 600 * day
    values, first = values[: ends[2]], values[: ends[0]]
    scores = (values - first.mean(0)) / first.std(0)
    columns = {f"y{c}": scores[:, c] for c in range(scores.shape[1])}
    return pl.DataFrame({"ds": _times(0, len(scores), LONG[name]), **columns}), ends


def m4_hourly(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Training and test part of the M4 competition's 414 hourly series, in long form, all as if begun together."""
    known = _m4_rows(folder, "Hourly-train.csv")
    ahead = _m4_rows(folder, "Hourly-test.csv")
    begins = {name: len(values) for name, values in known.items()}
    return _long(known, dict.fromkeys(known, 0)), _long(ahead, begins)


def small(folder: Path, name: str) -> pl.DataFrame:
    """One of the small classics, `ds` and `y`."""
    file, form = SMALL[name]
    rows = list(csv.reader(io.StringIO(_text(folder, file))))[1:]
    table = pl.DataFrame({"ds": [row[0] for row in rows], "y": [float(row[1]) for row in rows]})
    return table.with_columns(pl.col("ds").str.to_datetime(form))


def _m4_rows(folder: Path, file: str) -> dict[str, list[float]]:
    rows = list(csv.reader(io.StringIO(_text(folder, file))))[1:]
    return {row[0]: [float(cell) for cell in row[1:] if cell] for row in rows}


def _long(series: dict[str, list[float]], begins: dict[str, int]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "unique_id": np.repeat(list(series), [len(values) for values in series.values()]),
            "ds": np.concatenate([_times(begins[name], len(values), 60) for name, values in series.items()]),
            "y": np.concatenate(list(series.values())),
        }
    )


def _times(first: int, count: int, minutes: int) -> np.ndarray:
    return np.datetime64("2000-01-01T00:00:00", "us") + np.timedelta64(minutes, "m") * (first + np.arange(count))


def _text(folder: Path, file: str) -> str:
    path = next(place for name in (file, f"{file}.gz") for place in folder.rglob(name))
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return content.decode("utf-8", errors="replace")
