"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "Beam",
    "Calendar",
    "Categorical",
    "Decoding",
    "Folder",
    "Frequency",
    "Future",
    "FutureData",
    "Id",
    "Json",
    "Label",
    "Level",
    "LookBack",
    "Method",
    "Overwrite",
    "Past",
    "Quiet",
    "Settings",
    "Static",
    "Text",
    "Threads",
    "Time",
    "decoding_settings",
]

Folder = Annotated[Path, typer.Argument(metavar="MODEL", help="The model's folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Beam = Annotated[int | None, typer.Option(help="Width of the beam, in place of the model's own.")]
Method = Annotated[str | None, typer.Option(help="beam, greedy, sample or exact, in place of the model's own.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Set any option, such as training.minutes=5; may be repeated."),
]
Decoding = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Set a decoding option, such as decoding.length_penalty=0.6; may be repeated.",
    ),
]
Id = Annotated[str | None, typer.Option(help="Column that says which series a row belongs to; else unique_id.")]
Time = Annotated[str | None, typer.Option(help="Column of dates, datetimes or whole numbers; else ds.")]
Frequency = Annotated[str | None, typer.Option(help="The step, such as 15min, h, D or MS; else inferred.")]
Past = Annotated[list[str] | None, typer.Option(help="Covariate known up to now; may be repeated.")]
Future = Annotated[list[str] | None, typer.Option(help="Covariate known ahead; may be repeated.")]
Static = Annotated[list[str] | None, typer.Option(help="Covariate with one value a series; repeatable.")]
Categorical = Annotated[
    list[str] | None, typer.Option(help="Of the covariates one whose numbers are names; may be repeated.")
]
Calendar = Annotated[
    list[str] | None, typer.Option(help="minute, hour, dayofweek, day, dayofyear or month; may be repeated.")
]
Text = Annotated[str | None, typer.Option(help="Column or key of the documents; else as in training.")]
Label = Annotated[str | None, typer.Option(help="Column or key of their labels; else as in training.")]
LookBack = Annotated[int | None, typer.Option(help="Steps that a forecast sees; else three horizons or two seasons.")]
Level = Annotated[list[float] | None, typer.Option(help="Intervals that cover so many per cent; may be repeated.")]
FutureData = Annotated[Path | None, typer.Option(help="Table of future covariates for the steps ahead.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Write over the output folder.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
Threads = Annotated[int | None, typer.Option(help="CPU threads; all cores if not given.")]


def decoding_settings(settings: list[str] | None, **options: object) -> list[str]:
    """Decoding options as settings; those given by name come last."""
    return [*(settings or []), *(f"decoding.{key}={value}" for key, value in options.items() if value is not None)]
