"""The model folder: configuration, tokenizers and weights, with a manifest that tells whether they are whole.

my-model/
  manifest.json       what this is: format, task, versions, metrics, SHA-256 of each other file; written last
  config.yaml         every option, resolved
  *.json              tokenizers
  model.safetensors   weights
  training/           checkpoints and curves; not needed to predict
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sightline.errors import ModelFolderError, OutputError
from sightline.training import make_folder, write_atomic

__all__ = ["MANIFEST", "TRAINING", "WEIGHTS", "new_folder", "read_manifest", "seal", "unseal"]

MANIFEST = "manifest.json"
WEIGHTS = "model.safetensors"
TRAINING = "training"
_FORMAT = 1


def new_folder(path: str | Path, *, overwrite: bool = False) -> Path:
    """An empty folder for a model, or one that may be written over.

    Raises:
        OutputError: where something is in the way, and how to go on.
    """
    folder = Path(path)
    if folder.is_dir() and any(folder.iterdir()) and not overwrite:
        state = "a trained model" if (folder / MANIFEST).exists() else "files"
        raise OutputError(
            f"{folder}: the folder holds {state} already: name another, go on with its training by --resume, "
            "or write over it by --overwrite"
        )
    unseal(folder)
    shutil.rmtree(folder / TRAINING, ignore_errors=True)
    return make_folder(folder)


def seal(folder: Path, task: str, files: list[str], about: Mapping[str, Any]) -> None:
    """Write the manifest over files that are all in place: from now on the folder is a model."""
    manifest = {
        "format": _FORMAT,
        "task": task,
        "sightline": version("sightline"),
        "torch": version("torch"),
        "files": {name: _digest(folder / name) for name in files},
        **about,
    }
    write_atomic(folder / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False).encode())


def unseal(folder: Path) -> None:
    """Take the manifest away before its files change, so that a half-written model is never taken for a whole one."""
    (folder / MANIFEST).unlink(missing_ok=True)


def read_manifest(folder: str | Path) -> dict[str, Any]:
    """The manifest of a model folder, after a check that each file is what it was.

    Raises:
        ModelFolderError: where the folder is missing, unfinished, damaged or of a format that this version cannot read.
    """
    place = Path(folder)
    if not place.is_dir():
        raise ModelFolderError(f"{place}: there is no such model folder")
    path = place / MANIFEST
    if not path.exists():
        unfinished = (place / TRAINING).is_dir()
        remedy = "its training has not ended: go on with sightline train --resume" if unfinished else "is it a model?"
        raise ModelFolderError(f"{place}: the folder has no {MANIFEST}: {remedy}")
    try:
        manifest = json.loads(path.read_bytes())
        files, found = dict(manifest["files"]), manifest["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFolderError(
            f"{path}: the manifest is damaged; take the folder from a copy, or train again"
        ) from error
    if found != _FORMAT:
        raise ModelFolderError(f"{path}: format {found}, and this version reads format {_FORMAT}: update Sightline")
    for name, digest in files.items():
        if not (place / name).is_file():
            raise ModelFolderError(f"{place}: the file {name} is missing; take the folder from a copy, or train again")
        if _digest(place / name) != digest:
            raise ModelFolderError(
                f"{place / name}: the file is damaged or was changed (its SHA-256 is not the manifest's); "
                "take the folder from a copy, or train again"
            )
    return manifest


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelFolderError(f"{path}: the file cannot be read: {error.strerror}") from error
