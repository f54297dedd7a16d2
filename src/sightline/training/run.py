"""One run: its collaborators, where it stands, and the few things it does over and over."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Generic, TypeVar

import torch
from torch import nn

from sightline.errors import ConfigError, TrainingError
from sightline.training.averaging import BestWeights
from sightline.training.checkpoints import (
    RunState,
    checkpoint_path,
    has_checkpoint,
    load_checkpoint,
    save_checkpoint,
    settings_json,
)
from sightline.training.ending import choose_weights
from sightline.training.events import Event, FitResult, Listener, Progress, Started, Stopping, Validated
from sightline.training.interrupts import Interrupted, StopRequest
from sightline.training.limits import fraction_done, stop_reason
from sightline.training.losses import Loss
from sightline.training.optimizer import build_optimizers, scale_gradients
from sightline.training.seeding import seed_for
from sightline.training.settings import TrainSettings

__all__ = ["Run"]

Model = TypeVar("Model", bound=nn.Module)
Batch = TypeVar("Batch")


class Run(Generic[Model, Batch]):
    """One call of `fit`; the arguments are the same."""

    def __init__(
        self,
        model: Model,
        batches: Callable[[int], Iterable[Batch]],
        loss: Callable[[Model, Batch], Loss],
        validate: Callable[[Model], Mapping[str, float]],
        settings: TrainSettings,
        folder: Path,
        listeners: Sequence[Listener],
    ) -> None:
        self._model, self._batches, self._loss, self._validate = model, batches, loss, validate
        self._settings, self._folder, self._listeners = settings, folder, listeners
        self._optimizers = build_optimizers(
            model,
            optimizer=settings.optimizer,
            learning_rate=settings.learning_rate,
            betas=settings.betas,
            weight_decay=settings.weight_decay,
        )
        self._state = RunState()
        self._best = BestWeights(folder, settings.keep_best, settings.mode)
        self._clock = monotonic()
        self._speed = _Speed(self._clock)
        self._epoch_size: int | None = None

    def start(self, resume: bool) -> None:
        """Begins anew, or restores everything from the checkpoint."""
        changed: dict[str, tuple[object, object]] = {}
        self._state.due = self._settings.validate_first
        if resume:
            self._state, then = load_checkpoint(self._folder, self._model, self._optimizers)
            changed = {
                name: (then.get(name), value)
                for name, value in settings_json(self._settings).items()
                if then.get(name) != value
            }
        if changed.keys() & {"metric", "mode"}:
            raise ConfigError(
                "a run cannot be resumed with another metric or mode: its best weights were chosen by the old"
            )
        if "optimizer" in changed:
            raise ConfigError("a run cannot be resumed with another optimizer: its state is that of the old")
        self._best = BestWeights(self._folder, self._settings.keep_best, self._settings.mode, self._state.kept)
        self._best.prune()
        self._clock = monotonic()
        self._speed = _Speed(self._clock)
        self.tell(Started(self._state.update, self._state.epoch, self._state.seconds, changed))

    def train(self, request: StopRequest) -> str:
        """Makes updates and validations until something ends the run; returns what it was."""
        state, settings = self._state, self._settings
        self._model.train()
        self._validate_if_due()
        while (reason := stop_reason(self._state, settings)) is None:
            for group in self._groups():
                self._update(group)
                state.due = settings.validate_every is not None and state.update % settings.validate_every == 0
                self._heed(request)
                self._validate_if_due()
                self._heed(request)
                if (reason := stop_reason(self._state, settings)) is not None:
                    return reason
            if state.batch == 0:
                raise TrainingError(f"epoch {state.epoch} has no batches: nothing to train on; check the training data")
            state.epoch, state.batch = state.epoch + 1, 0
            # A run that reached its limit here, and was made longer, has validated these weights already.
            state.due = settings.validate_every is None and not self._validated()
            self._validate_if_due()
        return reason

    def finish(self, reason: str, already_done: bool) -> FitResult:
        """Validates the last weights if that is owed, and leaves the model with the best ones."""
        state = self._state
        if not self._validated():
            state.due = True
            self._validate_if_due()
        chosen = choose_weights(self._model, self._best, self._settings, self._evaluate, state.history)
        self._model.eval()
        self._keep_time()
        return FitResult(
            update=state.update,
            epoch=self._epoch_reached(),
            reason=reason,
            already_done=already_done,
            history=tuple(state.history),
            best=next((validated for validated in reversed(state.history) if validated.best), None),
            taken=chosen.taken,
            averaged=chosen.averaged,
            metrics=chosen.metrics,
            averaged_metrics=chosen.averaged_metrics,
            seconds=state.seconds,
            tokens=state.tokens,
        )

    def is_over(self) -> bool:
        """Whether nothing is left to train."""
        return not self._state.due and stop_reason(self._state, self._settings) is not None

    def _groups(self) -> Iterator[list[Batch]]:
        """What is left of this epoch, in groups that make one update; the last group may be smaller."""
        batches = self._batches(self._state.epoch)
        self._epoch_size = len(batches) if isinstance(batches, Sized) else None
        rest = islice(batches, self._state.batch, None)
        while group := list(islice(rest, self._settings.accumulate)):
            yield group

    def _update(self, group: Sequence[Batch]) -> None:
        """One step of the optimizer, with the gradient of the mean over all that the group counts."""
        state, settings = self._state, self._settings
        for optimizer in self._optimizers:
            optimizer.zero_grad()
        losses: list[Loss] = []
        for i, batch in enumerate(group):
            seed_for(self._model, settings.seed, state.update + 1, f"batch {i}")
            loss = self._loss(self._model, batch)
            loss.total.backward()
            losses.append(Loss(loss.total.detach(), loss.count))
        count = sum(loss.count for loss in losses)
        if count == 0:
            raise TrainingError(f"update {state.update + 1}: its batches count no token; check the training data")
        norm = scale_gradients(self._model, count, settings.clip_norm)
        # The only wait for the device in an update.
        total, norm = torch.stack([torch.stack([loss.total for loss in losses]).sum().float(), norm.float()]).tolist()
        self._check_finite(total / count, norm)
        rate = settings.rate(state.update + 1, fraction_done(state, settings, self._epoch_size))
        for optimizer in self._optimizers:
            for parameters in optimizer.param_groups:
                parameters["lr"] = rate
            optimizer.step()

        state.update, state.batch = state.update + 1, state.batch + len(group)
        state.tokens += count
        state.loss_total, state.loss_count = state.loss_total + total, state.loss_count + count
        self._keep_time()
        speed = self._speed.add(count, self._clock)
        self.tell(
            Progress(
                state.update,
                state.epoch,
                total / count,
                rate,
                norm,
                speed,
                state.seconds,
                fraction_done(state, settings, self._epoch_size),
            )
        )

    def _check_finite(self, loss: float, norm: float) -> None:
        if math.isfinite(loss) and math.isfinite(norm):
            return
        what = f"the loss per token is {loss}" if not math.isfinite(loss) else f"the norm of the gradient is {norm}"
        saved = f"the last good checkpoint is {checkpoint_path(self._folder)}"
        raise TrainingError(
            f"update {self._state.update + 1} (epoch {self._state.epoch}): {what}. Try a lower learning_rate (now "
            f"{self._settings.learning_rate:g}), a longer warmup (now {self._settings.warmup}) or a smaller clip_norm "
            f"(now {self._settings.clip_norm}), and check the data for values out of range; "
            f"{saved if has_checkpoint(self._folder) else 'no checkpoint had been written yet'}"
        )

    def _validate_if_due(self) -> None:
        """Validates, keeps the weights if they are good, saves the state."""
        state, settings = self._state, self._settings
        if not state.due:
            return
        metrics = self._evaluate()
        value = metrics[settings.metric]
        before = (validated.metrics[settings.metric] for validated in state.history)
        best = not math.isnan(value) and not any(settings.at_least_as_good(other, value) for other in before)
        self._keep_time()
        loss = state.loss_total / state.loss_count if state.loss_count else math.nan
        validated = Validated(state.update, self._epoch_reached(), loss, metrics, best, state.seconds)
        self.tell(validated)
        state.history.append(validated)
        state.stale = 0 if best else state.stale + 1
        state.loss_total, state.loss_count, state.due = 0.0, 0, False
        self._best.offer(self._model.state_dict(), state.update, value)
        state.kept = list(self._best.kept)
        self._save()
        self._best.prune()
        self._speed = _Speed(monotonic())

    def _validated(self) -> bool:
        """Whether the last validation was of the weights as they are."""
        return bool(self._state.history) and self._state.history[-1].update == self._state.update

    def _evaluate(self) -> dict[str, float]:
        """The metrics of the model as it stands."""
        self._model.eval()
        seed_for(self._model, self._settings.seed, self._state.update, "validation")
        with torch.no_grad():
            metrics = {name: float(value) for name, value in self._validate(self._model).items()}
        self._model.train()
        if self._settings.metric not in metrics:
            raise ConfigError(
                f"metric is {self._settings.metric!r}; validation gives {', '.join(metrics) or 'nothing'}"
            )
        return metrics

    def _heed(self, request: StopRequest) -> None:
        if request.signal is not None:
            self.tell(Stopping(self._state.update, request.signal))
            self._save()
            raise Interrupted(self._folder, self._state.update, request.signal)

    def _save(self) -> None:
        save_checkpoint(self._folder, self._model, self._optimizers, self._state, self._settings)

    def _epoch_reached(self) -> int:
        """The epoch of the last update: at an epoch's end the state already points to the next one."""
        return self._state.epoch - 1 if self._state.batch == 0 and self._state.epoch > 1 else self._state.epoch

    def _keep_time(self) -> None:
        now = monotonic()
        self._state.seconds += now - self._clock
        self._clock = now

    def tell(self, event: Event) -> None:
        """Passes an event on to all listeners."""
        for listener in self._listeners:
            listener(event)


class _Speed:
    """Tokens per second since some moment."""

    def __init__(self, since: float) -> None:
        self._since, self._tokens = since, 0

    def add(self, tokens: int, now: float) -> float:
        self._tokens += tokens
        return self._tokens / max(now - self._since, 1e-9)
