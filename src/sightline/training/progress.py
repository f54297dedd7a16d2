"""What a run looks like to the person who started it: one calm line on a terminal, plain lines elsewhere."""

import sys
from datetime import timedelta
from typing import TextIO

from sightline.training.events import (
    Event,
    Failed,
    Finished,
    FitResult,
    Listener,
    Progress,
    Started,
    Stopping,
    Validated,
)

__all__ = ["show_progress"]

_QUIET = 30.0  # seconds


def show_progress(stream: TextIO | None = None, *, counted: str = "tokens") -> Listener:
    """A listener that writes to `stream` (standard error by default): a live line on a terminal, else plain lines.

    Plain lines come with validations, and where half a minute went by without one, so that a log stays short.
    `counted` is the name of what the loss counts.
    """
    chosen = stream or sys.stderr
    return _Live(chosen, counted) if chosen.isatty() else _Plain(chosen, counted)


class _Plain:
    """One line for each thing that matters, and signs of life."""

    def __init__(self, stream: TextIO, counted: str) -> None:
        self._stream = stream
        self._counted = counted
        self._told: float | None = None  # seconds into the run

    def __call__(self, event: Event) -> None:
        line = describe(event)
        if isinstance(event, Progress):
            self._told = event.seconds if self._told is None else self._told
            if event.seconds - self._told >= _QUIET:
                numbers = f"its loss {event.loss:.4g}, {event.counted_per_second:,.0f} {self._counted}/s"
                line = f"update {event.update}, epoch {event.epoch}, {_clock(event.seconds)}: {numbers}"
        if line:
            self._told = event.seconds if isinstance(event, Progress | Validated) else self._told
            print(line, file=self._stream, flush=True)


class _Live:
    """The same lines, and below them one that keeps changing."""

    def __init__(self, stream: TextIO, counted: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars

        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[numbers]}"),
            TimeRemainingColumn(elapsed_when_finished=False),
            console=Console(file=stream),
            transient=True,
            refresh_per_second=2,
            redirect_stdout=False,  # what the program prints there belongs there
        )
        self._counted = counted
        self._task = self._bars.add_task("training", total=None, numbers="")

    def __call__(self, event: Event) -> None:
        if isinstance(event, Started):
            self._bars.start()
        if isinstance(event, Progress):
            total = None if event.fraction is None else 1.0
            speed = f"{event.counted_per_second:,.0f} {self._counted}/s"
            numbers = f"update {event.update}, loss {event.loss:.3f}, {speed}"
            self._bars.update(self._task, completed=event.fraction or 0.0, total=total, numbers=numbers)
        line = describe(event)
        if line:
            self._bars.console.print(line, highlight=False, markup=False)
        if isinstance(event, Finished | Failed):
            self._bars.stop()


def describe(event: Event) -> str | None:
    """An event in one line of plain English, or None where it is not worth one."""
    match event:
        case Started():
            return _started(event)
        case Validated():
            metrics = ", ".join(f"{name} {value:.4g}" for name, value in event.metrics.items())
            mark = " (best)" if event.best else ""
            trained = f"training loss {event.train_loss:.4g}; " if event.update else ""
            return f"update {event.update}, epoch {event.epoch}, {_clock(event.seconds)}: {trained}{metrics}{mark}"
        case Stopping():
            return f"stopping after update {event.update}: saving; interrupt again to stop at once"
        case Finished():
            return _finished(event.result)
        case Progress() | Failed():
            return None


def _started(event: Started) -> str | None:
    if event.update == 0:
        return None
    changed = "".join(f"; {name} changed from {then} to {now}" for name, (then, now) in event.changed.items())
    return f"resuming after update {event.update}, epoch {event.epoch}, {_clock(event.seconds)}{changed}"


def _finished(result: FitResult) -> str:
    metrics = ", ".join(f"{name} {value:.4g}" for name, value in result.metrics.items())
    weights = {
        "average": f"the average of updates {', '.join(map(str, result.averaged))}",
        "best": f"update {result.best.update}" if result.best else "the best update",
        "last": f"the last update, {result.update}",
    }[result.taken]
    how = "nothing left to train" if result.already_done else "done"
    line = f"{how}: {result.reason}, {_clock(result.seconds)}; weights of {weights}: {metrics}"
    improving = len(result.history) > 2 and all(validated.best for validated in result.history[-2:])
    return line + "\nit was still getting better: a longer training is likely to pay" * improving


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
