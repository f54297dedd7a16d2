"""What forecasts used of the past, as a page."""

from collections.abc import Sequence
from pathlib import Path

from sightline.data.series import by_clock
from sightline.explain.render.forecasts import Part, Picture, forecasts_page
from sightline.explain.render.saving import as_png
from sightline.tasks.forecast.frames import told_times
from sightline.tasks.forecast.result import ForecastExplanation

__all__ = ["explanations_page"]


def explanations_page(
    found: Sequence[ForecastExplanation],
    path: str | Path | None = None,
    *,
    title: str = "",
    notes: Sequence[str] = (),
    by: Sequence[str] = (),
) -> str:
    """A self-contained page: of each series what its forecast used, whether that is to be believed, and the forecast.

    Args:
        found: one at least.
        path: where to write it too.
        title: of the page; empty for what they are.
        notes: what is to be known of all of them.
        by: whose each forecast is, where there are several models; nothing where there is one.

    Raises:
        OutputError: when the file cannot be written.
    """
    many = len(found) > 1
    title = title or (f"Forecasts of {len(found)} series" if many else f"Forecast of {found[0].series}")
    lines = [*notes] if many else [*str(found[0]).splitlines(), *notes]
    names = (
        [f"{one.series}, by {name}" for one, name in zip(found, by, strict=True)]
        if by
        else [one.series for one in found]
    )
    parts = [part for one, name in zip(found, names, strict=True) for part in _parts(one, name if many else "")]
    return forecasts_page(title, lines, [], parts, path)


def _parts(one: ForecastExplanation, name: str) -> list[Part]:
    times = told_times(by_clock(one.times, one.zone))
    rows = [(time, f"{value:.6g}") for time, value in zip(times, one.forecast, strict=True)]
    heading = f"What the forecast of {name} used of the past" if name else "What it used of the past"
    notes = str(one).splitlines() if name else ()
    picture = Picture(as_png(one.plot()), f"weights of steps back in the forecast of {one.series}")
    return [
        Part(heading, notes=notes, pictures=[picture]),
        Part(f"Forecast of {name}" if name else "Forecast", ("time", "forecast"), rows),
    ]
