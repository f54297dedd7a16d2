"""Curves for TensorBoard."""

from os import PathLike
from typing import TYPE_CHECKING

from sightline.training.events import Event, Failed, Finished, Progress, Started, Validated

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

__all__ = ["TensorBoard"]


class TensorBoard:
    """A listener that writes scalars: `train/...` every few updates, `validation/...` with each validation.

    A run that is resumed goes on in the same folder; what the interrupted run had written past its last checkpoint
    is purged, so that no step is there twice.

    Args:
        folder: the log folder, as `tensorboard --logdir` takes it.
        every: updates between two points of the training curves.
    """

    def __init__(self, folder: str | PathLike[str], every: int = 10) -> None:
        self._folder = folder
        self._every = every
        self._writer: SummaryWriter | None = None

    def __call__(self, event: Event) -> None:
        """Writes what the event holds."""
        match event:
            case Started():
                from torch.utils.tensorboard import SummaryWriter

                self._writer = SummaryWriter(self._folder, purge_step=event.update + 1)
            case Progress() if event.update % self._every == 0:
                self._write("train/loss", event.loss, event.update)
                self._write("train/learning_rate", event.learning_rate, event.update)
                self._write("train/gradient_norm", event.gradient_norm, event.update)
                self._write("train/counted_per_second", event.counted_per_second, event.update)
            case Validated():
                for name, value in event.metrics.items():
                    self._write(f"validation/{name}", value, event.update)
            case Finished() | Failed() if self._writer is not None:
                self._writer.close()
            case _:
                pass

    def _write(self, name: str, value: float, update: int) -> None:
        if self._writer is not None:
            self._writer.add_scalar(name, value, update)
