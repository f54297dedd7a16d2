"""Forecasting: from series to what comes after them."""

from sightline.tasks.forecast.config import (
    DualStageConfig,
    ForecastConfig,
    ForecastTraining,
    HeadConfig,
    IntervalsConfig,
    PatchesConfig,
    SegmentsConfig,
    SeriesConfig,
    VariablesConfig,
)
from sightline.tasks.forecast.forecaster import Forecaster
from sightline.tasks.forecast.result import ForecastExplanation

__all__ = [
    "DualStageConfig",
    "ForecastConfig",
    "ForecastExplanation",
    "ForecastTraining",
    "Forecaster",
    "HeadConfig",
    "IntervalsConfig",
    "PatchesConfig",
    "SegmentsConfig",
    "SeriesConfig",
    "VariablesConfig",
]
