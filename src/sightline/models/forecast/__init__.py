"""Networks that forecast: a core that reads the past, scaling around it, a head behind it."""

from sightline.models.forecast.darnn import DualStageCore
from sightline.models.forecast.heads import GaussianHead, Head, PointHead, QuantileHead, StudentHead
from sightline.models.forecast.network import Forecast, ForecastNetwork
from sightline.models.forecast.patches import PatchCore, patches
from sightline.models.forecast.protocol import Ahead, Core, Window
from sightline.models.forecast.recurrent import RecurrentCore
from sightline.models.forecast.ridge import Ridge, simple_lines
from sightline.models.forecast.variables import VariableCore

__all__ = [
    "Ahead",
    "Core",
    "DualStageCore",
    "Forecast",
    "ForecastNetwork",
    "GaussianHead",
    "Head",
    "PatchCore",
    "PointHead",
    "QuantileHead",
    "RecurrentCore",
    "Ridge",
    "StudentHead",
    "VariableCore",
    "Window",
    "patches",
    "simple_lines",
]
