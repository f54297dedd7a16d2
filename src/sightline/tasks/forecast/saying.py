"""What a network says of windows, and intervals from it that cover."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sightline.data.series import Windows
from sightline.errors import ConfigError
from sightline.layers.scaling import Scale
from sightline.models.forecast import ForecastNetwork, Head
from sightline.tasks.forecast.building import window_of
from sightline.tasks.forecast.intervals import Claims, Intervals, calibrate, nested
from sightline.training import load_tensors, save_tensors

__all__ = ["CALIBRATION", "Said", "calibrated", "say"]

CALIBRATION = "calibration.safetensors"
_ROWS = 1_024

Array = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Said:
    """Of n windows what the network says, in which scale, in which unit errors are alike, and the truth if known.

    Attributes:
        numbers: `[n, H, P]`.
        scale: of each window.
        unit: `[n]`, how large a window's values are.
        truth: `[n, H]`, NaN where it was not observed.
    """

    numbers: Tensor
    scale: Scale
    unit: Tensor
    truth: Tensor

    @classmethod
    def together(cls, parts: Sequence["Said"]) -> "Said":
        """All windows of some parts, one part after the other."""
        scale = Scale(*(torch.cat(found) for found in zip(*(part.scale for part in parts), strict=True)))
        named = ("numbers", "unit", "truth")
        numbers, unit, truth = (torch.cat([getattr(part, name) for part in parts]) for name in named)
        return cls(numbers, scale, unit, truth)

    def point(self, head: Head) -> Array:
        """The forecasts, `[n, H]`."""
        return head.point(self.numbers, self.scale).cpu().double().numpy()

    def judges(self) -> tuple[Array, Array]:
        """What errors are counted from and in: the truth and the unit."""
        return self.truth.cpu().double().numpy(), self.unit.cpu().double().numpy()

    def claims(self, head: Head, levels: Sequence[float]) -> Claims:
        """What the head itself says of levels: its quantiles as far as it knows any, else the point alone."""
        truth, unit = self.judges()
        if head.span is None or not levels:
            return Claims.of_points(self.point(head), truth, unit, len(levels))
        low, high = (
            [min(max(0.5 + side * level / 2, head.span[0]), head.span[1]) for level in levels] for side in (-1, 1)
        )
        found = head.quantiles(self.numbers, self.scale, [*low, *high]).cpu().double().numpy()
        return Claims(nested(Intervals(found[..., : len(levels)], found[..., len(levels) :])), truth, unit)

    def save(self, path: Path) -> None:
        """Write it down; raises OutputError where that cannot be."""
        tensors = {"numbers": self.numbers, "location": self.scale.location, "size": self.scale.size}
        tensors |= {"unit": self.unit, "truth": self.truth}
        save_tensors(path, {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}, {})

    @classmethod
    def load(cls, path: Path) -> "Said":
        """Read it; raises ModelFolderError where it is missing or damaged."""
        tensors, _ = load_tensors(path)
        scale = Scale(tensors["location"], tensors["size"])
        return cls(tensors["numbers"], scale, tensors["unit"], tensors["truth"])


@torch.inference_mode()
def say(network: ForecastNetwork, windows: Windows, cutoffs: Tensor, units: Tensor) -> Said:
    """What the network says of the windows of these names.

    Args:
        network: in evaluation mode.
        windows: with encoded covariates.
        cutoffs: names of windows, at least one.
        units: of each series, `[N, 1]`.
    """
    parts: list[Said] = []
    for some in cutoffs.split(_ROWS):
        batch = windows.gather(some)
        forecast = network(window_of(batch))
        unit = forecast.scale.size if network.scaling == "standard" else units[batch.series]
        truth = batch.target.masked_fill(~batch.target_mask, torch.nan)
        parts.append(Said(forecast.numbers, forecast.scale, unit[:, 0], truth))
    return Said.together(parts)


def calibrated(
    head: Head, earlier: Said, said: Said, age: NDArray[np.int64], levels: Sequence[float], rate: float
) -> Intervals:
    """Intervals that cover as often as they say, around the forecasts (see `intervals.calibrate`).

    Args:
        head: of the network.
        earlier: windows whose truth was known before.
        said: those to give intervals of; their truth, as far as it is known, is used for later ones.
        age: when each of `said` was said, in steps.
        levels: shares to be covered, rising.
        rate: how fast levels follow what was covered.

    Raises:
        ConfigError: where no truth is known.
    """
    if earlier.truth.isnan().all():
        raise ConfigError("no truth is known of earlier forecasts, so that intervals cannot be calibrated")
    found = calibrate(earlier.claims(head, levels), said.claims(head, levels), age, levels, rate)
    return found.around(said.point(head))
