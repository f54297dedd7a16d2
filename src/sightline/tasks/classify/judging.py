"""How good a classifier is on documents whose labels are known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sightline.data.documents import Labels
from sightline.metrics import (
    CalibrationBin,
    ClassScore,
    accuracy,
    calibration_curve,
    class_scores,
    confusion,
    expected_calibration_error,
    f1,
    roc_auc,
)

__all__ = ["Judgement", "Opinion", "judge"]

_LEAST = 1e-12  # that a probability counts as
_LENGTHS = (0, 50, 100, 200, 400, 800)


class Opinion(NamedTuple):
    """What a classifier says of n documents, and what others do.

    Attributes:
        probabilities: `[n, C]`.
        words: how long each document is.
        beside: what each part alone and the baseline found, and the seconds that their training took.
    """

    probabilities: NDArray[np.floating]
    words: Sequence[int]
    beside: Mapping[str, tuple[NDArray[np.int64], float]]

    def line(self, labels: Labels, truth: NDArray[np.int64]) -> str:
        """How many each is right on, for people."""
        each = {name: found for name, (found, _) in self.beside.items()}
        each["together"] = labels.decide(self.probabilities)
        shares = ", ".join(f"{name} {accuracy(found, truth):.1%}" for name, found in each.items())
        return f"right in validation: {shares}"

    @classmethod
    def joined(cls, opinions: Sequence["Opinion"], places: Sequence[Sequence[int]]) -> "Opinion":
        """One of several, each on the documents at its places."""
        order = np.argsort(np.concatenate([np.asarray(each, np.int64) for each in places]))
        beside = {
            name: (
                np.concatenate([each.beside[name][0] for each in opinions])[order],
                sum(each.beside[name][1] for each in opinions),
            )
            for name in opinions[0].beside
        }
        words = [length for each in opinions for length in each.words]
        return cls(np.concatenate([each.probabilities for each in opinions])[order], [words[i] for i in order], beside)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Figures of a classifier on documents with known labels.

    Attributes:
        metrics: `accuracy`, `macro_f1`, `micro_f1`, `roc_auc`, `log_loss` (nats) and `ece`, the expected calibration
            error of the label that is given; where there may be several, of every decision.
        classes: precision, recall and F1 of each class, by name.
        confusion: `[C, C]`, documents of each class (rows) by what they were taken for; None where there are several.
        calibration: how often answers are right by how sure they are.
        lengths: from how many words on, how many documents, and the share of them that is wrong.
        beside: the same documents by each part alone and by the baseline: `accuracy`, `macro_f1`, and the seconds that
            its training took.
    """

    metrics: dict[str, float]
    classes: dict[str, ClassScore]
    confusion: NDArray[np.int64] | None
    calibration: list[CalibrationBin]
    lengths: list[tuple[int, int, float]]
    beside: dict[str, dict[str, float]]


def judge(labels: Labels, opinion: Opinion, truth: NDArray[np.int64]) -> Judgement:
    """All figures.

    Args:
        labels: of the model.
        opinion: what it says.
        truth: the labels that are right, as `Labels.encode` numbers them.
    """
    probabilities = opinion.probabilities
    found = labels.decide(probabilities)
    count = len(labels.classes)
    if labels.kind == "several":
        sure, right = np.where(found == 1, probabilities, 1 - probabilities).ravel(), (found == truth).ravel()
        surprise = -np.log(np.where(truth == 1, probabilities, 1 - probabilities).clip(_LEAST)).sum(-1)
        wrong = (found != truth).any(-1)
    else:
        sure, right = probabilities.max(-1), found == truth
        surprise = -np.log(probabilities[np.arange(len(truth)), truth].clip(_LEAST))
        wrong = ~right
    metrics = {
        "accuracy": accuracy(found, truth),
        "macro_f1": f1(found, truth, "macro"),
        "micro_f1": f1(found, truth, "micro"),
        "roc_auc": roc_auc(probabilities, truth),
        "log_loss": float(surprise.mean()),
        "ece": expected_calibration_error(sure, right),
    }
    if labels.kind == "ordered":
        metrics["mean_absolute_error"] = float(np.abs(found - truth).mean())
    return Judgement(
        metrics,
        dict(zip(labels.classes, class_scores(found, truth, count), strict=True)),
        None if labels.kind == "several" else confusion(found, truth, count),
        calibration_curve(sure, right),
        _by_length(np.asarray(opinion.words), wrong),
        {
            name: {"accuracy": accuracy(other, truth), "macro_f1": f1(other, truth, "macro"), "seconds": seconds}
            for name, (other, seconds) in opinion.beside.items()
        },
    )


def _by_length(words: NDArray[np.int64], wrong: NDArray[np.bool_]) -> list[tuple[int, int, float]]:
    group = np.searchsorted(_LENGTHS, words, side="right") - 1
    there = [(low, group == k) for k, low in enumerate(_LENGTHS)]
    return [(low, int(here.sum()), float(wrong[here].mean())) for low, here in there if here.any()]
