"""Covariates as a network wants them: numbers of one size, names as ones and zeros."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.data.series import Panel

__all__ = ["Encoding"]


@dataclass(frozen=True, slots=True)
class _Column:
    """One covariate: how many names it has, or with none, where its numbers lie and how large they are."""

    names: int
    mean: float
    size: float

    @classmethod
    def of(cls, values: NDArray[np.float64], names: int) -> "_Column":
        known = values[~np.isnan(values)]
        if names or not len(known):
            return cls(names, 0.0, 1.0)
        return cls(0, float(known.mean()), float(known.std()) or 1.0)

    def apply(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.names:
            return (values[:, None] == np.arange(1, self.names + 1)).astype(np.float64)
        return np.nan_to_num((values - self.mean) / self.size)[:, None]


@dataclass(frozen=True, slots=True)
class Encoding:
    """What every covariate becomes, learned from the series that a network is trained on.

    Numbers get mean 0 and standard deviation 1, names one column each that is 1 where the name stands and 0 elsewhere;
    what is missing is 0 throughout. Features of the calendar stay as they are.

    Attributes:
        past: covariates known up to now, in their order.
        future: likewise of those known ahead.
        static: likewise of those of a series.
    """

    past: tuple[_Column, ...]
    future: tuple[_Column, ...]
    static: tuple[_Column, ...]

    @classmethod
    def of(cls, panel: Panel) -> "Encoding":
        """From the series of a panel."""

        def columns(names: Sequence[str], values: NDArray[np.float64]) -> tuple[_Column, ...]:
            return tuple(_Column.of(values[:, i], len(panel.categories.get(name, ()))) for i, name in enumerate(names))

        named = panel.columns
        return cls(
            columns(named.past, panel.past), columns(named.future, panel.future), columns(named.static, panel.static)
        )

    @property
    def widths(self) -> tuple[int, int, int]:
        """Columns of encoded past, future and static covariates, without the calendar's."""
        past, future, static = (
            sum(column.names or 1 for column in columns) for columns in (self.past, self.future, self.static)
        )
        return past, future, static

    def apply(self, panel: Panel) -> Panel:
        """The panel with encoded covariates."""
        return replace(
            panel,
            past=_apply(self.past, panel.past),
            future=np.concatenate([_apply(self.future, panel.future), panel.future[:, len(self.future) :]], 1),
            static=_apply(self.static, panel.static),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a file."""
        return {name: [[c.names, c.mean, c.size] for c in getattr(self, name)] for name in self.__slots__}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Encoding":
        """The reverse."""
        return cls(**{name: tuple(_Column(*column) for column in columns) for name, columns in values.items()})


def _apply(columns: Sequence[_Column], values: NDArray[np.float64]) -> NDArray[np.float64]:
    parts = [column.apply(values[:, i]) for i, column in enumerate(columns)]
    return np.concatenate(parts, 1) if parts else np.zeros((len(values), 0))
