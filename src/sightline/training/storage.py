"""Tensors in safetensors files, each whole and with a checksum, or not there at all."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from sightline.errors import ModelFolderError
from sightline.files import write_atomic

__all__ = ["load_tensors", "save_tensors"]

_KEY = "sightline"
_LENGTH_BYTES = 8


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
