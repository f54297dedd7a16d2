"""The commands that show what answers came from, and their options."""

from pathlib import Path
from typing import Annotated

import typer

from sightline.cli.options import Beam, Folder, FutureData, Json, Text, Threads, decoding_settings

__all__ = ["compare", "explain"]

Input = Annotated[
    Path | None,
    typer.Option(help="File of texts or documents, standard input if not given; or the table of series up to now."),
]
Verdict = Annotated[
    bool, typer.Option("--verdict/--no-verdict", help="Say whether each map is to be believed: takes its time.")
]


def explain(
    folder: Folder,
    input: Input = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="report.html, or picture.png or .svg (picture-1.png ... for several), else text; of forecasts a .csv "
            "too.",
        ),
    ] = None,
    pieces: Annotated[
        bool, typer.Option("--pieces", help="In pictures and text: the model's own units in place of words.")
    ] = False,
    summary: Annotated[
        bool,
        typer.Option(
            "--summary",
            help="Not each, but where attention goes in all of them together: heads, places, words or steps.",
        ),
    ] = False,
    verdict: Verdict = True,
    beam: Beam = None,
    future_data: FutureData = None,
    text: Text = None,
    json: Json = False,
    threads: Threads = None,
) -> None:
    """Show which input tokens every output token came from, which words decided a label, or which steps a forecast.

    echo "How are you?" | sightline explain my-model --output report.html

    sightline explain my-model --input sales.csv --output used.csv
    """
    from sightline.cli.explain import Asked, run_explain

    decoding = decoding_settings(None, beam=beam)
    run_explain(folder, Asked(input, output, not pieces, summary, verdict, decoding, future_data, json, text), threads)


def compare(
    folders: Annotated[list[Path], typer.Argument(metavar="MODEL MODEL...", help="The models' folders.")],
    input: Input = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="report.html, else text.")] = None,
    verdict: Verdict = True,
    future_data: FutureData = None,
    json: Json = False,
    threads: Threads = None,
) -> None:
    """Show what several models say of the same input, and how far apart they look: models of several seeds, say.

    echo "How are you?" | sightline compare model-1 model-2 --output report.html
    """
    from sightline.cli.compare import Asked, run_compare

    run_compare(folders, Asked(input, output, verdict, future_data, json), threads)
