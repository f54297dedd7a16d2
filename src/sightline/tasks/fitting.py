"""What every task's `fit` does about folders."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sightline.errors import ConfigError, TrainingError
from sightline.training import Interrupted

__all__ = ["check_folder_options", "fit_in_passing"]

T = TypeVar("T")


def check_folder_options(folder: str | Path | None, *, resume: bool, finish: bool, overwrite: bool) -> None:
    """See that what is asked for goes together.

    Raises:
        ConfigError: where it does not.
    """
    if resume and overwrite:
        raise ConfigError("resume goes on with a training and overwrite deletes it: choose one")
    if finish and not resume:
        raise ConfigError("finish ends a training that was begun: it goes with resume")
    if folder is None and (resume or overwrite):
        raise ConfigError("resume, finish and overwrite are about a model's folder: name it by folder=")


def fit_in_passing(fit: Callable[[Path], T]) -> T:
    """Train in a folder that is gone afterwards.

    Raises:
        TrainingError: when training was interrupted, which keeps nothing.
    """
    with tempfile.TemporaryDirectory(prefix="sightline-") as scratch:
        try:
            return fit(Path(scratch))
        except Interrupted as stop:
            raise TrainingError(
                f"stopped after update {stop.update}, and nothing is kept: give fit a folder, "
                "and it can go on from there by resume=True"
            ) from None
