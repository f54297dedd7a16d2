"""The commands about time series, and their options."""

from pathlib import Path
from typing import Annotated

import typer

from sightline.cli.options import (
    Calendar,
    Categorical,
    Frequency,
    Future,
    FutureData,
    Id,
    Json,
    Level,
    LookBack,
    Overwrite,
    Past,
    Quiet,
    Settings,
    Static,
    Threads,
    Time,
)

__all__ = ["doctor", "forecast"]


def doctor(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="A CSV or Parquet file of time series.")],
    id: Annotated[str, typer.Option(help="Column that says which series a row belongs to.")] = "unique_id",
    time: Annotated[str, typer.Option(help="Column of dates, datetimes or whole numbers.")] = "ds",
    target: Annotated[
        str, typer.Option(help="Column to forecast; several, such as a,b, or '*' for all, if each is a series.")
    ] = "y",
    past: Annotated[str, typer.Option(help="Covariates known up to now, such as a,b.")] = "",
    future: Annotated[str, typer.Option(help="Covariates known ahead.")] = "",
    static: Annotated[str, typer.Option(help="Covariates with one value a series.")] = "",
    categorical: Annotated[str, typer.Option(help="Those of the covariates whose numbers are names.")] = "",
    frequency: Annotated[str | None, typer.Option(help="The step, such as 15min, h, D or MS; else inferred.")] = None,
    horizon: Annotated[int | None, typer.Option(help="Steps to forecast; with --look-back.")] = None,
    look_back: Annotated[int | None, typer.Option(help="Steps that forecasts rest on; with --horizon.")] = None,
    json: Json = False,
) -> None:
    """Say what a file of time series holds, and what to mend before a model is trained on it.

    sightline doctor sales.csv --id store --time date --target sold --future price --look-back 96 --horizon 24
    """
    from sightline.cli.doctor import run_doctor
    from sightline.data.series import Columns

    def names(text: str) -> list[str]:
        return [name for name in text.split(",") if name]

    columns = Columns(
        id=id,
        time=time,
        target=target if "," not in target else tuple(names(target)),
        past=tuple(names(past)),
        future=tuple(names(future)),
        static=tuple(names(static)),
        categorical=tuple(names(categorical)),
    )
    run_doctor(data, columns, frequency, look_back, horizon, json)


def forecast(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="A CSV or Parquet file of time series.")],
    horizon: Annotated[int, typer.Option(help="Steps to forecast.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for tables, pictures and the model.")],
    level: Level = None,
    id: Id = None,
    time: Time = None,
    target: Annotated[
        list[str] | None,
        typer.Option(help="Column to forecast; else y. Repeated, or '*' for all, each is a series of its own."),
    ] = None,
    past: Past = None,
    future: Future = None,
    static: Static = None,
    categorical: Categorical = None,
    calendar: Calendar = None,
    future_data: FutureData = None,
    frequency: Frequency = None,
    look_back: LookBack = None,
    windows: Annotated[int, typer.Option(help="Windows of the backtest.")] = 3,
    baseline: Annotated[
        list[str] | None, typer.Option(help="ets or theta beside the simple ones, by statsforecast; repeatable.")
    ] = None,
    minutes: Annotated[float | None, typer.Option(help="Wall-clock budget of each of the two trainings.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of all that is random.")] = None,
    settings: Settings = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    threads: Threads = None,
) -> None:
    """Forecast series at once: a backtest first, then a model of all that is known, tables and pictures.

    sightline forecast sales.csv --id store --time date --target sold --horizon 28 --level 80 --level 90 --output out
    """
    from sightline.cli.forecast import Asked, run_forecast

    options = {
        "data": data,
        "horizon": horizon,
        "id": id,
        "time": time,
        "target": target,
        "past": past,
        "future": future,
        "static": static,
        "categorical": categorical,
        "calendar": calendar,
        "frequency": frequency,
        "look_back": look_back,
        "minutes": minutes,
        "seed": seed,
    }
    asked = Asked(level or [80, 90], windows, baseline or (), future_data, overwrite, quiet)
    run_forecast(output, options, settings or [], asked, threads)
