"""`sightline compare`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sightline.cli.documents import documents
from sightline.cli.reading import input_lines, input_name, warn
from sightline.errors import ConfigError, DataError
from sightline.tasks.comparing import Comparison, Model, check_comparable, compare, comparisons_page
from sightline.tasks.forecast import Forecaster
from sightline.tasks.loading import load
from sightline.tasks.translate import TextTooLongError, Translator
from sightline.training import set_threads

__all__ = ["Asked", "run_compare"]


_SERIES = 5  # that forecasters explain, at most


class Asked(NamedTuple):
    """What is asked of the models.

    Attributes:
        input: a file; None for standard input.
        output: a page; None for the terminal.
        verdict: find out whether each map is to be believed.
        future: a file of future covariates.
        as_json: whether to answer in JSON lines.
    """

    input: Path | None
    output: Path | None
    verdict: bool
    future: Path | None
    as_json: bool


def run_compare(folders: Sequence[Path], asked: Asked, threads: int | None) -> None:
    """What each model says of each input, and how far their attention lies apart; in sum, on standard error."""
    set_threads(threads)
    if asked.output is not None and asked.output.suffix != ".html":
        raise ConfigError(f"{asked.output}: a comparison comes as text, JSON or a page: name a .html file")
    if asked.output is not None and asked.as_json:
        raise ConfigError("--json is for standard output: leave out --output")
    if twice := [folder for i, folder in enumerate(folders) if folder in folders[:i]]:
        raise ConfigError(f"{twice[0]} is named twice: a comparison takes two models at least, each once")
    models = {str(folder): load(folder) for folder in folders}
    check_comparable(models)
    try:
        found = compare(models, _input(next(iter(models.values())), asked), future=asked.future, verdict=asked.verdict)
    except TextTooLongError as error:
        raise DataError(error.what, path=input_name(asked.input), line=error.index + 1) from error
    if not found:
        raise DataError("there is nothing to compare models on: it is empty", path=input_name(asked.input))
    if asked.output is not None:
        comparisons_page(found, asked.output)
        print(f"wrote {asked.output}")
    else:
        print("\n".join(each.to_json() for each in found) if asked.as_json else "\n\n".join(map(str, found)))
    if isinstance(next(iter(models.values())), Forecaster) and len(found) == _SERIES:
        warn(f"of more than {_SERIES} series the first {_SERIES} are compared")
    warn(_in_sum(found))


def _input(model: Model, asked: Asked) -> Any:
    """Texts, or the file of series."""
    if isinstance(model, Forecaster):
        if asked.input is None:
            raise ConfigError("which forecasts are to be compared? name the series up to now by --input data.csv")
        return asked.input
    if asked.future is not None:
        raise ConfigError("--future-data is for forecasts: leave it out")
    if isinstance(model, Translator):
        return list(input_lines(asked.input))
    return [text for some in documents(model.config, asked.input) for text in some]


def _in_sum(found: Sequence[Comparison]) -> str:
    same = f"the same answer to {sum(each.agree for each in found):,} of {len(found):,}"
    apart = [each.divergence for each in found if not np.isnan(each.divergence)]
    return f"{same}; attention differs by {np.mean(apart):.2f} of 1 in the mean" if apart else same
