"""Everything about a run that is a number or a name."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sightline.errors import ConfigError
from sightline.training.optimizer import OPTIMIZERS
from sightline.training.schedules import SCHEDULES, Schedule

__all__ = ["TrainSettings"]


@dataclass(frozen=True, kw_only=True)
class TrainSettings:
    """How long, how fast and by what measure to train.

    An update is one step of the optimizer. At least one of `max_updates`, `max_epochs`, `max_minutes` and `patience`
    must be set, so that training ends; the first one reached ends it.

    Attributes:
        max_updates: updates, over all resumed runs.
        max_epochs: passes over the batches.
        max_minutes: wall-clock minutes, validation and earlier runs that were resumed included.
        accumulate: batches per update; their gradients add up exactly as if they were one batch.
        optimizer: a name in `OPTIMIZERS` (see `build_optimizers`).
        learning_rate: the peak, reached at the end of the warm-up.
        schedule: a name in `SCHEDULES`, or a function `(step, warmup, total) -> factor`. With `max_minutes`, one that
            asks for the total follows the clock: such a run is not repeated to the bit.
        warmup: updates over which the learning rate rises.
        clip_norm: largest global norm of the gradient (of the loss per token), or None for no clipping.
        weight_decay: decoupled decay of matrices (see `build_optimizers`).
        betas: AdamW's decay rates of the first and second moment.
        validate_every: updates between validations, or None for once after each epoch.
        validate_first: validate before the first update too, for weights that begin well and may be the best.
        metric: the name, in what `validate` returns, that decides which weights are best.
        mode: whether the metric is better when higher ("max") or lower ("min").
        patience: validations without a new best before training stops, or None for never.
        keep_best: how many of the best weights to keep and average; 0 keeps none and ends with the last weights.
        seed: of dropout and whatever else the model draws.

    Raises:
        ConfigError: when a value makes no sense; the message says what would.

    Example:
        >>> TrainSettings(max_updates=1000, metric="bleu", mode="max").schedule
        'inverse_sqrt'
    """

    max_updates: int | None = None
    max_epochs: int | None = None
    max_minutes: float | None = None
    accumulate: int = 1
    optimizer: str = "adamw"
    learning_rate: float = 1e-3
    schedule: str | Schedule = "inverse_sqrt"
    warmup: int = 400
    clip_norm: float | None = 1.0
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.98)
    validate_every: int | None = None
    validate_first: bool = False
    metric: str = "loss"
    mode: Literal["max", "min"] = "min"
    patience: int | None = None
    keep_best: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise ConfigError("; ".join(problems))

    def _problems(self) -> Iterator[str]:
        ends = (self.max_updates, self.max_epochs, self.max_minutes, self.patience)
        if all(end is None for end in ends):
            yield "nothing ends the training: set max_updates, max_epochs, max_minutes or patience"
        for name in ("max_updates", "max_epochs", "accumulate", "validate_every", "patience"):
            if (value := getattr(self, name)) is not None and value < 1:
                yield f"{name} is {value}; it must be at least 1"
        for name in ("learning_rate", "clip_norm", "max_minutes"):
            if (value := getattr(self, name)) is not None and not (value > 0 and math.isfinite(value)):
                yield f"{name} is {value}; it must be a number above 0"
        for name in ("warmup", "weight_decay", "keep_best"):
            if not getattr(self, name) >= 0:
                yield f"{name} is {getattr(self, name)}; it must be at least 0"
        if not all(0 <= beta < 1 for beta in self.betas):
            yield f"betas are {self.betas}; both must be at least 0 and less than 1, such as (0.9, 0.98)"
        if self.optimizer not in OPTIMIZERS:
            yield f"optimizer is {self.optimizer!r}; there are {', '.join(OPTIMIZERS)}"
        if self.mode not in ("max", "min"):
            yield f'mode is {self.mode!r}; it must be "max" or "min"'
        yield from self._schedule_problems()

    def _schedule_problems(self) -> Iterator[str]:
        if isinstance(self.schedule, str) and self.schedule not in SCHEDULES:
            yield f"schedule is {self.schedule!r}; there are {', '.join(SCHEDULES)}"
        if self.schedule == "cosine" and all(x is None for x in (self.max_updates, self.max_epochs, self.max_minutes)):
            yield 'the schedule "cosine" needs to know where it ends: set max_updates, max_epochs or max_minutes'

    def rate(self, update: int, done: float | None = None) -> float:
        """The learning rate of an update, counted from 1.

        Where epochs or minutes end the run, its last update is guessed from the share `done` before this one.
        """
        schedule = SCHEDULES[self.schedule] if isinstance(self.schedule, str) else self.schedule
        ends = [] if self.max_updates is None else [self.max_updates]
        if done and (self.max_epochs is not None or self.max_minutes is not None):
            ends.append(round(update / done))
        return self.learning_rate * schedule(update, self.warmup, min(ends, default=None))

    def at_least_as_good(self, metric: float, other: float) -> bool:
        """Whether one value of the metric is no worse than another; False where either is NaN."""
        return metric >= other if self.mode == "max" else metric <= other
