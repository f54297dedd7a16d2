"""What one forecast used of the past, and whether that is to be believed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sightline.data.series import by_clock
from sightline.explain import Seen
from sightline.results import Verdict
from sightline.tasks.forecast.frames import like, told_times

__all__ = ["ForecastExplanation"]


@dataclass(frozen=True, slots=True, repr=False)
class ForecastExplanation:
    """The forecast of one series, and how much each step ahead used of each step back.

    Times are datetime64, in UTC where a zone is named, or whole numbers.

    Attributes:
        series: its name.
        cutoff: the last step that was known.
        times: of the steps ahead, `[H]`.
        forecast: `[H]`.
        steps: the steps back, `[L]`.
        variables: names of V: the series' own values, and the covariates where the model tells them apart.
        attention: `[H, V, L]`; of each step ahead it sums to 1.
        zone: whose clock the times are shown by; None where they have none.
        names: of the columns of series and of times in a table.
        verdict: whether the attention is to be believed; None where that was not asked.
    """

    series: str
    cutoff: Any
    times: NDArray[Any]
    forecast: NDArray[np.float64]
    steps: NDArray[Any]
    variables: Sequence[str]
    attention: NDArray[np.float32]
    zone: str | None = None
    names: tuple[str, str] = ("unique_id", "ds")
    verdict: Verdict | None = None

    def __str__(self) -> str:
        first, *_ = told_times(by_clock(self.times, self.zone))
        told = f"{self.series}: {len(self.times)} steps from {first}"
        return f"{told}\n{self.verdict}" if self.verdict else told

    def __repr__(self) -> str:
        return f"ForecastExplanation({self.series!r}, cutoff={self.cutoff!s}, steps ahead={len(self.times)})"

    def focus(self) -> dict[Any, float]:
        """How much of the attention lies on each step back, all variables together, the mean over the steps ahead."""
        return dict(zip(self.steps.tolist(), self.attention.sum(1).mean(0).tolist(), strict=True))

    def seen(self) -> Seen:
        """Its attention to variables and steps back, as `sightline.explain.survey_places` sums it up over many."""
        weights = self.attention.mean(0)
        back = range(weights.shape[1], 0, -1)
        names = [f"{variable} {k} back" for variable in self.variables for k in back]
        return Seen(weights.sum(0), list(zip(names, weights.ravel().tolist(), strict=True)), self.verdict)

    def plot(self, path: str | Path | None = None) -> Any:
        """Steps ahead over steps back as a matplotlib figure, written to `path` (PNG or SVG) if one is given."""
        from sightline.explain.render.attended import draw_attended

        weights = {name: self.attention[:, v] for v, name in enumerate(self.variables)}
        return draw_attended(
            by_clock(self.steps, self.zone), weights, title=f"What the forecast of {self.series} used", path=path
        )

    def to_html(self, path: str | Path | None = None) -> str:
        """A self-contained page, written to `path` if one is given."""
        from sightline.tasks.forecast.showing import explanations_page

        return explanations_page([self], path)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; times as ISO 8601."""
        return {
            "series": self.series,
            "cutoff": _plain(np.array([self.cutoff]))[0],
            "times": _plain(self.times),
            "forecast": self.forecast.tolist(),
            "steps": _plain(self.steps),
            "variables": list(self.variables),
            "attention": self.attention.tolist(),
            "zone": self.zone,
            "names": list(self.names),
            "verdict": None if self.verdict is None else self.verdict.to_dict(),
        }

    def to_json(self) -> str:
        """All of it in one line of JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "ForecastExplanation":
        """What `to_dict` gave."""
        verdict = values["verdict"]
        return cls(
            series=values["series"],
            cutoff=_times([values["cutoff"]])[0],
            times=_times(values["times"]),
            forecast=np.array(values["forecast"]),
            steps=_times(values["steps"]),
            variables=values["variables"],
            attention=np.array(values["attention"], np.float32),
            zone=values["zone"],
            names=tuple(values["names"]),
            verdict=None if verdict is None else Verdict.from_dict(verdict),
        )

    @classmethod
    def from_json(cls, text: str) -> "ForecastExplanation":
        """What `to_json` gave."""
        return cls.from_dict(json.loads(text))

    def to_frame(self) -> pl.DataFrame:
        """A row for each weight: `unique_id, cutoff, step, ds, variable, weight`, as `Forecaster.explain` has them."""
        series, time = self.names
        ahead, variable, back = np.indices(self.attention.shape).reshape(3, -1)
        columns = {
            series: np.repeat(self.series, len(ahead)),
            "cutoff": np.repeat(np.array([self.cutoff]), len(ahead)),
            "step": ahead + 1,
            time: self.steps[back],
            "variable": np.array(self.variables)[variable],
            "weight": self.attention.ravel().astype(np.float64),
        }
        return like(None, columns, self.zone)

    def _repr_html_(self) -> str:
        from sightline.explain.render.assets import filled
        from sightline.explain.render.forecasts import Picture
        from sightline.explain.render.saving import as_png

        return filled("picture.html", lines=str(self).splitlines(), picture=Picture(as_png(self.plot()), "weights"))


def _plain(times: NDArray[Any]) -> list[Any]:
    if np.issubdtype(times.dtype, np.datetime64):
        return np.datetime_as_string(times).tolist()
    return times.tolist()


def _times(values: Sequence[Any]) -> NDArray[Any]:
    return np.array(values, "datetime64[us]" if isinstance(values[0], str) else np.int64)
