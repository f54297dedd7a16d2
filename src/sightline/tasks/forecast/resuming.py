"""Going on with the training of a forecaster: the same model and series."""

import hashlib
from pathlib import Path
from typing import Any

from sightline.data.series import Panel
from sightline.errors import DataError
from sightline.tasks.forecast.config import ForecastConfig
from sightline.tasks.resuming import changed_options, read_record, write_record

__all__ = ["compare_run", "record_data"]

_FIXED = (
    "seed",
    "horizon",
    "look_back",
    "data",
    "scaling",
    "line",
    "model",
    "head",
    "training.optimizer",
    "training.unit",
)
_FILES = ("output", "data.train")


def record_data(place: Path, panel: Panel) -> None:
    """Write down which series a run trains on, so that it can be told whether they are still the same."""
    write_record(place, {"series": _fingerprint(panel)})


def compare_run(place: Path, config: ForecastConfig, panel: Panel) -> list[str]:
    """What changed since the run in a folder stopped, each in one line.

    Raises:
        ModelFolderError: where the folder holds nothing to go on from.
        ConfigError: where the model, or how series are read, changed.
        DataError: where the series changed.
    """
    told = changed_options(place, config, fixed=_FIXED, files=_FILES, what="model, horizon and series")
    (then,), now = read_record(place, "series"), _fingerprint(panel)
    if then != now:
        raise DataError(
            f"the series are not those of the training in {place} ({then['series']:,} with {then['steps']:,} steps "
            f"then, {now['series']:,} with {now['steps']:,} now): give the same, or train anew in another folder"
        )
    return told


def _fingerprint(panel: Panel) -> dict[str, Any]:
    digest = hashlib.sha256("\n".join(panel.ids).encode())
    for values in (panel.starts, panel.offsets, panel.target, panel.past, panel.future, panel.static):
        digest.update(values.tobytes())
    return {"series": len(panel.ids), "steps": int(panel.history.sum()), "sha256": digest.hexdigest()}
