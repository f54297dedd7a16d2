"""Forecasts as the rows that analysts know: `unique_id, ds, forecast, lo-90, hi-90`."""

from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from sightline.data.series import Panel
from sightline.errors import ConfigError
from sightline.tasks.forecast.intervals import Intervals

__all__ = ["as_levels", "forecast_columns", "like", "told_times", "when"]

Array = NDArray[np.floating]


def as_levels(level: Sequence[float]) -> list[float]:
    """Shares from per cents, rising.

    Raises:
        ConfigError: for one that is not from 1 on and below 100, or stands twice.

    Example:
        >>> as_levels([90, 80])
        [0.8, 0.9]
    """
    shares = sorted(each / 100 for each in level)
    if any(not 0.01 <= share < 1 for share in shares) or len(set(shares)) < len(shares):
        raise ConfigError(
            f"level {', '.join(f'{each:g}' for each in level)}: give each once, in per cent from 1 to 100, such as 80 "
            "and 90: an interval of 90 % is to hold nine of ten values"
        )
    return shares


def when(panel: Panel, series: NDArray[np.int64], first: NDArray[np.int64], steps: int) -> NDArray[Any]:
    """Timestamps of some steps from a position of each series on, `[n, steps]`."""
    positions = first[:, None] + np.arange(steps)
    return panel.frequency.step(np.repeat(panel.starts[series], steps), positions.ravel()).reshape(positions.shape)


def forecast_columns(point: Array, intervals: Intervals, shares: Sequence[float]) -> dict[str, Array]:
    """The forecast and its bounds, the outermost outside, row after row."""
    names = [f"{100 * share:g}" for share in shares]
    low = {f"lo-{name}": intervals.low[..., k].ravel() for k, name in enumerate(names)}
    high = {f"hi-{name}": intervals.high[..., k].ravel() for k, name in enumerate(names)}
    return {"forecast": point.ravel(), **dict(reversed(low.items())), **high}


def like(source: Any, columns: dict[str, Any], zone: str | None) -> Any:
    """A data frame of the source's own kind, polars for files; timestamps by the clock of a zone, if there is one."""
    frame = nw.from_native(source, eager_only=True, pass_through=True)
    backend = frame.implementation if isinstance(frame, nw.DataFrame) else nw.Implementation.POLARS
    made = nw.from_dict(columns, backend=backend)
    if zone is not None:
        times = nw.selectors.datetime()
        made = made.with_columns(times.dt.replace_time_zone("UTC").dt.convert_time_zone(zone))
    return made.to_native()


def told_times(times: NDArray[Any]) -> list[str]:
    """Times for people, no finer than they are: days, minutes or seconds; whole numbers as they stand.

    Example:
        >>> told_times(np.array(["2024-03-01", "2024-03-02"], "datetime64[us]"))
        ['2024-03-01', '2024-03-02']
        >>> told_times(np.array(["2024-03-01T05:00"], "datetime64[us]")), told_times(np.array([3]))
        (['2024-03-01 05:00'], ['3'])
    """
    if not np.issubdtype(times.dtype, np.datetime64):
        return [str(time) for time in times.tolist()]
    units = (times.astype(f"datetime64[{unit}]") for unit in ("D", "m", "s"))
    shown = next((each for each in units if (times == each).all()), times)
    return [text.replace("T", " ") for text in np.datetime_as_string(shown).tolist()]
