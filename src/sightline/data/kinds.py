"""The kinds of units that a tokenizer can have."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

from sightline.data.subwords import Subwords
from sightline.data.units import Lexicon, Units

__all__ = ["KINDS", "Kind"]


class Kind(NamedTuple):
    """How units of one kind are made: from texts, size and min_count; or from what was saved."""

    train: Callable[[Iterable[str], int, int], Units]
    restore: Callable[[Any], Units]


KINDS: dict[str, Kind] = {
    "bpe": Kind(Subwords.train_bpe, Subwords),
    "unigram": Kind(Subwords.train_unigram, Subwords),
    "word": Kind(partial(Lexicon.train, spaced=True), partial(Lexicon, spaced=True)),
    "char": Kind(partial(Lexicon.train, spaced=False), partial(Lexicon, spaced=False)),
}
