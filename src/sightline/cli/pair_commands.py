"""The command that pairs of texts have to themselves."""

from pathlib import Path
from typing import Annotated

import typer

from sightline.cli.options import Folder, Threads

__all__ = ["align"]


def align(
    folder: Folder,
    source: Annotated[str | None, typer.Option(help="File of source texts; with --data its column or key.")] = None,
    target: Annotated[
        str | None, typer.Option(help="File of their translations; with --data its column or key.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="A TSV or JSONL file of pairs.")] = None,
    reverse: Annotated[
        Path | None, typer.Option(help="Folder of a model of the other direction; links of both are joined.")
    ] = None,
    symmetrisation: Annotated[
        str, typer.Option(help="How: intersection, union, grow-diag, grow-diag-final or grow-diag-final-and.")
    ] = "grow-diag-final",
    gold: Annotated[
        Path | None, typer.Option(help="File of right links, i-j sure and ipj possible: tells the error rate.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File for the links; else printed.")] = None,
    threads: Threads = None,
) -> None:
    """Link the words of texts with those of their translations: a line of i-j for each pair, words counted from 0.

    sightline align my-model --source a.en --target a.fr --reverse back-model > links.txt
    """
    from sightline.cli.align import Asked, run_align
    from sightline.cli.pairs import Pairs

    run_align(folder, Asked(Pairs(source, target, data), reverse, symmetrisation, gold, output), threads)
