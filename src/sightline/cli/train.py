"""`sightline train`."""

import json
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import typer
from pydantic import BaseModel

from sightline.cli import documents, pairs, series
from sightline.errors import ConfigError
from sightline.tasks.classify import ClassifyConfig
from sightline.tasks.config import parse_config, read_yaml, set_option
from sightline.tasks.folder import CONFIG, TRAINING
from sightline.tasks.forecast import ForecastConfig
from sightline.tasks.loading import TASKS
from sightline.tasks.translate import TranslateConfig
from sightline.training import (
    FitResult,
    Interrupted,
    Listener,
    TensorBoard,
    has_checkpoint,
    set_threads,
    show_progress,
)

__all__ = ["FACES", "configure", "run_train"]


class Face(NamedTuple):
    """What the command line knows of training for a task.

    Attributes:
        config: its configuration.
        keys: options, and which key of the configuration each sets.
        take: takes further options away, or changes them; gives the keys that they set.
        complete: adds to a configuration what is meant by it.
        begin: from a configuration to an untrained model and what its `fit` takes.
        usage: what to try then, from the configuration and the model's folder.
        counted: the name of what its loss counts.
    """

    config: type[BaseModel]
    keys: Mapping[str, str]
    take: Callable[[dict[str, Any]], dict[str, Any]]
    complete: Callable[[dict[str, Any]], None]
    begin: Callable[[Any], tuple[Any, tuple[Any, ...]]]
    usage: Callable[[Any, Path], str]
    counted: str


FACES = {
    "translate": Face(
        TranslateConfig,
        pairs.KEYS,
        pairs.pair_keys,
        pairs.complete,
        pairs.begin,
        lambda config, folder: f"sightline predict {folder} < input.txt",
        "tokens",
    ),
    "forecast": Face(
        ForecastConfig,
        series.KEYS,
        series.column_keys,
        series.complete,
        series.begin,
        series.usage,
        "steps",
    ),
    "classify": Face(
        ClassifyConfig,
        documents.KEYS,
        documents.document_keys,
        documents.complete,
        documents.begin,
        lambda config, folder: f"sightline predict {folder} < documents.txt",
        "documents",
    ),
}


def run_train(
    what: str,
    *,
    options: Mapping[str, Any],
    settings: Sequence[str],
    resume: bool,
    finish: bool,
    overwrite: bool,
    quiet: bool,
    threads: int | None,
) -> None:
    """Train from a file or from options; the options, by their names, win over the file."""
    config = configure(what, options, settings)
    output: Path | None = config.output
    own = Path(what).parent  # of a model's own configuration, which may have another name by now
    if resume and options.get("output") is None and Path(what).name == CONFIG and has_checkpoint(own / TRAINING):
        output = own
    if output is None:
        raise ConfigError("where should the model go? give --output my-model, or 'output: my-model' in the file")
    face = FACES[config.task]
    set_threads(threads)
    model, inputs = face.begin(config)
    listeners: list[Listener] = [TensorBoard(output / TRAINING / "tensorboard")]
    if not quiet:
        listeners.append(show_progress(counted=face.counted))
    say = (lambda line: None) if quiet else lambda line: print(line, flush=True)
    try:
        model.fit(
            *inputs, folder=output, resume=resume, finish=finish, overwrite=overwrite, listeners=listeners, say=say
        )
    except Interrupted as stop:
        print(f"stopped after update {stop.update}, and saved; go on by\n  {_again()}", file=sys.stderr)
        raise typer.Exit(128 + stop.signal) from stop
    if not quiet:
        _close(output, model.result, face.usage(config, output))


def _again() -> str:
    """The present command, to be typed again."""
    words = [word for word in sys.argv[1:] if word not in ("--overwrite", "--resume")]
    return shlex.join(["sightline", *words, "--resume"])


def _close(output: Path, result: FitResult | None, usage: str) -> None:
    if result is not None and result.already_done:
        print(f"nothing was left to train: {result.reason}; raise the limit to train on")
    print(f"the model is in {output}: try  {usage}")


def configure(what: str, options: Mapping[str, Any], settings: Sequence[str]) -> Any:
    """The configuration of a task or in a file, with options by their names and settings, which win.

    Raises:
        ConfigError: for an unknown task, an option of another one, or values that do not fit.
    """
    path, node = None, None
    values: dict[str, Any]
    if what in TASKS:
        values = {"task": what}
    elif what.endswith((".yaml", ".yml")):
        path = what
        values, node = read_yaml(path)
    else:
        raise ConfigError(f"{what!r} is neither a task ({', '.join(TASKS)}) nor a configuration file (.yaml)")
    task = values.get("task", "translate")
    if task not in FACES:
        raise ConfigError(f"{what}: the task is {task!r}, and those that exist are {', '.join(FACES)}")
    face = FACES[task]
    for key, value in _keys(task, face, options).items():
        set_option(values, f"{key}={json.dumps(value, default=str, ensure_ascii=False)}")
    for option in settings:
        set_option(values, option)
    face.complete(values)
    return parse_config(values, face.config, path, node)


def _keys(task: str, face: Face, options: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of the configuration that options set."""
    given = {name: value for name, value in options.items() if value is not None}
    taken = face.take(given)
    strange = [name for name in given if name not in face.keys]
    if strange:
        raise ConfigError(f"--{strange[0].replace('_', '-')} is no option of the task {task!r}")
    return {face.keys[name]: value for name, value in given.items()} | taken
