"""Calendar features: where in the hour, day, week, month or year a timestamp is."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from sightline.data.series.columns import nearest
from sightline.data.series.frequency import Timestamps
from sightline.errors import ConfigError

__all__ = ["CALENDAR", "calendar_features", "calendar_names"]

_Phase = Callable[[Timestamps], NDArray[np.float64]]


def _within(period: str, step: str) -> _Phase:
    """Which step of its period a timestamp is in, as a part of all steps that this very period has."""

    def phase(times: Timestamps) -> NDArray[np.float64]:
        begin = times.astype(f"datetime64[{period}]")
        first, last, here = (each.astype(f"datetime64[{step}]").astype(np.int64) for each in (begin, begin + 1, times))
        return (here - first) / (last - first)

    return phase


def _day_of_week(times: Timestamps) -> NDArray[np.float64]:
    return (times.astype("datetime64[D]").astype(np.int64) + 3) % 7 / 7  # day 0 was a Thursday


# From timestamps to the part of the period that is over, from 0 to 1.
CALENDAR: dict[str, _Phase] = {
    "minute": _within("h", "m"),
    "hour": _within("D", "h"),
    "dayofweek": _day_of_week,
    "day": _within("M", "D"),
    "dayofyear": _within("Y", "D"),
    "month": _within("Y", "M"),
}


def calendar_names(features: Sequence[str]) -> tuple[str, ...]:
    """The columns of features: a sine and a cosine each.

    Example:
        >>> calendar_names(["hour"])
        ('hour_sin', 'hour_cos')
    """
    return tuple(f"{feature}_{wave}" for feature in features for wave in ("sin", "cos"))


def calendar_features(features: Sequence[str], times: Timestamps) -> NDArray[np.float64]:
    """Sine and cosine of the phase of each feature, `[R, 2 * features]`.

    Args:
        features: names from `CALENDAR`, which mean what they mean in pandas.
        times: R timestamps.

    Raises:
        ConfigError: when a feature is unknown.

    Example:
        >>> noon_on_a_monday = np.array(["2024-01-01T12:00"], "datetime64[us]")
        >>> calendar_features(["hour", "dayofweek"], noon_on_a_monday).round(6).tolist()
        [[0.0, -1.0, 0.0, 1.0]]
    """
    for feature in features:
        if feature not in CALENDAR:
            raise ConfigError(
                f"unknown calendar feature {feature!r}: choose among {', '.join(CALENDAR)}{nearest(feature, CALENDAR)}"
            )
    waves = [wave(2 * np.pi * CALENDAR[feature](times)) for feature in features for wave in (np.sin, np.cos)]
    return np.stack(waves, axis=-1) if waves else np.empty((len(times), 0))
