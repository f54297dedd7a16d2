"""Series side by side in a few flat arrays."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.data.counting import count
from sightline.data.series.calendar import calendar_features, calendar_names
from sightline.data.series.columns import Columns
from sightline.data.series.findings import tell_time
from sightline.data.series.frequency import Frequency, Timestamps, by_clock
from sightline.data.series.future import read_future
from sightline.data.tables import Source
from sightline.errors import ConfigError

__all__ = ["Panel"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Panel:
    """N series with R steps in all, one series after the other, without gaps: what is missing is NaN.

    Attributes:
        columns: which column of a table is what.
        frequency: the step, the same in all series.
        ids: the N series.
        starts: the timestamp of the first step of each, `[N]`.
        offsets: the row of the first step of each, and R, `[N + 1]`.
        history: how many steps of each are past; those beyond, from `with_future`, have no target. `[N]`
        target: `[R]`, NaN where it is missing.
        past: covariates known up to now, `[R, P]`, NaN where they are missing.
        future: covariates known ahead, `[R, F]`, those of the calendar last.
        static: covariates of a series, `[N, K]`.
        categories: the names of each categorical covariate; code 1 is the first, and NaN stands for a missing one.
        calendar: the features that `with_calendar` added.
        zone: by whose clock timestamps, which are in UTC, are told; None where they had no zone.

    Example:
        >>> from sightline.data.series import read_series
        >>> import polars as pl
        >>> panel = read_series(pl.DataFrame({"ds": ["2024-01-01", "2024-01-02", "2024-01-03"], "y": [3.0, 1.0, 2.0]}))
        >>> panel
        Panel(1 series 'y', 3 steps of 'D')
        >>> panel.head(-1).target.tolist(), panel.slice("2024-01-02").target.tolist()
        ([3.0, 1.0], [1.0, 2.0])
    """

    columns: Columns
    frequency: Frequency
    ids: tuple[str, ...]
    starts: Timestamps
    offsets: NDArray[np.int64]
    history: NDArray[np.int64]
    target: NDArray[np.float64]
    past: NDArray[np.float64]
    future: NDArray[np.float64]
    static: NDArray[np.float64]
    categories: Mapping[str, tuple[str, ...]]
    calendar: tuple[str, ...] = ()
    zone: str | None = None

    def __repr__(self) -> str:
        ids = ", ".join(map(repr, self.ids[:3])) + (", ..." if len(self.ids) > 3 else "")
        steps = count(len(self.target), "step")
        return f"Panel({count(len(self.ids), 'series')} {ids}, {steps} of {str(self.frequency)!r})"

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Steps of each series, those ahead included, `[N]`."""
        return np.diff(self.offsets)

    @property
    def future_names(self) -> tuple[str, ...]:
        """Names of the columns of `future`."""
        return self.columns.future + calendar_names(self.calendar)

    def timestamps(self, series: int) -> Timestamps:
        """When the steps of a series are.

        Args:
            series: its index in `ids`.
        """
        return self.frequency.step(self.starts[series], np.arange(self.lengths[series]))

    def clock(self, times: Timestamps) -> Timestamps:
        """What the clock of the zone shows at these timestamps; the same where there is no zone."""
        return by_clock(times, self.zone)

    def slice(
        self,
        start: str | int | date | np.datetime64 | None = None,
        stop: str | int | date | np.datetime64 | None = None,
    ) -> "Panel":
        """The steps from `start` on and before `stop`; a series without any stays, with length 0.

        Args:
            start: a timestamp in ISO form or as an object, or a whole number; None for the beginning.
            stop: likewise; None for the end.

        Raises:
            ConfigError: when it is no timestamp of this kind.
        """
        first = np.zeros_like(self.history) if start is None else self._steps_before(start)
        return self._cut(first, self.lengths if stop is None else self._steps_before(stop))

    def head(self, steps: int | NDArray[np.int64]) -> "Panel":
        """The first steps of each series; below 0, all but so many of the last that are past.

        Args:
            steps: a number for all series, or one for each, `[N]`.
        """
        wanted = np.broadcast_to(np.asarray(steps, np.int64), self.history.shape)
        return self._cut(np.zeros_like(self.history), np.where(wanted < 0, self.history + wanted, wanted))

    def with_future(self, source: Source | None, horizon: int) -> "Panel":
        """The panel with more steps at the end of every series, where only covariates are known.

        Args:
            source: a file or data frame with the columns of time and future covariates, from the step after a series'
                last one on; what is later than needed is not read. Without the id column its rows hold for all series.
                None if there are no future covariates but the calendar's.
            horizon: how many steps.

        Raises:
            ConfigError: when the panel has steps ahead already, or `source` is there and not needed, or the reverse.
            DataError: when a covariate is missing at a step that is needed, a category was not there in training, or
                a series is not in the panel.
        """
        if (self.lengths > self.history).any():
            raise ConfigError("the panel has steps ahead already: extend the one without")
        names = self.columns.future
        if (source is not None) != bool(names):
            raise ConfigError(
                f"future covariates {', '.join(map(repr, names))} have to be known {horizon} steps ahead: give a table "
                "with them"
                if names
                else "the panel has no future covariates: leave out their table, or name them in Columns(future=...)"
            )
        ends = self.frequency.step(self.starts, self.lengths)
        values = np.empty((len(ends), horizon, 0)) if source is None else read_future(source, self, ends, horizon)
        added = np.arange(len(ends) + 1) * horizon
        old = np.arange(len(self.target)) + np.repeat(added[:-1], self.lengths)
        new = (self.offsets[1:] + added[:-1])[:, None] + np.arange(horizon)

        def spread(rows: NDArray[np.float64], ahead: float | NDArray[np.float64] = np.nan) -> NDArray[np.float64]:
            out = np.empty((len(rows) + added[-1], *rows.shape[1:]))
            out[old], out[new] = rows, ahead
            return out

        return replace(
            self,
            offsets=self.offsets + added,
            target=spread(self.target),
            past=spread(self.past),
            future=spread(self.future[:, : len(names)], values),
            calendar=(),
        ).with_calendar(*self.calendar)

    def with_calendar(self, *features: str) -> "Panel":
        """The panel with calendar features after its future covariates: sine and cosine of each.

        Args:
            features: of `minute`, `hour`, `dayofweek`, `day`, `dayofyear`, `month`.

        Raises:
            ConfigError: when a feature is unknown or there already, or timestamps are whole numbers.
        """
        if features and self.frequency.is_integer:
            raise ConfigError(
                "whole numbers for timestamps have no calendar: leave out calendar features, or give dates"
            )
        names = (*self.future_names, *calendar_names(features))
        for name in names:
            if names.count(name) > 1:
                raise ConfigError(f"there is a future covariate {name!r} already: name each calendar feature once")
        within = np.arange(len(self.target)) - np.repeat(self.offsets[:-1], self.lengths)
        times = self.frequency.step(np.repeat(self.starts, self.lengths), within)
        waves = calendar_features(features, self.clock(times) if features else times)
        return replace(self, future=np.hstack([self.future, waves]), calendar=self.calendar + features)

    def _steps_before(self, moment: Any) -> NDArray[np.int64]:
        """How many steps of each series come before a moment."""
        try:
            time = np.int64(moment) if self.frequency.is_integer else np.datetime64(moment, "us")
        except (TypeError, ValueError) as error:
            kind = "a whole number" if self.frequency.is_integer else "a date or datetime in ISO form"
            raise ConfigError(f"{moment!r} is not {kind}, such as {tell_time(self.starts[0])}") from error
        last = self.frequency.position(self.starts, time)
        return last + (self.frequency.step(self.starts, last) < time)

    def _cut(self, first: NDArray[np.int64], stop: NDArray[np.int64]) -> "Panel":
        """The steps of each series from `first` to before `stop`; of a single one as a view of the same memory."""
        first, stop = np.clip(first, 0, self.lengths), np.clip(stop, 0, self.lengths)
        lengths = np.maximum(stop - first, 0)
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        if len(self.ids) == 1:
            rows = np.s_[int(first[0]) : int(first[0] + lengths[0])]
        else:
            rows = np.repeat(self.offsets[:-1] + first - offsets[:-1], lengths) + np.arange(offsets[-1])
        return replace(
            self,
            starts=self.frequency.step(self.starts, first),
            offsets=offsets,
            history=np.clip(self.history - first, 0, lengths),
            target=self.target[rows],
            past=self.past[rows],
            future=self.future[rows],
        )
