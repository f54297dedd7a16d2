"""`sightline forecast`: a backtest, a model of all that is known, tables and pictures, in one go."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import typer

from sightline.cli.series import csv_of, error_lines, spoken_verdicts, usage
from sightline.cli.series_pictures import picture_attention, picture_backtest, picture_errors, picture_forecasts
from sightline.cli.series_report import report_forecasts
from sightline.cli.train import FACES, configure
from sightline.data.counting import count
from sightline.data.series import Finding
from sightline.errors import ConfigError, OutputError
from sightline.files import make_folder, write_atomic
from sightline.tasks.folder import check_free
from sightline.tasks.forecast import ForecastConfig, Forecaster
from sightline.tasks.forecast.frames import as_levels, like
from sightline.tasks.forecast.judging import cross_validate
from sightline.tasks.forecast.reading import read_panel
from sightline.training import Interrupted, Listener, set_threads, show_progress

__all__ = ["Asked", "run_forecast"]

_FORECAST, _BACKTEST, _MODEL = "forecast.csv", "backtest.csv", "model"
_PICTURES, _ATTENTION, _REPORT = "forecast-*.png", "attention.png", "report.html"


class Asked(NamedTuple):
    """What is wanted beside the forecaster's own options.

    Attributes:
        level: of intervals, in per cent.
        windows: of the backtest.
        baselines: further ones in it.
        future: a table of future covariates.
        overwrite: write over an earlier forecast.
        quiet: say nothing but errors.
    """

    level: Sequence[float]
    windows: int
    baselines: Sequence[str]
    future: Path | None
    overwrite: bool
    quiet: bool

    def say(self, line: object) -> None:
        """Tell people, if they want it."""
        if not self.quiet:
            print(line, flush=True)

    def listeners(self) -> list[Listener]:
        """Of one training."""
        return [] if self.quiet else [show_progress(counted=FACES["forecast"].counted)]


def run_forecast(
    output: Path, options: Mapping[str, Any], settings: Sequence[str], asked: Asked, threads: int | None
) -> None:
    """Forecast the series of a table, and say how good such forecasts were before.

    Args:
        output: a folder for all of it.
        options: of a forecaster, by their names on the command line.
        settings: further ones, `key=value`.
        asked: what else is wanted.
        threads: of the CPU.
    """
    config = configure("forecast", options, settings)
    as_levels(asked.level)
    _check_output(output, overwrite=asked.overwrite)
    set_threads(threads)
    try:
        _run(config, output, asked)
    except (Interrupted, KeyboardInterrupt) as stop:
        try:  # noqa: SIM105 - where polars is interrupted, one Ctrl-C is raised twice, and before `suppress` is entered
            time.sleep(0)
        except KeyboardInterrupt:
            pass
        state = "what was written until then" if output.exists() else "nothing yet"
        print(f"stopped before the end: {output} holds {state}", file=sys.stderr)
        raise typer.Exit(130) from stop


def _run(config: ForecastConfig, output: Path, asked: Asked) -> None:
    source, say, horizon = config.data.train, asked.say, config.horizon
    assert source is not None  # it is an argument of the command
    findings: list[Finding] = []
    panel = read_panel(config, source, findings.append)
    for finding in findings:
        say(finding)
    panel.with_future(asked.future, horizon)  # refused before hours of training
    windows, series = count(asked.windows, "window"), count(len(panel.ids), "series")
    say(f"backtest: training on what came before the last {windows} of {horizon:,} steps")
    backtest = cross_validate(
        config,
        panel,
        windows=asked.windows,
        step=horizon,
        shares=as_levels(asked.level),
        baselines=asked.baselines,
        listeners=asked.listeners(),
    )
    say(f"\nbacktest of {windows}, {horizon:,} steps each, {series}")
    say("\n".join(error_lines(backtest)) + "\n")
    make_folder(output)
    write_atomic(output / _BACKTEST, csv_of(like(source, backtest.columns(), panel.zone)))
    picture_backtest(backtest, output / "backtest.png")
    picture_errors(backtest, output / "error-by-step.png")
    forecaster = Forecaster.from_config(config)
    forecaster.fit(
        source,
        folder=output / _MODEL,
        overwrite=True,
        listeners=asked.listeners(),
        say=_new(say, [str(finding) for finding in findings]),
    )
    frame = forecaster.predict(future=asked.future, level=asked.level)
    write_atomic(output / _FORECAST, csv_of(frame))
    for old in output.glob(_PICTURES):
        old.unlink()
    drawn = picture_forecasts(panel, frame, asked.level, output)
    (output / _ATTENTION).unlink(missing_ok=True)
    verdicts: list[str] = []
    with suppress(ConfigError):  # it looks at nothing
        picture_attention(panel, forecaster.explain(future=asked.future), output / _ATTENTION)
        verdicts = list(spoken_verdicts(forecaster.explanations(future=asked.future), panel))
    report_forecasts(config, panel, findings, backtest, drawn, verdicts, output)
    say(f"forecasts of {len(panel.ids):,} series are in {output / _FORECAST}, the backtest in {output / _BACKTEST}")
    say(f"pictures are beside them, and all of it is on one page: {output / _REPORT}")
    levels = "".join(f" --level {each:g}" for each in asked.level)
    say(f"the model is in {output / _MODEL}: try  {usage(config, output / _MODEL, asked.future)}{levels}")


def _check_output(folder: Path, *, overwrite: bool) -> None:
    """See that the folder is free, or holds an earlier forecast that may be written over."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not folder.is_dir():
        raise OutputError(f"{folder}: a file stands where the folder is to be: name another")
    if not any((folder / name).exists() for name in (_FORECAST, _BACKTEST)):
        raise OutputError(f"{folder}: the folder holds files that are no forecast of ours: name another folder")
    if not overwrite:
        raise OutputError(f"{folder}: the folder holds a forecast: write over it by --overwrite, or name another")
    check_free(folder / _MODEL, overwrite=True)


def _new(say: Callable[[object], None], said: Sequence[str]) -> Callable[[str], None]:
    """Says what was not said before."""
    return lambda line: None if line in said else say(line)
