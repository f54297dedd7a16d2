"""The whole state of a run in one file, from which it goes on bit for bit."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from sightline.errors import ModelFolderError
from sightline.training.averaging import Kept
from sightline.training.events import Validated
from sightline.training.settings import TrainSettings
from sightline.training.storage import load_tensors, save_tensors

__all__ = ["RunState", "checkpoint_path", "has_checkpoint", "load_checkpoint", "save_checkpoint", "settings_json"]

_VERSION = 2


@dataclass
class RunState:
    """Where a run stands, besides its tensors.

    Attributes:
        update: updates made.
        epoch: the epoch, counted from 1.
        batch: batches of this epoch already used.
        seconds: time spent.
        tokens: tokens trained on.
        loss_total: training loss summed since the last validation.
        loss_count: tokens it was summed over.
        due: a validation is owed before the next update.
        stale: validations since the last best one.
        history: all validations.
        kept: the best weights on disk.
    """

    update: int = 0
    epoch: int = 1
    batch: int = 0
    seconds: float = 0.0
    tokens: int = 0
    loss_total: float = 0.0
    loss_count: int = 0
    due: bool = False
    stale: int = 0
    history: list[Validated] = field(default_factory=lambda: [])
    kept: list[Kept] = field(default_factory=lambda: [])


def checkpoint_path(folder: Path) -> Path:
    """Where the last checkpoint of a run lies."""
    return folder / "last.safetensors"


def has_checkpoint(folder: Path) -> bool:
    """Whether a run in this folder can be resumed."""
    return checkpoint_path(folder).exists()


def save_checkpoint(
    folder: Path,
    model: nn.Module,
    optimizers: Sequence[torch.optim.Optimizer],
    state: RunState,
    settings: TrainSettings,
) -> None:
    """Writes weights, optimizer state and `state` in one atomic step.

    Raises:
        OutputError: when there is no room, or the file cannot be written; the earlier checkpoint stays.
    """
    tensors = {f"model/{name}": tensor for name, tensor in model.state_dict().items()}
    for name, optimizer, parameter in _optimized(model, optimizers):
        for key, tensor in optimizer.state[parameter].items():
            tensors[f"optimizer/{name}/{key}"] = tensor
    about = {"version": _VERSION, "state": dataclasses.asdict(state), "settings": settings_json(settings)}
    save_tensors(checkpoint_path(folder), tensors, about)


def load_checkpoint(
    folder: Path, model: nn.Module, optimizers: Sequence[torch.optim.Optimizer]
) -> tuple[RunState, dict[str, Any]]:
    """Puts a saved state back into the model and the optimizers.

    Returns:
        Where the run stood, and the settings it had, as JSON values.

    Raises:
        ModelFolderError: when there is no checkpoint, it is damaged, or it belongs to another model or version.
    """
    path = checkpoint_path(folder)
    if not path.exists():
        raise ModelFolderError(
            f"{folder}: no checkpoint to resume from ({path.name} is not there); train without resuming"
        )
    tensors, about = load_tensors(path)
    if about.get("version") != _VERSION:
        raise ModelFolderError(
            f"{path}: of version {about.get('version')}, this program reads version {_VERSION}; train again, or use "
            "the program that wrote it"
        )
    try:
        model.load_state_dict(_under("model/", tensors))
    except RuntimeError as error:
        raise ModelFolderError(f"{path}: belongs to a model of another shape: {error}") from error
    for name, optimizer, parameter in _optimized(model, optimizers):
        saved = _under(f"optimizer/{name}/", tensors)
        if saved:
            optimizer.state[parameter] = {key: tensor.to(parameter.device) for key, tensor in saved.items()}
    return _state_from_json(about["state"]), about["settings"]


def settings_json(settings: TrainSettings) -> dict[str, Any]:
    """The settings as JSON values; a schedule of the caller's own by its name."""
    values = dataclasses.asdict(settings) | {"betas": list(settings.betas)}
    if not isinstance(settings.schedule, str):
        values["schedule"] = getattr(settings.schedule, "__qualname__", "own function")
    return values


def _optimized(
    model: nn.Module, optimizers: Sequence[torch.optim.Optimizer]
) -> Iterator[tuple[str, torch.optim.Optimizer, nn.Parameter]]:
    """Each parameter's name, its optimizer, and itself."""
    names = {parameter: name for name, parameter in model.named_parameters()}
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            yield from ((names[parameter], optimizer, parameter) for parameter in group["params"])


def _state_from_json(values: Mapping[str, Any]) -> RunState:
    history = [Validated(**entry) for entry in values["history"]]
    kept = [Kept(**entry) for entry in values["kept"]]
    rest = {name: value for name, value in values.items() if name not in ("history", "kept")}
    return RunState(**rest, history=history, kept=kept)


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name[len(prefix) :]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}
