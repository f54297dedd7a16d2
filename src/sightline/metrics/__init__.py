"""Scores of generated text against references, computed by the field's own libraries."""

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
    "LengthGroup",
    "Metric",
    "References",
    "Score",
    "bleu",
    "by_length",
    "chrf",
    "exact_match",
    "phoneme_error_rate",
    "word_error_rate",
]
