"""The page of `sightline forecast`: what was forecast, how good that was before, what the forecasts used."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sightline.cli.series import backtest_notes, error_cells, rival_of, spoken
from sightline.data.counting import count
from sightline.data.series import Finding, Panel
from sightline.explain.render.forecasts import Part, Picture, forecasts_page
from sightline.tasks.forecast import ForecastConfig
from sightline.tasks.forecast.backtest import Backtest

__all__ = ["report_forecasts"]

Metrics = Mapping[str, Mapping[str, float]]


def report_forecasts(
    config: ForecastConfig,
    panel: Panel,
    findings: Sequence[Finding],
    backtest: Backtest,
    drawn: Sequence[Path],
    verdicts: Sequence[str],
    folder: Path,
) -> None:
    """Write `report.html` beside the pictures, which it holds.

    Args:
        config: of the forecaster.
        panel: the series up to now.
        findings: about their table.
        backtest: how good forecasts were.
        drawn: pictures of the forecasts.
        verdicts: on what the forecasts of some series used.
        folder: where it all is.
    """
    of = f" of {config.data.train.name}" if config.data.train else ""
    series = count(len(panel.ids), "series")
    ahead = count(config.horizon, "step")
    lines = [f"{series} by steps of {panel.frequency}, {ahead} ahead, by the model {config.model.type!r}"]
    pictures = [Picture(path.read_bytes(), f"history and forecast, {path.stem}") for path in drawn]
    found = backtest.metrics()
    shown = f"the first {len(drawn)} of {series}; all are in forecast.csv"
    parts = [
        Part("Forecasts", pictures=pictures, notes=[shown] if len(drawn) < len(panel.ids) else []),
        _errors(backtest, found, folder),
        Part(
            "Intervals", ("", "covered", "width", "of", "covered", "width"), list(_intervals(backtest, found)), [_ABOUT]
        ),
    ]
    attended = folder / "attention.png"
    if attended.exists():
        pictures = [Picture(attended.read_bytes(), "weights of steps back")]
        parts.append(Part("What the forecasts used of the past", pictures=pictures, notes=[_USED, *verdicts]))
    forecasts_page(f"Forecast{of}", lines, [str(finding) for finding in findings], parts, folder / "report.html")


_MEASURES = (
    "MAE is the mean absolute error. MASE counts it in that of a forecast which repeats the season before, on the "
    "past; sMAPE in per cent of forecast and truth. Skill is how much less the MAE is than that of the seasonal naive "
    "forecast on the same windows. Ridge is a straight line from the look-back to the steps ahead."
)
_USED = (
    "How much each step ahead used of each step back. What is known ahead, the calendar and what is known of a series "
    "have their say too, and are not in it."
)
_ABOUT = "Calibrated on earlier errors; on the right those of the baseline with the least error, made likewise."


def _errors(backtest: Backtest, found: Metrics, folder: Path) -> Part:
    rows = [(spoken(name), *error_cells(one)) for name, one in found.items()]
    windows = count(len(backtest.cutoffs) // len(backtest.panel.ids), "window")
    return Part(
        f"Backtest of {windows}",
        ("", "MAE", "MASE", "sMAPE", "skill"),
        rows,
        [_MEASURES, *backtest_notes(backtest, found)],
        [
            Picture((folder / "backtest.png").read_bytes(), "earlier forecasts over what came"),
            Picture((folder / "error-by-step.png").read_bytes(), "mean absolute error by step ahead"),
        ],
    )


def _intervals(backtest: Backtest, found: Metrics) -> Iterator[Sequence[str]]:
    rival = rival_of(backtest, found)
    for share in backtest.shares:
        level = f"{100 * share:g}"
        ours, theirs = (
            (f"{one[f'coverage-{level}']:.1%}", f"{one[f'width-{level}']:.4g}")
            for one in (found["forecast"], found[rival])
        )
        yield f"{level} %", *ours, spoken(rival), *theirs
