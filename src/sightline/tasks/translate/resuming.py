"""Going on with the training of a translator: the same model, tokenizers and validation pairs."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sightline.data import Pair
from sightline.errors import DataError
from sightline.tasks.resuming import changed_options, read_record, write_record
from sightline.tasks.translate.config import TranslateConfig
from sightline.tasks.translate.guiding import Guide

__all__ = ["compare_run", "record_data"]

_FIXED = (
    "seed",
    "model",
    "source_tokenizer",
    "target_tokenizer",
    "shared_vocabulary",
    "data",
    "training.metric",
    "training.optimizer",
)
_FILES = ("output", "data.train", "data.valid")  # the pairs themselves are compared, wherever they lie


def record_data(place: Path, train: Sequence[Pair], valid: Sequence[Pair], guide: Guide) -> None:
    """Write down which pairs a run trains on, so that it can be told whether they are still the same."""
    write_record(place, {"train": _fingerprint(train, guide), "valid": _fingerprint(valid, {})})


def compare_run(
    place: Path, config: TranslateConfig, train: Sequence[Pair], valid: Sequence[Pair], guide: Guide
) -> list[str]:
    """What changed since the run in a folder stopped, each in one line.

    Raises:
        ModelFolderError: where the folder holds nothing to go on from.
        ConfigError: where the model, the tokenizers, or how pairs are chosen changed.
        DataError: where the validation pairs changed.
    """
    what = "model, tokenizers and choice of pairs"
    told = changed_options(place, config, fixed=_FIXED, files=_FILES, what=what)
    trained, validated = read_record(place, "train", "valid")
    if validated != _fingerprint(valid, {}):
        raise DataError(
            f"the validation pairs are not those of the training in {place} ({validated['pairs']:,} pairs then, "
            f"{len(valid):,} now), so that its metrics could not be compared. Give the same pairs (if none are given, "
            "they are held out of the training pairs), or train anew in another folder"
        )
    if trained != _fingerprint(train, guide):
        told.append(
            f"the training pairs{' or their links' if guide else ''} are others ({trained['pairs']:,} then, "
            f"{len(train):,} now)"
        )
    return told


def _fingerprint(pairs: Sequence[Pair], guide: Guide) -> dict[str, Any]:
    links = [sorted(guide.get(pair, ())) for pair in pairs if guide]
    digest = hashlib.sha256(json.dumps([pairs, links] if links else pairs).encode())
    return {"pairs": len(pairs), "sha256": digest.hexdigest()}
