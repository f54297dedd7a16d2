"""A model from its folder, whatever its task."""

from pathlib import Path

from sightline.errors import ModelFolderError
from sightline.tasks.classify import Classifier
from sightline.tasks.folder import read_manifest
from sightline.tasks.forecast import Forecaster
from sightline.tasks.translate import Translator

__all__ = ["TASKS", "load"]

TASKS = {"translate": Translator, "forecast": Forecaster, "classify": Classifier}


def load(folder: str | Path) -> Translator | Forecaster | Classifier:
    """The model in a folder, whatever its task.

    Raises:
        ModelFolderError: where the folder is missing, unfinished, damaged, or of a task that this version lacks.
    """
    task = read_manifest(folder)["task"]
    if task not in TASKS:
        raise ModelFolderError(f"{folder}: holds a model of the task {task!r}, which this version does not have")
    return TASKS[task].load(folder)
