"""What a run reports while it goes on, and what it gives back at its end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = ["Event", "Failed", "Finished", "FitResult", "Listener", "Progress", "Started", "Stopping", "Validated"]


@dataclass(frozen=True, slots=True)
class Started:
    """Training begins, or goes on after `update` updates.

    Attributes:
        update: updates done by earlier runs; 0 for a fresh run.
        epoch: the epoch it is in, counted from 1.
        seconds: time spent by earlier runs.
        changed: settings that differ from the run resumed: name -> (then, now).
    """

    update: int
    epoch: int
    seconds: float
    changed: Mapping[str, tuple[object, object]]


@dataclass(frozen=True, slots=True)
class Progress:
    """One update was made.

    Attributes:
        update: its number, counted from 1.
        epoch: the epoch, counted from 1.
        loss: this update's training loss per token.
        learning_rate: the rate it was made with.
        gradient_norm: global norm of the gradient before clipping.
        counted_per_second: what the loss counts (tokens, documents, steps ahead) over time, since the last validation.
        seconds: time spent so far, earlier runs included.
        fraction: how much of the run is done, by whichever limit comes first; None where only patience ends it.
    """

    update: int
    epoch: int
    loss: float
    learning_rate: float
    gradient_norm: float
    counted_per_second: float
    seconds: float
    fraction: float | None


@dataclass(frozen=True, slots=True)
class Validated:
    """The model was validated.

    Attributes:
        update: after which update.
        epoch: in (or at the end of) which epoch.
        train_loss: training loss per token since the last validation.
        metrics: what `validate` returned.
        best: whether the metric is better than all before.
        seconds: time spent so far, earlier runs included.
    """

    update: int
    epoch: int
    train_loss: float
    metrics: Mapping[str, float]
    best: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Stopping:
    """A signal asked to stop; the state is being saved.

    Attributes:
        update: the last update made.
        signal: number of the signal.
    """

    update: int
    signal: int


@dataclass(frozen=True, slots=True)
class FitResult:
    """How training ended. The model holds the weights that `taken` names.

    Attributes:
        update: updates made in all.
        epoch: the epoch it ended in, counted from 1.
        reason: what ended it, for people.
        already_done: nothing was trained: the run resumed had reached its end before.
        history: all validations, of earlier runs too.
        best: the best single validation.
        taken: whether the model now holds the average of the best weights, the single best, or the last.
        averaged: the updates whose weights were averaged; empty where there were fewer than two.
        metrics: validation metrics of the weights the model now holds.
        averaged_metrics: those of the average, also where it was not taken; None where there was none.
        seconds: time spent in all, earlier runs included.
        tokens: tokens trained on in all.
    """

    update: int
    epoch: int
    reason: str
    already_done: bool
    history: tuple[Validated, ...]
    best: Validated | None
    taken: Literal["average", "best", "last"]
    averaged: tuple[int, ...]
    metrics: Mapping[str, float]
    averaged_metrics: Mapping[str, float] | None
    seconds: float
    tokens: int


@dataclass(frozen=True, slots=True)
class Finished:
    """Training has ended in order.

    Attributes:
        result: what `fit` is about to return.
    """

    result: FitResult


@dataclass(frozen=True, slots=True)
class Failed:
    """Training ends by an exception, an interruption among them; a listener should close what it holds open.

    Attributes:
        error: the exception, which `fit` goes on to raise.
    """

    error: BaseException


Event = Started | Progress | Validated | Stopping | Finished | Failed
Listener = Callable[[Event], None]
"""Anything that takes events; it must not change the model."""
