"""English phrases with dates, times, numbers and prices, and their Italian forms: data for the demo, from no file.

    python demo/phrases.py OUTPUT_DIR --train 20000 --valid 500 --test 1000 --seed 1

writes train.tsv, valid.tsv and test.tsv (English, tab, Italian), which share no English phrase. The libraries behind
it, babel and num2words, come with `pip install sightline[demo]`; a seed gives the same phrases wherever their versions
are the same.

Both sides use the characters of a keyboard: CLDR's no-break, narrow and thin spaces become plain spaces, its en dash
a hyphen, its curly apostrophe a straight one. What num2words misspells in Italian is left out, never mended: numbers
above 20 in "-tre" without the accent, "-dicotto" for "-diciotto", and ordinals in "-diecesimo".
"""

import argparse
import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from random import Random

from phrase_kinds import KINDS, Kind, Pair

__all__ = ["MAX_LENGTH", "draw", "generate", "write_splits"]

MAX_LENGTH = 45
"""Characters on either side of a pair; longer phrases are drawn again."""

KEYBOARD = str.maketrans({"\u00a0": " ", "\u2009": " ", "\u202f": " ", "–": "-", "’": "'"})
MISSPELT = re.compile(r"\w(tre|diecesimo)\b|dicott")


def draw(kind: Kind, rng: Random) -> Pair:
    """One pair of a kind with the characters of a keyboard, drawn again while too long or misspelt."""
    while True:
        english, italian = (text.translate(KEYBOARD) for text in kind(rng))
        if max(len(english), len(italian)) <= MAX_LENGTH and not MISSPELT.search(italian):
            return english, italian


def generate(count: int, seed: int) -> list[Pair]:
    """Pairs of English and Italian phrases with distinct English sides, in random order.

    Args:
        count: how many pairs; there are more than a hundred million.
        seed: the same seed gives the same pairs.

    >>> pairs = dict(generate(300, seed=1))
    >>> len(pairs)
    300
    """
    rng = Random(seed)
    pairs: dict[str, str] = {}
    while len(pairs) < count:
        english, italian = draw(rng.choice(KINDS), rng)
        pairs[english] = italian
    # Small kinds run out, so the last pairs drawn are not like the first.
    mixed = list(pairs.items())
    rng.shuffle(mixed)
    return mixed


def write_splits(folder: Path, sizes: dict[str, int], seed: int) -> None:
    """Write disjoint splits as NAME.tsv into `folder`, which is made if need be.

    Args:
        folder: where the files go; files of the same names are replaced.
        sizes: name of each split and its number of pairs.
        seed: that of `generate`.

    Raises:
        OSError: `folder` cannot be made or written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pairs = iter(generate(sum(sizes.values()), seed))
    for name, size in sizes.items():
        lines = (f"{english}\t{italian}\n" for english, italian in islice(pairs, size))
        (folder / f"{name}.tsv").write_text("".join(lines), encoding="utf-8", newline="\n")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a whole number of pairs from 1")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Write English phrases and their Italian forms as TSV files.")
    parser.add_argument("folder", type=Path, metavar="OUTPUT_DIR", help="folder for train.tsv, valid.tsv and test.tsv")
    parser.add_argument("--train", type=_count, default=20000, help="pairs to train on (default: %(default)s)")
    parser.add_argument("--valid", type=_count, default=500, help="pairs to watch training with (default: %(default)s)")
    parser.add_argument("--test", type=_count, default=1000, help="pairs to test on (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other phrases (default: %(default)s)")
    options = parser.parse_args(arguments)
    sizes = {"train": options.train, "valid": options.valid, "test": options.test}
    try:
        write_splits(options.folder, sizes, options.seed)
    except OSError as error:
        parser.error(f"cannot write to {options.folder}: {error.strerror}; name a folder that can be written to")


if __name__ == "__main__":
    main()
