"""The model folder: configuration, tokenizers and weights, with a manifest that tells whether they are whole.

my-model/
  manifest.json       what this is: format, task, versions, metrics, SHA-256 of all files; written last
  config.yaml         every option, resolved
  *.json              tokenizers
  model.safetensors   weights
  training/           checkpoints, curves, what the data were; not needed to predict
"""

import hashlib
import json
import shutil
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import nn

from sightline.errors import ModelFolderError, OutputError
from sightline.files import make_folder, write_atomic
from sightline.training import has_checkpoint, load_tensors, save_tensors

__all__ = [
    "CONFIG",
    "MANIFEST",
    "RECORD",
    "TRAINING",
    "WEIGHTS",
    "check_free",
    "hold",
    "load_weights",
    "new_folder",
    "read_manifest",
    "seal",
    "unseal",
]

MANIFEST = "manifest.json"
CONFIG = "config.yaml"
WEIGHTS = "model.safetensors"
TRAINING = "training"
RECORD = "data.json"
_FORMAT = 4
_REMEDY = "take the folder from a copy, or train again"


def check_free(folder: Path, *, overwrite: bool) -> None:
    """See that a model may be written to a folder.

    Raises:
        OutputError: where something is in the way, and how to go on.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not folder.is_dir():
        raise OutputError(f"{folder}: a file stands where the model's folder is to be: name another")
    trained, begun = (folder / MANIFEST).exists(), (folder / TRAINING / RECORD).exists()
    if not trained and not begun:
        raise OutputError(f"{folder}: the folder holds files that are no model of ours: name another folder")
    if not overwrite:
        saved = has_checkpoint(folder / TRAINING)
        unfinished = "a training that has not ended" if saved else "a training of which nothing was saved"
        state = "a trained model" if trained else unfinished
        more = "go on with its training by --resume (in Python resume=True), " if saved else ""
        raise OutputError(
            f"{folder}: the folder holds {state}: {more}write over it by --overwrite (in Python overwrite=True), or "
            "name another"
        )


def new_folder(path: str | Path, *, overwrite: bool = False) -> Path:
    """An empty folder for a model, or one whose model may be written over: its training is deleted.

    Raises:
        OutputError: where something is in the way, and how to go on.
    """
    folder = Path(path)
    check_free(folder, overwrite=overwrite)
    unseal(folder)
    shutil.rmtree(folder / TRAINING, ignore_errors=True)
    return make_folder(folder)


@contextmanager
def hold(folder: Path) -> Generator[None]:
    """Keep a folder to this process while it trains there; a process that dies lets go of it.

    Raises:
        OutputError: where another process trains in it.
    """
    if sys.platform == "win32":  # has no locks of this kind
        yield
        return
    import fcntl
    import os

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise OutputError(f"{folder}: another process is training in this folder: wait, or name another") from error
    except OSError:
        pass  # a file system without locks
    try:
        yield
    finally:
        os.close(descriptor)


def seal(folder: Path, task: str, network: nn.Module, files: Sequence[str], metrics: Mapping[str, float]) -> None:
    """Write the weights, and the manifest over all files, which are in place then: from now on the folder is a model.

    Args:
        folder: in which configuration and files stand already.
        task: that the model is for.
        network: whose weights to write.
        files: their names, apart from configuration and weights.
        metrics: of validation.

    Raises:
        OutputError: where the folder cannot be written.
    """
    save_tensors(folder / WEIGHTS, dict(network.named_parameters()), {})
    manifest: dict[str, Any] = {
        "format": _FORMAT,
        "task": task,
        "sightline": version("sightline"),
        "torch": version("torch"),
        "files": {name: _digest(folder / name) for name in (CONFIG, *files, WEIGHTS)},
        "metrics": dict(metrics),
    }
    manifest["sha256"] = _own_digest(manifest)
    write_atomic(folder / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False).encode())


def unseal(folder: Path) -> None:
    """Take the manifest away before its files change, so that a half-written model is never taken for a whole one."""
    (folder / MANIFEST).unlink(missing_ok=True)


def load_weights(folder: Path, network: nn.Module) -> None:
    """Give a network the weights in a model folder.

    Raises:
        ModelFolderError: where they are missing, damaged, or those of another network.
    """
    tensors, _ = load_tensors(folder / WEIGHTS)
    parameters = dict(network.named_parameters())
    if parameters.keys() != tensors.keys():
        raise ModelFolderError(f"{folder / WEIGHTS}: the weights are not those of the model in {CONFIG}")
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(tensors[name])


def read_manifest(folder: str | Path, task: str | None = None) -> dict[str, Any]:
    """The manifest of a model folder, after a check that each file is what it was.

    Args:
        folder: the folder.
        task: that the model has to be of; None for any.

    Raises:
        ModelFolderError: where the folder is missing, unfinished, damaged, of another task, or of a format that this
            version cannot read.
    """
    place = Path(folder)
    if not place.is_dir():
        what = "this is a file, not a model's folder" if place.exists() else "there is no such model folder"
        raise ModelFolderError(f"{place}: {what}")
    manifest = _parse_manifest(place)
    if task is not None and manifest["task"] != task:
        raise ModelFolderError(f"{place}: holds a model of the task {manifest['task']!r}, not {task!r}")
    for name, digest in manifest["files"].items():
        if not (place / name).is_file():
            raise ModelFolderError(f"{place}: the file {name} is missing; {_REMEDY}")
        if _digest(place / name) != digest:
            raise ModelFolderError(
                f"{place / name}: the file is damaged or was changed (its SHA-256 is not the manifest's); {_REMEDY}"
            )
    return manifest


def _parse_manifest(place: Path) -> dict[str, Any]:
    path = place / MANIFEST
    if not path.exists():
        if (place / TRAINING / RECORD).exists():
            command = f"sightline train {place / 'config.yaml'}"
            remedy = (
                f"its training has not ended: go on by  {command} --resume  or, with --finish, take the best so far"
                if has_checkpoint(place / TRAINING)
                else f"nothing of its training was saved: begin anew by  {command} --overwrite"
            )
        else:
            remedy = "it is no model folder, or not a whole one"
        raise ModelFolderError(f"{place}: the folder has no {MANIFEST}: {remedy}")
    try:
        manifest = json.loads(path.read_bytes())
        found, digest = manifest["format"], manifest.pop("sha256", None)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelFolderError(f"{path}: the manifest is damaged; {_REMEDY}") from error
    if digest != _own_digest(manifest):
        raise ModelFolderError(f"{path}: the manifest is damaged or was changed; {_REMEDY}")
    if found != _FORMAT:
        way = "update Sightline" if found > _FORMAT else "train again, or use the version that it was trained with"
        raise ModelFolderError(f"{path}: format {found}, and this version reads format {_FORMAT}: {way}")
    return manifest


def _own_digest(manifest: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelFolderError(f"{path}: the file cannot be read: {error.strerror}") from error
