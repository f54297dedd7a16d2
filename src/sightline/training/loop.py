"""The training loop: a module, a loss function and an iterable of batches."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from typing import TypeVar

import torch
from torch import nn

from sightline.errors import ConfigError, OutputError
from sightline.files import make_folder
from sightline.training.checkpoints import checkpoint_path, has_checkpoint
from sightline.training.events import Failed, Finished, FitResult, Listener
from sightline.training.interrupts import stop_on_signals
from sightline.training.losses import Loss
from sightline.training.run import Run
from sightline.training.runtime import cuda_devices
from sightline.training.settings import TrainSettings

__all__ = ["fit"]

Model = TypeVar("Model", bound=nn.Module)
Batch = TypeVar("Batch")


def fit(
    model: Model,
    *,
    batches: Callable[[int], Iterable[Batch]],
    loss: Callable[[Model, Batch], Loss],
    validate: Callable[[Model], Mapping[str, float]],
    settings: TrainSettings,
    folder: str | PathLike[str],
    resume: bool = False,
    finish: bool = False,
    on_event: Sequence[Listener] = (),
) -> FitResult:
    """Trains a model and leaves it, in evaluation mode, with the best weights found.

    The gradient of an update is that of `sum of totals / sum of counts` over its batches. After each validation the
    whole state is saved in `folder`; a resumed run ends with the same bits as one that was never interrupted,
    provided that `batches` depends on the epoch alone. The caller's random generators are left as they were.

    With `keep_best` the weights of the best validations are kept in `folder`; at the end their average is validated
    and taken if it is no worse than the best single one (see `FitResult.taken`).

    Args:
        model: what is trained, on the device it lies on.
        batches: epoch, counted from 1 -> that epoch's batches.
        loss: the model and one batch -> the summed loss and its count.
        validate: the model, in evaluation mode and without gradients -> named metrics.
        settings: how long, how fast, by what measure.
        folder: where checkpoints go; created if need be.
        resume: go on from the checkpoint in `folder`.
        finish: train no further: end the resumed run with the best weights it found.
        on_event: each is called with every event (see `sightline.training.events`).

    Raises:
        TrainingError: when a loss or gradient is not finite, or an epoch has no batches.
        Interrupted: when SIGINT or SIGTERM came, after the state was saved.
        OutputError: when the folder cannot be written, or holds another run that was not asked to be resumed.
        ModelFolderError: when the checkpoint to resume from is missing, damaged or of another model.
        ConfigError: when `validate` does not return the metric that the settings name, or `finish` comes without
            `resume`.

    Example:
        >>> import tempfile
        >>> def squares(model, batch):
        ...     return Loss((model(batch) - 2 * batch).square().sum(), len(batch))
        >>> data = torch.tensor([[1.0], [2.0]])
        >>> model = nn.Linear(1, 1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     result = fit(
        ...         model,
        ...         batches=lambda epoch: [data],
        ...         loss=squares,
        ...         validate=lambda model: {"loss": squares(model, data).total.item()},
        ...         settings=TrainSettings(max_updates=300, validate_every=100, learning_rate=0.1, warmup=10),
        ...         folder=folder,
        ...     )
        >>> result.update, result.metrics["loss"] < 0.01
        (300, True)
    """
    if finish and not resume:
        raise ConfigError("finish ends a run that was begun: it goes with resume")
    place = make_folder(folder)
    if has_checkpoint(place) and not resume:
        raise OutputError(
            f"{place}: holds the checkpoint of an earlier run ({checkpoint_path(place).name}); resume it, name another "
            "folder, or delete it first"
        )
    run = Run(model, batches, loss, validate, settings, place, on_event)
    try:
        with torch.random.fork_rng(devices=cuda_devices(model)):
            run.start(resume)
            already_done = resume and run.is_over()
            with stop_on_signals() as request:
                reason = "told to finish" if finish and not already_done else run.train(request)
            result = run.finish(reason, already_done)
    except BaseException as error:
        run.tell(Failed(error))
        raise
    run.tell(Finished(result))
    return result
