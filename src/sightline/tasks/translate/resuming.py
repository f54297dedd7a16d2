"""Going on with a training that stopped: what must be the same as then, and what may change."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sightline.data import Pair
from sightline.errors import ConfigError, DataError, ModelFolderError
from sightline.files import make_folder, write_atomic
from sightline.tasks.config import read_config
from sightline.tasks.folder import CONFIG, RECORD, TRAINING
from sightline.tasks.translate.config import TranslateConfig
from sightline.training import has_checkpoint

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


def record_data(place: Path, train: Sequence[Pair], valid: Sequence[Pair]) -> None:
    """Write down which pairs a run trains on, so that it can be told whether they are still the same."""
    record = {"train": _fingerprint(train), "valid": _fingerprint(valid)}
    write_atomic(make_folder(place / TRAINING) / RECORD, json.dumps(record, indent=2).encode())


def compare_run(place: Path, config: TranslateConfig, train: Sequence[Pair], valid: Sequence[Pair]) -> list[str]:
    """What changed since the run in a folder stopped, each in one line.

    Raises:
        ModelFolderError: where the folder holds nothing to go on from.
        ConfigError: where the model, the tokenizers, or how pairs are chosen changed.
        DataError: where the validation pairs changed.
    """
    if not has_checkpoint(place / TRAINING):
        overwrite = " and with --overwrite" if place.is_dir() and any(place.iterdir()) else ""
        raise ModelFolderError(
            f"{place}: there is no training to go on with: nothing was saved here yet; run without --resume{overwrite}"
        )
    then, now = (_flat(each.model_dump(mode="json")) for each in (read_config(place / CONFIG, TranslateConfig), config))
    changed = {key: (then.get(key), now.get(key)) for key in [*then, *now] if then.get(key) != now.get(key)}
    changed = {key: both for key, both in changed.items() if not _within(key, _FILES)}
    fixed = [_tell(key, *both) for key, both in changed.items() if _within(key, _FIXED)]
    if fixed:
        raise ConfigError(
            f"{place}: a training goes on with the same model, tokenizers and choice of pairs, and now "
            f"{'; '.join(fixed)}. Set them as they were, or train anew in another folder"
        )
    told = [_tell(key, *both) for key, both in changed.items()]
    return told + _compare_data(place, train, valid)


def _compare_data(place: Path, train: Sequence[Pair], valid: Sequence[Pair]) -> list[str]:
    path = place / TRAINING / RECORD
    try:
        record = json.loads(path.read_bytes())
        trained, validated = record["train"], record["valid"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFolderError(
            f"{path}: missing or damaged, so that the training cannot go on safely; train anew with --overwrite"
        ) from error
    if validated != _fingerprint(valid):
        raise DataError(
            f"the validation pairs are not those of the training in {place} ({validated['pairs']:,} pairs then, "
            f"{len(valid):,} now), so that its metrics could not be compared. Give the same pairs (if none are given, "
            "they are held out of the training pairs), or train anew in another folder"
        )
    if trained != _fingerprint(train):
        return [f"the training pairs are others ({trained['pairs']:,} then, {len(train):,} now)"]
    return []


def _fingerprint(pairs: Sequence[Pair]) -> dict[str, Any]:
    digest = hashlib.sha256(json.dumps(pairs).encode())
    return {"pairs": len(pairs), "sha256": digest.hexdigest()}


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Nested values under dotted keys."""

    def walk(inner: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
        for key, value in inner.items():
            if isinstance(value, dict):
                yield from walk(value, f"{prefix}{key}.")
            else:
                yield prefix + key, value

    return dict(walk(values, ""))


def _within(key: str, sections: Sequence[str]) -> bool:
    return any(key == section or key.startswith(section + ".") for section in sections)


def _tell(key: str, then: object, now: object) -> str:
    return f"{key} is {now}, and was {then}"
