"""Training a forecaster: which windows, where the line begins, the hand-over to the loop."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from sightline.data.series import WindowBatch, Windows, alike
from sightline.models.forecast import ForecastNetwork
from sightline.tasks.forecast.building import Parts, ahead_of, units_of, window_of
from sightline.tasks.forecast.config import ForecastConfig
from sightline.tasks.forecast.line import best_line, best_share, mean_loss
from sightline.tasks.forecast.saying import Said, say
from sightline.tasks.forecast.starting import Start
from sightline.training import FitResult, Listener, Loss, fast_matmul, fit

__all__ = ["Trained", "calibration_windows", "notes_of", "train"]

_CALIBRATION_WINDOWS, _ENOUGH = 2_000, 500  # at most; without more of long series than of short ones


class Trained(NamedTuple):
    """What a forecaster is made of, and what it said of windows that were held out, whose truth is known."""

    parts: Parts
    earlier: Said

    def say(self, windows: Windows, cutoffs: Tensor) -> Said:
        """What the network says of the windows of these names."""
        return _say(self.parts, windows, cutoffs)


class _Epoch:
    """An epoch's batches, each with its number known before."""

    def __init__(self, windows: Windows, cutoffs: Tensor, config: ForecastConfig, epoch: int) -> None:
        size = config.training.batch_windows
        self._count = -(-min(len(cutoffs), config.training.epoch_windows) // size)
        self._batches = windows.batches(cutoffs, size, seed=config.seed, epoch=epoch)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[WindowBatch]:
        return islice(self._batches, self._count)


def train(
    start: Start,
    config: ForecastConfig,
    *,
    folder: Path,
    resume: bool,
    finish: bool,
    listeners: Sequence[Listener],
) -> tuple[Trained, FitResult]:
    """Train the network in place; it ends with the weights that were best on the windows of validation.

    Some of these windows are forecast at last, so that it is known how wrong forecasts are.
    """
    network, windows = start.parts.network, start.windows
    settings = config.training.settings(config.seed, validate_first=config.line_is == "start")
    units = units_of(start.parts, windows.panel)
    alone = None if network.line is None else best_line(start, network.head, network.scaling)
    if alone is not None and config.line_is == "start" and not resume:
        network.begin_at(*alone.straight())

    def loss(network: ForecastNetwork, batch: WindowBatch) -> Loss:
        ahead = ahead_of(batch)
        return Loss(*network.loss(network(window_of(batch), ahead), ahead, units[batch.series]))

    kind = config.training.matmul
    with fast_matmul("exact" if kind == "auto" else kind, units.device):
        result = fit(
            network,
            batches=lambda epoch: _Epoch(windows, start.train, config, epoch),
            loss=loss,
            validate=lambda network: {"loss": mean_loss(network, windows, start.valid, units)},
            settings=settings,
            folder=folder,
            resume=resume,
            finish=finish,
            on_event=listeners,
        )
        if alone is not None:
            share, loss_so = best_share(network.eval(), alone, start)
            network.join(*alone.straight(), share)
            result = replace(result, metrics={"loss": loss_so})
    return Trained(start.parts, _say(start.parts, windows, calibration_windows(start))), result


def notes_of(trained: Trained, result: FitResult) -> Iterator[str]:
    """What people should know of a training that ended."""
    share, loss = trained.parts.network.share, f"loss {result.metrics['loss']:.4g}"
    unmoved = result.taken == "best" and result.best is not None and result.best.update == 0
    if unmoved or share == 0:
        yield (
            "note: the network found nothing that helps on the windows of validation, so that forecasts are those of "
            f"the straight line alone: {loss}"
        )
    elif share is not None:
        yield (
            f"note: {float(share):.0%} of each forecast is the network's and {1 - float(share):.0%} a straight line's, "
            f"as does best on the windows of validation: {loss}"
        )


def calibration_windows(start: Start) -> Tensor:
    """Names of the windows that tell how wrong forecasts are: of each series as many, where they are enough so."""
    return alike(start.valid, _CALIBRATION_WINDOWS, _ENOUGH)


def _say(parts: Parts, windows: Windows, cutoffs: Tensor) -> Said:
    network, units = parts.network, units_of(parts, windows.panel)
    if network.training:  # to go through all its layers takes a tenth of a forecast
        network.eval()
    with fast_matmul("exact", units.device):
        return say(network, windows, cutoffs, units)
