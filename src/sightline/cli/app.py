"""The commands and their options; what they do stands in a module of its own each."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from sightline.cli.explain_commands import compare, explain
from sightline.cli.options import (
    Beam,
    Calendar,
    Categorical,
    Decoding,
    Folder,
    Frequency,
    Future,
    FutureData,
    Id,
    Json,
    Label,
    Level,
    LookBack,
    Method,
    Overwrite,
    Past,
    Quiet,
    Settings,
    Static,
    Text,
    Threads,
    Time,
    decoding_settings,
)
from sightline.cli.pair_commands import align
from sightline.cli.series_commands import doctor, forecast

__all__ = ["app"]

app = typer.Typer(
    name="sightline",
    help="Train attention-based sequence models on your own data, predict, and see what each output looked at.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"sightline {version('sightline')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """What comes before a command."""


@app.command()
def train(
    what: Annotated[
        str,
        typer.Argument(
            metavar="CONFIG.yaml|TASK", help="A configuration file, or 'translate', 'forecast' or 'classify'."
        ),
    ],
    source: Annotated[
        str | None, typer.Option(help="File of source texts, one a line; with --data its column or key.")
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(help="File of target texts, line by line; with --data its column or key. The column to forecast."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="A TSV or JSONL file of pairs, columns by number from 1 or by name; a table of series; labelled "
            "documents: a table, JSONL, fastText's lines, or a folder for each class."
        ),
    ] = None,
    valid_source: Annotated[
        str | None, typer.Option(help="Validation sources: a file, or the column or key in --valid-data.")
    ] = None,
    valid_target: Annotated[
        str | None, typer.Option(help="Validation targets: a file, or the column or key in --valid-data.")
    ] = None,
    valid_data: Annotated[Path | None, typer.Option(help="One file of validation pairs, columns as --data.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder for the model.")] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="recurrent or transformer; to forecast, patches, segments, variables or darnn; to classify, also "
            "hierarchical or ngrams."
        ),
    ] = None,
    attention: Annotated[
        str | None, typer.Option(help="additive, concat, dot, scaled_dot, bilinear, cosine, location or none.")
    ] = None,
    tokenizer: Annotated[str | None, typer.Option(help="bpe, unigram, word or char, for both sides.")] = None,
    text: Annotated[str | None, typer.Option(help="Column or key of the documents; else text.")] = None,
    label: Annotated[str | None, typer.Option(help="Column or key of their labels; else label.")] = None,
    kind: Annotated[
        str | None, typer.Option(help="Labels of a document: one, several (none too), or ordered ones.")
    ] = None,
    horizon: Annotated[int | None, typer.Option(help="Steps to forecast.")] = None,
    look_back: LookBack = None,
    id: Id = None,
    time: Time = None,
    past: Past = None,
    future: Future = None,
    static: Static = None,
    categorical: Categorical = None,
    calendar: Calendar = None,
    frequency: Frequency = None,
    minutes: Annotated[float | None, typer.Option(help="Wall-clock budget.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of all that is random.")] = None,
    settings: Settings = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where training stopped.")] = False,
    finish: Annotated[
        bool, typer.Option("--finish", help="With --resume: train no further, take the best weights so far.")
    ] = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    threads: Threads = None,
) -> None:
    """Train a model, from a configuration file or from options alone.

    sightline train translate --source a.en --target a.de --output my-model

    sightline train translate --data pairs.tsv --source 1 --target 2 --output my-model

    sightline train forecast --data sales.csv --horizon 28 --output my-model

    sightline train classify --data reviews.csv --text text --label label --output my-model

    sightline train config.yaml --set training.minutes=5
    """
    from sightline.cli.train import run_train

    options = {
        "source": source,
        "target": target,
        "data": data,
        "valid_source": valid_source,
        "valid_target": valid_target,
        "valid_data": valid_data,
        "output": output,
        "model": model,
        "attention": attention,
        "tokenizer": tokenizer,
        "text": text,
        "label": label,
        "kind": kind,
        "horizon": horizon,
        "look_back": look_back,
        "id": id,
        "time": time,
        "past": past,
        "future": future,
        "static": static,
        "categorical": categorical,
        "calendar": calendar,
        "frequency": frequency,
        "minutes": minutes,
        "seed": seed,
    }
    run_train(
        what,
        options=options,
        settings=settings or [],
        resume=resume,
        finish=finish,
        overwrite=overwrite,
        quiet=quiet,
        threads=threads,
    )


@app.command()
def predict(
    folder: Folder,
    input: Annotated[
        Path | None,
        typer.Option(
            help="File of texts or documents; standard input if not given. To forecast, a table of series up to now."
        ),
    ] = None,
    beam: Beam = None,
    method: Method = None,
    n_best: Annotated[int | None, typer.Option(help="Answers for each input, as JSON; needs --json.")] = None,
    level: Level = None,
    future_data: FutureData = None,
    text: Text = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, with scores and attention.")] = False,
    settings: Decoding = None,
    threads: Threads = None,
) -> None:
    """Translate or label texts, one line in, one line out, in order; or forecast what comes after the end of series.

    sightline predict my-model < input.txt > output.txt

    sightline predict my-model --input sales.csv --level 90 > forecast.csv
    """
    from sightline.cli.predict import Asked, run_predict

    decoding = decoding_settings(settings, beam=beam, method=method, n_best=n_best)
    run_predict(folder, Asked(input, decoding, level or (), future_data, json, text), threads)


@app.command()
def evaluate(
    folder: Folder,
    source: Annotated[str | None, typer.Option(help="File of source texts; with --data its column or key.")] = None,
    target: Annotated[str | None, typer.Option(help="File of reference texts; with --data its column or key.")] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="A TSV or JSONL file of pairs; labelled documents; or the table of series up to now."),
    ] = None,
    text: Text = None,
    label: Label = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            help="bleu, chrf, exact_match, wer (share of wrong answers), per (edits over tokens); repeatable."
        ),
    ] = None,
    bleu_tokenize: Annotated[str, typer.Option(help="sacrebleu's tokenizer; none for tokenised text.")] = "13a",
    beam: Beam = None,
    method: Method = None,
    level: Level = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for pictures: of forecasts, or of how labels err.")
    ] = None,
    folds: Annotated[
        int | None, typer.Option(help="Cross-validate: train classifiers like this one on --data, and judge these.")
    ] = None,
    json: Json = False,
    settings: Decoding = None,
    threads: Threads = None,
) -> None:
    """Translate and score against references; forecast what came since training; or label documents with labels.

    sightline evaluate my-model --source test.en --target test.de

    sightline evaluate my-model --data sales.csv --level 90

    sightline evaluate my-model --data reviews.csv --output pictures
    """
    from sightline.cli.evaluate import Asked, run_evaluate
    from sightline.cli.pairs import Pairs

    decoding = decoding_settings(settings, beam=beam, method=method)
    asked = Asked(
        Pairs(source, target, data), metric, bleu_tokenize, decoding, level or (), json, output, folds, text, label
    )
    run_evaluate(folder, asked, threads)


@app.command()
def info(folder: Folder, json: Json = False) -> None:
    """Say what is in a model's folder."""
    from sightline.cli.info import run_info

    run_info(folder, json)


app.command()(explain)
app.command()(compare)
app.command()(align)
app.command()(doctor)
app.command()(forecast)


if __name__ == "__main__":
    sys.exit(app())
