"""When a run is over, and how much of it is done."""

from sightline.training.checkpoints import RunState
from sightline.training.settings import TrainSettings

__all__ = ["fraction_done", "stop_reason"]


def stop_reason(state: RunState, settings: TrainSettings) -> str | None:
    """Which limit the run has reached, in words, or None while it may go on."""
    if settings.max_updates is not None and state.update >= settings.max_updates:
        return f"reached the limit of {settings.max_updates} updates"
    if settings.max_epochs is not None and state.epoch > settings.max_epochs:
        return f"reached the limit of {settings.max_epochs} epochs"
    if settings.max_minutes is not None and state.seconds >= 60 * settings.max_minutes:
        return f"reached the limit of {settings.max_minutes:g} minutes"
    if settings.patience is not None and state.stale >= settings.patience:
        return f"{settings.metric} has not improved for {settings.patience} validations (patience)"
    return None


def fraction_done(state: RunState, settings: TrainSettings, epoch_size: int | None) -> float | None:
    """How much of the run is done, by the limit that is nearest; None where only patience can end it.

    Args:
        state: where the run stands.
        settings: its limits.
        epoch_size: batches of the present epoch, or None where their number is not known beforehand.
    """
    parts: list[float] = []
    if settings.max_updates is not None:
        parts.append(state.update / settings.max_updates)
    if settings.max_minutes is not None:
        parts.append(state.seconds / (60 * settings.max_minutes))
    if settings.max_epochs is not None and epoch_size:
        parts.append((state.epoch - 1 + state.batch / epoch_size) / settings.max_epochs)
    return min(1.0, max(parts)) if parts else None
