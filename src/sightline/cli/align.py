"""`sightline align`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from sightline.cli.pairs import Pairs
from sightline.cli.reading import warn
from sightline.data import GoldLinks, Link, Pair, format_links, read_links
from sightline.data.counting import count
from sightline.errors import ConfigError, DataError
from sightline.explain import symmetrise
from sightline.files import write_atomic
from sightline.metrics import alignment_error_rate
from sightline.tasks.loading import load
from sightline.tasks.translate import Translator, read_pairs
from sightline.tasks.translate.aligning import join
from sightline.training import set_threads

__all__ = ["Asked", "run_align"]

_PAIRS = 10_000  # at once


class Asked(NamedTuple):
    """What is asked of a translator.

    Attributes:
        pairs: where they are.
        reverse: the folder of a translator of the other direction.
        symmetrisation: how the links of both are joined.
        gold: a file of links to compare with.
        output: a file for the links; None for standard output.
    """

    pairs: Pairs
    reverse: Path | None
    symmetrisation: str
    gold: Path | None
    output: Path | None


def run_align(folder: Path, asked: Asked, threads: int | None) -> None:
    """The links of each pair, a line each; what is said of them goes to standard error.

    A pair that is too long is answered by an empty line, and counts as an error once all others are answered.
    """
    set_threads(threads)
    symmetrise(frozenset(), frozenset(), asked.symmetrisation)  # an unknown one is told at once
    models = [_translator(folder), *(() if asked.reverse is None else [_translator(asked.reverse)])]
    given = read_pairs(asked.pairs.files())
    gold = None if asked.gold is None else _gold(asked.gold, len(given))
    sides = [given, [Pair(pair.target, pair.source) for pair in given]]
    refused: dict[int, str] = {}
    for model, pairs in zip(models, sides, strict=False):
        refused |= model.too_long(pairs)
    kept = [i for i in range(len(given)) if i not in refused]
    links = [frozenset[Link]() for _ in given]
    for i, found in zip(kept, _aligned(models, [[some[i] for i in kept] for some in sides], asked), strict=True):
        links[i] = found
    _write([format_links(each) for each in links], asked.output)
    if gold is not None:
        score = alignment_error_rate(links, [each.sure for each in gold], [each.possible for each in gold])
        warn(f"AER {score.error_rate:.2%}, precision {score.precision:.2%}, recall {score.recall:.2%}")
    if refused:
        first = min(refused)
        raise DataError(
            f"pair {first + 1:,}: {refused[first]}\n{count(len(refused), 'pair')} too long in all, each answered by an "
            "empty line"
        )


def _translator(folder: Path) -> Translator:
    model = load(folder)
    if not isinstance(model, Translator):
        raise ConfigError(f"{folder}: words are aligned by a translator, and this model's task is another")
    return model


def _gold(path: Path, pairs: int) -> list[GoldLinks]:
    found = read_links(path)
    if len(found) != pairs:
        raise DataError(
            f"there are links of {len(found):,} pairs, and {pairs:,} pairs: line n belongs to pair n", path=path
        )
    if not any(each.possible for each in found):
        raise DataError("there is no link in it to compare with", path=path)
    return found


def _aligned(models: Sequence[Translator], sides: Sequence[Sequence[Pair]], asked: Asked) -> Iterator[frozenset[Link]]:
    """The links of each pair, with the other direction's; some pairs at a time, since alignments hold all weights."""
    if not sides[0]:
        return
    views = [model.view_of(pairs) for model, pairs in zip(models, sides, strict=False)]
    for way, view in zip(("", "back: "), views, strict=False):
        warn(f"{way}{view}")
    for start in range(0, len(sides[0]), _PAIRS):
        found, *back = (
            model.align(pairs[start : start + _PAIRS], view=view)
            for model, pairs, view in zip(models, sides, views, strict=False)
        )
        joined = join(found, back[0], asked.symmetrisation) if back else found
        yield from (each.links for each in joined)


def _write(lines: Sequence[str], output: Path | None) -> None:
    text = "".join(f"{line}\n" for line in lines)
    if output is None:
        print(text, end="", flush=True)
        return
    write_atomic(output, text.encode())
    print(f"wrote {output}")
