"""Going on with a training that stopped: what must be the same as then, and what may change."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sightline.errors import ConfigError, ModelFolderError
from sightline.files import make_folder, write_atomic
from sightline.tasks.config import Section, read_config
from sightline.tasks.folder import CONFIG, RECORD, TRAINING
from sightline.training import has_checkpoint

__all__ = ["changed_options", "read_record", "write_record"]


def write_record(place: Path, record: Mapping[str, Any]) -> None:
    """Write down which data a run trains on, so that it can be told whether they are still the same."""
    write_atomic(make_folder(place / TRAINING) / RECORD, json.dumps(record, indent=2).encode())


def read_record(place: Path, *keys: str) -> list[Any]:
    """These values of what was written down; raises ModelFolderError where it is missing or damaged."""
    path = place / TRAINING / RECORD
    try:
        record = json.loads(path.read_bytes())
        return [record[key] for key in keys]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFolderError(
            f"{path}: missing or damaged, so that the training cannot go on safely; train anew with --overwrite"
        ) from error


def changed_options(
    place: Path, config: Section, *, fixed: Sequence[str], files: Sequence[str], what: str
) -> list[str]:
    """Which options are others than when the run in a folder stopped, each in one line.

    Args:
        place: the folder.
        config: the options now.
        fixed: keys, and sections, that must be what they were.
        files: those that say where things lie, which may move.
        what: what the fixed ones are about, for people.

    Raises:
        ModelFolderError: where the folder holds nothing to go on from.
        ConfigError: where a fixed option changed.
    """
    if not has_checkpoint(place / TRAINING):
        overwrite = " and with --overwrite" if place.is_dir() and any(place.iterdir()) else ""
        raise ModelFolderError(
            f"{place}: there is no training to go on with: nothing was saved here yet; run without --resume{overwrite}"
        )
    then, now = (_flat(each.model_dump(mode="json")) for each in (read_config(place / CONFIG, type(config)), config))
    changed = {key: (then.get(key), now.get(key)) for key in [*then, *now] if then.get(key) != now.get(key)}
    changed = {key: both for key, both in changed.items() if not _within(key, files)}
    broken = [_tell(key, *both) for key, both in changed.items() if _within(key, fixed)]
    if broken:
        raise ConfigError(
            f"{place}: a training goes on with the same {what}, and now {'; '.join(broken)}. Set them as they were, or "
            "train anew in another folder"
        )
    return [_tell(key, *both) for key, both in changed.items()]


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
