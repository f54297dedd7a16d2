"""What every task's `fit` does about folders."""

import tempfile
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sightline.errors import ConfigError, TrainingError
from sightline.files import make_folder
from sightline.tasks.folder import hold, new_folder
from sightline.training import Interrupted

__all__ = ["begun", "check_folder_options", "fit_in_passing"]

T = TypeVar("T")


def check_folder_options(folder: str | Path | None, *, resume: bool, finish: bool, overwrite: bool) -> None:
    """See that what is asked for goes together.

    Raises:
        ConfigError: where it does not.
    """
    if resume and overwrite:
        raise ConfigError("resume goes on with a training and overwrite deletes it: choose one")
    if finish and not resume:
        raise ConfigError("finish ends a training that was begun: it goes with resume")
    if folder is None and (resume or overwrite):
        raise ConfigError("resume, finish and overwrite are about a model's folder: name it by folder=")


def fit_in_passing(fit: Callable[[Path], T]) -> T:
    """Train in a folder that is gone afterwards.

    Raises:
        TrainingError: when training was interrupted, which keeps nothing.
    """
    with tempfile.TemporaryDirectory(prefix="sightline-") as scratch:
        try:
            return fit(Path(scratch))
        except Interrupted as stop:
            raise TrainingError(
                f"stopped after update {stop.update}, and nothing is kept: give fit a folder, "
                "and it can go on from there by resume=True"
            ) from None


@contextmanager
def begun(
    place: Path,
    *,
    resume: bool,
    overwrite: bool,
    changes: Sequence[str],
    prepare: Callable[[Path | None], T],
    keep: Callable[[T], None],
    lines: Callable[[T], Iterable[str]],
    say: Callable[[str], None],
) -> Generator[T]:
    """Hold a folder while a model trains in it, with what has to be there before.

    Args:
        place: the folder.
        resume: go on with what it holds.
        overwrite: write over what it holds.
        changes: what is other than when the training that is resumed stopped.
        prepare: gives all that training needs, from the folder of a resumed one or else None.
        keep: writes down what has to be known of it, in the folder that is empty then.
        lines: what is about to be trained, for people.
        say: called with each line worth telling.

    Raises:
        OutputError: where the folder is in the way, held by another process, or cannot be written.
    """
    with hold(make_folder(place)):
        start = prepare(place if resume else None)
        if not resume:
            new_folder(place, overwrite=overwrite)
            keep(start)
        for line in (*lines(start), *(f"since then: {change}" for change in changes)):
            say(line)
        yield start
