"""The best weights of a run, kept on disk, and their average."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from torch import Tensor

from sightline.training.storage import load_tensors, save_tensors

__all__ = ["BestWeights", "Kept", "average_weights"]


@dataclass(frozen=True, slots=True)
class Kept:
    """Weights on disk and what they are worth.

    Attributes:
        update: after which update they were taken.
        metric: their validation metric.
    """

    update: int
    metric: float


class BestWeights:
    """The `count` best weights seen, one file each, in a folder.

    Equal metrics rank by age: the earlier update is the better one, so that what is kept depends on the metrics
    alone. NaN ranks below everything and is never kept.

    `offer` writes but never deletes; `prune` deletes what is no longer kept. Between the two the caller saves the
    list in a checkpoint, so that a crash at any moment leaves every file that some checkpoint names.

    Args:
        folder: where the files go, as `best-<update>.safetensors`.
        count: how many to keep; 0 for none.
        mode: whether higher ("max") or lower ("min") is better.
        kept: those kept by a run that is resumed.
    """

    def __init__(self, folder: Path, count: int, mode: Literal["max", "min"], kept: Sequence[Kept] = ()) -> None:
        self._folder = folder
        self._count = count
        self._sign = 1.0 if mode == "max" else -1.0
        self._kept = sorted(kept, key=self._rank)[:count]

    @property
    def kept(self) -> tuple[Kept, ...]:
        """What is kept, the best first."""
        return tuple(self._kept)

    def path(self, kept: Kept) -> Path:
        """The file that holds these weights."""
        return self._folder / f"best-{kept.update}.safetensors"

    def offer(self, weights: Mapping[str, Tensor], update: int, metric: float) -> None:
        """Writes the weights if they are among the best.

        Raises:
            OutputError: when the file cannot be written.
        """
        candidate = Kept(update, metric)
        ranked = sorted([*self._kept, candidate], key=self._rank)[: self._count]
        if candidate in ranked and not math.isnan(metric):
            save_tensors(self.path(candidate), weights, {"update": update, "metric": metric})
            self._kept = ranked

    def prune(self) -> None:
        """Deletes the files of weights that are no longer kept."""
        wanted = {self.path(kept) for kept in self._kept}
        for file in self._folder.glob("best-*.safetensors"):
            if file not in wanted:
                file.unlink()

    def _rank(self, kept: Kept) -> tuple[float, int]:
        return (math.inf if math.isnan(kept.metric) else -self._sign * kept.metric, kept.update)


def average_weights(paths: Sequence[Path]) -> dict[str, Tensor]:
    """The mean of several saved weights, name by name.

        theta = 1/k sum_i theta_i

    Vaswani et al. 2017 (section 6.1) average the last checkpoints; here the caller chooses, and training takes the
    best. The sum is kept in float64, so that the order of the files does not show. Tensors of whole numbers, such as
    counters, are taken from the first file.

    Args:
        paths: files written by `save_tensors` with the same names and shapes; at least one.

    Raises:
        ModelFolderError: when a file is missing or damaged.
    """
    first, _ = load_tensors(paths[0])
    sums = {name: tensor.double() for name, tensor in first.items() if tensor.is_floating_point()}
    for path in paths[1:]:
        tensors, _ = load_tensors(path)
        for name, total in sums.items():
            total += tensors[name]
    means = {name: (total / len(paths)).to(first[name].dtype) for name, total in sums.items()}
    return first | means
