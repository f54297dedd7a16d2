"""Forecasting: from series to what comes after them."""

from sightline.tasks.forecast.config import (
    ForecastConfig,
    ForecastTraining,
    HeadConfig,
    PatchesConfig,
    SegmentsConfig,
    SeriesConfig,
)
from sightline.tasks.forecast.forecaster import Forecaster

__all__ = [
    "ForecastConfig",
    "ForecastTraining",
    "Forecaster",
    "HeadConfig",
    "PatchesConfig",
    "SegmentsConfig",
    "SeriesConfig",
]
