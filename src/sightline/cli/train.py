"""`sightline train`."""

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import typer

from sightline.errors import ConfigError
from sightline.tasks import TASKS
from sightline.tasks.config import parse_config, read_yaml, set_option
from sightline.tasks.folder import TRAINING
from sightline.tasks.translate import PairFiles, TranslateConfig, Translator, read_pairs
from sightline.training import FitResult, Interrupted, Listener, TensorBoard, set_threads, show_progress

__all__ = ["Pairs", "run_train"]


class Pairs(NamedTuple):
    """Where pairs are, as the command line says it."""

    source: str | None
    target: str | None
    data: Path | None

    def given(self) -> bool:
        """Whether anything was said."""
        return any(part is not None for part in self)

    def values(self) -> dict[str, Any]:
        """The same as a configuration says it."""
        if self.source is None or self.target is None:
            raise ConfigError("pairs need both sides: give --source and --target, with --data its columns or keys")
        if self.data is None:
            return {"source": self.source, "target": self.target}
        return {"file": str(self.data), "source": _column(self.source), "target": _column(self.target)}

    def files(self) -> PairFiles:
        """Checked."""
        return parse_config(self.values(), PairFiles)


def _column(name: str) -> str | int:
    return int(name) if name.isdecimal() else name


def run_train(
    what: str,
    *,
    train_pairs: Pairs,
    valid_pairs: Pairs,
    options: Mapping[str, Any],
    settings: Sequence[str],
    resume: bool,
    finish: bool,
    overwrite: bool,
    quiet: bool,
    threads: int | None,
) -> None:
    """Train from a file or from options; the options win over the file."""
    config = _config(what, train_pairs, valid_pairs, options, settings)
    if config.output is None:
        raise ConfigError("where should the model go? give --output my-model, or 'output: my-model' in the file")
    if config.data.train is None:
        raise ConfigError("what should it learn from? give --source and --target, or 'data: train:' in the file")
    set_threads(threads)
    pairs = read_pairs(config.data.train)
    valid = read_pairs(config.data.valid) if config.data.valid else None
    listeners: list[Listener] = [TensorBoard(config.output / TRAINING / "tensorboard")]
    if not quiet:
        listeners.append(show_progress())
    translator = Translator.from_config(config)
    say = (lambda line: None) if quiet else lambda line: print(line, flush=True)
    try:
        translator.fit(
            pairs,
            valid,
            folder=config.output,
            resume=resume,
            finish=finish,
            overwrite=overwrite,
            listeners=listeners,
            say=say,
        )
    except Interrupted as stop:
        print(f"stopped after update {stop.update}, and saved; go on by\n  {_again()}", file=sys.stderr)
        raise typer.Exit(128 + stop.signal) from stop
    if not quiet:
        _close(config.output, translator.result)


def _again() -> str:
    """The present command, to be typed again."""
    words = [word for word in sys.argv[1:] if word not in ("--overwrite", "--resume")]
    return shlex.join(["sightline", *words, "--resume"])


def _close(output: Path, result: FitResult | None) -> None:
    if result is not None and result.already_done:
        print(f"nothing was left to train: {result.reason}; raise the limit to train on")
    print(f"the model is in {output}: try  sightline predict {output} < input.txt")


def _config(
    what: str, train_pairs: Pairs, valid_pairs: Pairs, options: Mapping[str, Any], settings: Sequence[str]
) -> TranslateConfig:
    path, node = None, None
    values: dict[str, Any]
    if what in TASKS:
        values = {"task": what}
    elif what.endswith((".yaml", ".yml")):
        path = what
        values, node = read_yaml(path)
    else:
        raise ConfigError(f"{what!r} is neither a task ({', '.join(TASKS)}) nor a configuration file (.yaml)")
    given = dict(options)
    if train_pairs.given():
        given["data.train"] = train_pairs.values()
    if valid_pairs.given():
        given["data.valid"] = valid_pairs.values()
    for key, value in given.items():
        set_option(values, f"{key}={json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)}")
    for option in settings:
        set_option(values, option)
    model = values.get("model")
    if isinstance(model, dict):
        model.setdefault("type", "recurrent")
    return parse_config(values, TranslateConfig, path, node)
