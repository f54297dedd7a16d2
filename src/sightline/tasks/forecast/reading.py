"""Series as a forecaster's options say they are to be read."""

from collections.abc import Callable

from sightline.data.series import Columns, Finding, Panel, read_series
from sightline.data.tables import Source
from sightline.errors import DataError
from sightline.tasks.forecast.building import Series
from sightline.tasks.forecast.config import ForecastConfig

__all__ = ["read_panel"]


def read_panel(
    config: ForecastConfig,
    source: Source | Panel,
    say: Callable[[Finding], None] = lambda finding: None,
    known: Series | None = None,
) -> Panel:
    """The series in a table, with what the calendar says of their steps.

    Args:
        config: of the forecaster.
        source: a file or data frame, or what was made of one before.
        say: called with each finding that is not fatal.
        known: what is remembered of the series trained on, where others are to be forecast as they were.

    Raises:
        DataError: for a table that cannot be read, or a series that was not trained on.
    """
    if isinstance(source, Panel):
        return source
    data = config.data
    frequency = data.frequency if known is None else known.frequency
    categories = None if known is None else known.categories
    columns = Columns(**{name: getattr(data, name) for name in Columns.__slots__})
    zone = data.time_zone if known is None else known.zone
    panel = read_series(source, columns, frequency, categories=categories, time_zone=zone, say=say)
    strange = [] if known is None else [name for name in panel.ids if name not in known.units]
    if strange:
        others = f" (and {len(strange) - 1:,} more)" if len(strange) > 1 else ""
        raise DataError(
            f"series {strange[0]!r}{others} was not among those trained on: train on it too, or leave it out"
        )
    return panel.with_calendar(*data.calendar)
