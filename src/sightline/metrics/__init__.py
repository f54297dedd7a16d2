"""Scores of generated text, of labels and of forecasts, by the field's own libraries where they have them."""

from sightline.metrics.alignment import AlignmentScore, alignment_error_rate
from sightline.metrics.classes import (
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
from sightline.metrics.text import (
    METRICS,
    LengthGroup,
    Metric,
    References,
    Score,
    bleu,
    by_length,
    chrf,
    exact_match,
    phoneme_error_rate,
    word_error_rate,
)

__all__ = [
    "METRICS",
    "AlignmentScore",
    "CalibrationBin",
    "ClassScore",
    "LengthGroup",
    "Metric",
    "References",
    "Score",
    "accuracy",
    "alignment_error_rate",
    "bleu",
    "by_length",
    "calibration_curve",
    "chrf",
    "class_scores",
    "confusion",
    "exact_match",
    "expected_calibration_error",
    "f1",
    "phoneme_error_rate",
    "roc_auc",
    "word_error_rate",
]
