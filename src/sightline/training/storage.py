"""Files that are whole or not there at all: atomic writes, and tensors with a checksum in safetensors."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from sightline.errors import ModelFolderError, OutputError

__all__ = ["load_tensors", "make_folder", "save_tensors", "write_atomic"]

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_KEY = "sightline"
_LENGTH_BYTES = 8


def make_folder(path: str | os.PathLike[str]) -> Path:
    """Creates a folder, and those above it, unless it is there.

    Raises:
        OutputError: when it cannot be created, or a file stands in its place.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise OutputError(
            f"{folder}: a file stands where a folder is needed; move it, or name another folder"
        ) from error
    except OSError as error:
        raise OutputError(f"{folder}: the folder cannot be created ({error.strerror}); name another one") from error
    return folder


def write_atomic(path: str | os.PathLike[str], data: bytes) -> None:
    """Writes a file so that at any moment, also after a crash, the old one or the new one is there in full.

    The bytes go to a temporary file in the same folder, are forced to the disk, and take the place of `path` by one
    rename; the folder is forced to the disk too.

    Raises:
        OutputError: when the disk is full, a quota is used up, or the file cannot be written; the old file is left
            as it was and the temporary one is removed.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
        _sync_folder(target.parent)
    except OSError as error:
        raise OutputError(_why_not_written(target, len(data), error)) from error
    finally:
        with suppress(OSError):  # it is gone after the rename, and must not hide the first error
            temporary.unlink()


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # elsewhere a folder cannot be opened, and the rename is as lasting as it gets
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _why_not_written(target: Path, size: int, error: OSError) -> str:
    earlier = "the earlier file of this name is intact" if target.exists() else "nothing was left behind"
    if error.errno in _FULL:
        free = shutil.disk_usage(target.parent).free
        return (
            f"{target}: no room to write it ({error.strerror}): {size / 1e6:.1f} MB are needed, {free / 1e6:.1f} MB "
            f"are free on this disk (a quota or a limit on file size may leave less); {earlier}. Free some space or "
            "name another folder, then run again"
        )
    return f"{target}: cannot be written ({error.strerror}); {earlier}. Check the folder and its permissions"


def save_tensors(path: str | os.PathLike[str], tensors: Mapping[str, Tensor], metadata: Mapping[str, Any]) -> None:
    """Writes named tensors and a JSON object to one safetensors file, atomically and with a checksum over both.

    Names that share one tensor (tied weights) are stored once; `load_tensors` gives every name its tensor again.

    Args:
        path: the file, by custom ending in `.safetensors`.
        tensors: of any device; they are written from a copy on the CPU.
        metadata: anything that `json.dumps` takes.

    Raises:
        OutputError: as in `write_atomic`.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_tensors(f"{folder}/a.safetensors", {"x": torch.arange(3)}, {"update": 7})
        ...     load_tensors(f"{folder}/a.safetensors")
        ({'x': tensor([0, 1, 2])}, {'update': 7})
    """
    stored: dict[str, Tensor] = {}
    aliases: dict[str, str] = {}
    seen: dict[tuple[Any, ...], str] = {}
    for name, tensor in tensors.items():
        identity = (tensor.data_ptr(), tensor.device, tensor.dtype, tensor.shape, tensor.stride())
        if tensor.numel() and identity in seen:
            aliases[name] = seen[identity]
        else:
            seen[identity] = name
            stored[name] = tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
    about = json.dumps({"metadata": metadata, "aliases": aliases})
    header = {_KEY: about, "sha256": _digest(stored, about)}
    write_atomic(path, safetensors.torch.save(stored, header))


def load_tensors(path: str | os.PathLike[str]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Reads what `save_tensors` wrote, to the CPU: the tensors and the JSON object.

    Raises:
        ModelFolderError: when the file is missing, cut short, or differs in a single bit from what was written.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ModelFolderError(
            f"{path}: cannot be read ({error.strerror}); expected a file that Sightline saved"
        ) from error
    try:
        length = int.from_bytes(data[:_LENGTH_BYTES], "little")
        header: dict[str, str] = json.loads(data[_LENGTH_BYTES : _LENGTH_BYTES + length])["__metadata__"]
        stored = safetensors.torch.load(data)
        about, digest = header[_KEY], header["sha256"]
    except (SafetensorError, ValueError, LookupError, TypeError) as error:
        raise ModelFolderError(f"{path}: damaged, or not a file that Sightline saved ({error}); {_REMEDY}") from error
    if _digest(stored, about) != digest:
        raise ModelFolderError(f"{path}: damaged: its content does not fit its checksum; {_REMEDY}")
    content = json.loads(about)
    aliases: dict[str, str] = content["aliases"]
    return stored | {name: stored[first] for name, first in aliases.items()}, content["metadata"]


_REMEDY = "take another copy of it, or train again"


def _digest(tensors: Mapping[str, Tensor], about: str) -> str:
    """SHA-256 over the JSON text and each tensor's name, dtype, shape and bytes."""
    digest = hashlib.sha256(about.encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"\0{name}\0{tensor.dtype}\0{list(tensor.shape)}\0".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
