"""How well labels were found, and whether probabilities mean what they say; by scikit-learn where it has it.

Labels are the number of a class for each document, or where a document has several, a row of ones and zeros.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "CalibrationBin",
    "ClassScore",
    "accuracy",
    "calibration_curve",
    "class_scores",
    "confusion",
    "expected_calibration_error",
    "f1",
    "roc_auc",
]

_BINS = 15

Found = NDArray[np.int64]


class ClassScore(NamedTuple):
    """One class: of those found the share that is right, of those there the share that is found, their harmonic mean.

    Attributes:
        precision: from 0 to 1; 0 where nothing was found.
        recall: likewise, where nothing is there.
        f1: likewise.
        support: how many documents have it.
    """

    precision: float
    recall: float
    f1: float
    support: int


class CalibrationBin(NamedTuple):
    """Answers whose probability lies in one interval.

    Attributes:
        low: where the interval begins.
        high: where it ends, itself included.
        answers: how many.
        confidence: their mean probability; NaN where there are none.
        accuracy: how many of them are right; likewise.
    """

    low: float
    high: float
    answers: int
    confidence: float
    accuracy: float


def accuracy(found: Found, labels: Found) -> float:
    """The share of documents whose labels were found, all of them and no other.

    Example:
        >>> accuracy(np.array([0, 1, 1]), np.array([0, 1, 2])).__round__(3)
        0.667
    """
    right = found == labels
    return float((right if right.ndim == 1 else right.all(-1)).mean())


def f1(found: Found, labels: Found, average: str) -> float:
    """F1 over classes, `"macro"` (each class alike) or `"micro"` (each decision alike).

    Example:
        >>> f1(np.array([0, 1, 1]), np.array([0, 1, 0]), "macro").__round__(3)
        0.667
    """
    from sklearn.metrics import f1_score

    score = f1_score(labels, found, average=average, zero_division=0)  # pyright: ignore[reportArgumentType]
    return float(score)


def class_scores(found: Found, labels: Found, classes: int) -> list[ClassScore]:
    """Precision, recall and F1 of each class.

    Example:
        >>> class_scores(np.array([0, 1, 1]), np.array([0, 1, 0]), 2)[1]
        ClassScore(precision=0.5, recall=1.0, f1=0.6666666666666666, support=1)
    """
    from sklearn.metrics import precision_recall_fscore_support

    numbers = precision_recall_fscore_support(labels, found, labels=range(classes), zero_division=0)  # pyright: ignore[reportArgumentType]
    precision, recall, balance, support = map(np.asarray, numbers)
    return [
        ClassScore(float(precision[c]), float(recall[c]), float(balance[c]), int(support[c])) for c in range(classes)
    ]


def confusion(found: Found, labels: Found, classes: int) -> NDArray[np.int64]:
    """How many documents of each class (rows) were taken for each class (columns); for one label a document.

    Example:
        >>> confusion(np.array([0, 1, 1]), np.array([0, 1, 0]), 2).tolist()
        [[1, 1], [0, 1]]
    """
    from sklearn.metrics import confusion_matrix

    return confusion_matrix(labels, found, labels=range(classes))


def roc_auc(probabilities: NDArray[np.floating], labels: Found) -> float:
    """The probability that a document of a class is rated above one without it, the mean over classes.

    Classes that all documents have, or none, are left out; NaN where there is no other.

    Example:
        >>> roc_auc(np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]]), np.array([0, 1, 0]))
        1.0
    """
    from sklearn.metrics import roc_auc_score

    held = labels if labels.ndim == 2 else labels[:, None] == np.arange(probabilities.shape[1])
    areas = [roc_auc_score(held[:, c], probabilities[:, c]) for c in range(held.shape[1]) if 0 < held[:, c].mean() < 1]
    return float(np.mean(areas)) if areas else float("nan")


def calibration_curve(
    confidence: NDArray[np.floating], right: NDArray[np.bool_], bins: int = _BINS
) -> list[CalibrationBin]:
    """Answers sorted by their probability into intervals of one width.

    Example:
        >>> [each.answers for each in calibration_curve(np.array([0.2, 0.9, 1.0]), np.array([True, True, False]), 2)]
        [1, 2]
    """
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    curve: list[CalibrationBin] = []
    for k in range(bins):
        here = place == k
        count = int(here.sum())
        mean, share = (float(x[here].mean()) if count else float("nan") for x in (confidence, right))
        curve.append(CalibrationBin(k / bins, (k + 1) / bins, count, mean, share))
    return curve


def expected_calibration_error(confidence: NDArray[np.floating], right: NDArray[np.bool_], bins: int = _BINS) -> float:
    """How far probabilities are from the share of answers that are right, from 0 to 1.

        ECE = sum_k n_k / n |accuracy_k - confidence_k|

    Guo et al. 2017, "On Calibration of Modern Neural Networks", section 2.

    Args:
        confidence: the probability of each answer.
        right: whether it was right.
        bins: of one width.

    Example:
        >>> expected_calibration_error(np.array([0.75, 0.75]), np.array([True, False]))
        0.25
    """
    curve = [each for each in calibration_curve(confidence, right, bins) if each.answers]
    return sum(each.answers * abs(each.accuracy - each.confidence) for each in curve) / len(confidence)
