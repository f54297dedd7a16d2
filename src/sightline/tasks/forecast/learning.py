"""Training a forecaster: which windows, where the line begins, the hand-over to the loop."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from sightline.data.series import Panel, WindowBatch, Windows
from sightline.models.forecast import ForecastNetwork, Ridge
from sightline.tasks.forecast.building import Parts, ahead_of, window_of
from sightline.tasks.forecast.config import ForecastConfig
from sightline.tasks.forecast.starting import Start
from sightline.training import FitResult, Listener, Loss, TrainSettings, fast_matmul, fit

__all__ = ["learn", "units_of"]

_PENALTIES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
_LINE_WINDOWS = 50_000  # more than these change the line no more
_ROWS = 1_024  # windows at once when validation forecasts


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


def learn(
    start: Start,
    config: ForecastConfig,
    *,
    folder: Path,
    resume: bool,
    finish: bool,
    listeners: Sequence[Listener],
) -> FitResult:
    """Train the network in place; it ends with the weights that were best on the windows of validation."""
    network, windows = start.parts.network, start.windows
    training = config.training
    settings = TrainSettings(
        max_updates=training.updates,
        max_epochs=training.epochs,
        max_minutes=training.minutes,
        optimizer=training.optimizer,
        learning_rate=training.learning_rate,
        schedule=training.schedule,
        warmup=training.warmup,
        clip_norm=training.clip_norm,
        weight_decay=training.weight_decay,
        validate_every=training.validate_every,
        patience=training.patience,
        keep_best=training.keep_best,
        seed=config.seed,
    )
    units = units_of(start.parts, windows.panel)
    if config.line and not resume:
        _begin_with_the_line(network, start, units)

    def loss(network: ForecastNetwork, batch: WindowBatch) -> Loss:
        ahead = ahead_of(batch)
        return Loss(*network.loss(network(window_of(batch), ahead), ahead, units[batch.series]))

    with fast_matmul(training.matmul, units.device):
        return fit(
            network,
            batches=lambda epoch: _Epoch(windows, start.train, config, epoch),
            loss=loss,
            validate=lambda network: {"loss": _validate(network, windows, start.valid, units)},
            settings=settings,
            folder=folder,
            resume=resume,
            finish=finish,
            on_event=listeners,
        )


def units_of(parts: Parts, panel: Panel) -> Tensor:
    """How large the values of each series are, `[N, 1]`."""
    device = next(parts.network.parameters()).device
    return torch.tensor([[parts.series.units[name]] for name in panel.ids], device=device)


@torch.inference_mode()
def _validate(network: ForecastNetwork, windows: Windows, cutoffs: Tensor, units: Tensor) -> float:
    """The loss of a step, answering without the truth."""
    total, count = 0.0, 0
    for some in cutoffs.split(_ROWS):
        batch = windows.gather(some)
        loss, steps = network.loss(network(window_of(batch)), ahead_of(batch), units[batch.series])
        total, count = total + float(loss), count + steps
    return total / count if count else float("nan")


def _begin_with_the_line(network: ForecastNetwork, start: Start, units: Tensor) -> None:
    """The line in closed form, with the penalty that validation likes best; the core learns what it leaves."""
    ridge = Ridge(network.look_back, network.horizon, network.scaling)
    step = -(-len(start.train) // _LINE_WINDOWS)
    for some in start.train[::step].split(_ROWS):
        batch = start.windows.gather(some)
        ridge.add(window_of(batch), ahead_of(batch), units[batch.series])
    alone = ForecastNetwork(
        None, network.head, look_back=network.look_back, horizon=network.horizon, scaling=network.scaling
    ).to(units.device)
    losses: list[float] = []
    for penalty in _PENALTIES:
        alone.begin_at(*ridge.solve(penalty))
        losses.append(_validate(alone, start.windows, start.valid, units))
    network.begin_at(*ridge.solve(_PENALTIES[int(np.argmin(losses))]))
