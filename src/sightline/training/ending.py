"""Which weights a finished run leaves in the model: the average of the best, the single best, or the last."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from torch import nn

from sightline.training.averaging import BestWeights, average_weights
from sightline.training.events import Validated
from sightline.training.settings import TrainSettings
from sightline.training.storage import load_tensors

__all__ = ["Chosen", "choose_weights"]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The weights a model was left with; the fields are those of `FitResult`."""

    taken: Literal["average", "best", "last"]
    averaged: tuple[int, ...]
    metrics: Mapping[str, float]
    averaged_metrics: Mapping[str, float] | None


def choose_weights(
    model: nn.Module,
    best: BestWeights,
    settings: TrainSettings,
    evaluate: Callable[[], Mapping[str, float]],
    history: Sequence[Validated],
) -> Chosen:
    """Loads into the model the average of the kept weights, unless the best of them alone validates better.

    Args:
        model: holds the last weights.
        best: the weights kept.
        settings: for the metric and its direction.
        evaluate: validates the model as it stands.
        history: all validations; the last one is of the last weights.

    Raises:
        ModelFolderError: when a file of kept weights is missing or damaged.
    """
    if not best.kept:
        return Chosen("last", (), history[-1].metrics, None)
    first = best.kept[0]
    single = next(validated.metrics for validated in reversed(history) if validated.update == first.update)
    averaged_metrics = None
    averaged = tuple(kept.update for kept in best.kept) if len(best.kept) > 1 else ()
    if averaged:
        model.load_state_dict(average_weights([best.path(kept) for kept in best.kept]))
        averaged_metrics = evaluate()
        if settings.at_least_as_good(averaged_metrics[settings.metric], first.metric):
            return Chosen("average", averaged, averaged_metrics, averaged_metrics)
    weights, _ = load_tensors(best.path(first))
    model.load_state_dict(weights)
    return Chosen("best", averaged, single, averaged_metrics)
