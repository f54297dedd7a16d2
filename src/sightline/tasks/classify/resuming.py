"""Going on with the training of a classifier: the same model, words and documents."""

import hashlib
import json
from pathlib import Path
from typing import Any

from sightline.errors import DataError
from sightline.tasks.classify.config import ClassifyConfig
from sightline.tasks.classify.starting import Labelled
from sightline.tasks.resuming import changed_options, read_record, write_record

__all__ = ["compare_run", "record_data"]

_FIXED = ("seed", "model", "words", "data", "training.metric", "training.optimizer")
_FILES = ("output", "data.train", "data.valid", "words.vectors")


def record_data(place: Path, train: Labelled, valid: Labelled) -> None:
    """Write down which documents a run trains on, so that it can be told whether they are still the same."""
    write_record(place, {"train": _fingerprint(train), "valid": _fingerprint(valid)})


def compare_run(place: Path, config: ClassifyConfig, train: Labelled, valid: Labelled) -> list[str]:
    """What changed since the run in a folder stopped, each in one line.

    Raises:
        ModelFolderError: where the folder holds nothing to go on from.
        ConfigError: where the model, or how documents are read, changed.
        DataError: where the documents changed.
    """
    told = changed_options(place, config, fixed=_FIXED, files=_FILES, what="model, words and documents")
    for use, then, now in zip(
        ("training", "validation"), read_record(place, "train", "valid"), (train, valid), strict=True
    ):
        if then != _fingerprint(now):
            raise DataError(
                f"the {use} documents are not those of the training in {place} ({then['documents']:,} then, "
                f"{len(now.texts):,} now): give the same, or train anew in another folder"
            )
    return told


def _fingerprint(documents: Labelled) -> dict[str, Any]:
    digest = hashlib.sha256(json.dumps([*documents.texts, *documents.labels]).encode())
    return {"documents": len(documents.texts), "sha256": digest.hexdigest()}
