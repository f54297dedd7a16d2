"""Exponential smoothing and Theta, which learn each series by itself: baselines for those who have statsforecast."""

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.data.series import Panel
from sightline.errors import ConfigError, DataError, MissingExtraError

__all__ = ["STATISTICAL", "statistical"]

STATISTICAL = {"ets": "AutoETS", "theta": "AutoTheta"}

Array = NDArray[np.floating]


def statistical(names: Sequence[str], panel: Panel, cutoffs: NDArray[np.int64], horizon: int) -> dict[str, Array]:
    """Forecasts of windows, `[n, H]` by name, each from all of its series that came before its cutoff.

    `"ets"` is exponential smoothing whose form an information criterion chooses (Hyndman et al. 2002), `"theta"` the
    Theta method (Assimakopoulos and Nikolopoulos 2000), both as statsforecast has them, with the season of the series'
    step. They know no missing values: those are filled by straight lines here.

    Args:
        names: of the methods.
        panel: the series.
        cutoffs: names of windows, `(series, cutoff)`.
        horizon: H.

    Raises:
        ConfigError: for an unknown name.
        MissingExtraError: where statsforecast is not installed.
        DataError: for a series that a method cannot be fitted to.
    """
    return {
        name: _forecasts(_model(name, panel.frequency.seasonality), name, panel, cutoffs, horizon) for name in names
    }


def _model(name: str, season: int) -> Any:
    if name not in STATISTICAL:
        raise ConfigError(f"unknown baseline {name!r}: choose among {', '.join(STATISTICAL)}")
    try:
        library = importlib.import_module("statsforecast.models")
    except ImportError as error:
        raise MissingExtraError(
            f"the baseline {name!r} needs statsforecast: install it by  pip install 'sightline[baselines]'"
        ) from error
    return getattr(library, STATISTICAL[name])(season_length=season)


def _forecasts(model: Any, name: str, panel: Panel, cutoffs: NDArray[np.int64], horizon: int) -> Array:
    found = np.empty((len(cutoffs), horizon))
    for row, (series, cutoff) in enumerate(cutoffs.tolist()):
        begin = int(panel.offsets[series])
        try:
            found[row] = model.forecast(y=_filled(panel.target[begin : begin + cutoff]), h=horizon)["mean"]
        except Exception as error:  # of many kinds, none of them documented
            raise DataError(
                f"the baseline {name!r} cannot be fitted to the first {cutoff:,} steps of series "
                f"{panel.ids[series]!r} ({error}): leave the baseline or the series out"
            ) from error
    return found


def _filled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Observed values from the first on, with straight lines where some are missing.

    Example:
        >>> _filled(np.array([np.nan, 1.0, np.nan, 3.0]))
        array([1., 2., 3.])
    """
    places = np.flatnonzero(~np.isnan(values))
    if not len(places):
        return values[:0]
    return np.interp(np.arange(places[0], len(values)), places, values[places])
