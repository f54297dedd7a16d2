"""Whole words or single characters as units, and what every kind of unit has in common."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from sightline.errors import ConfigError, DataError

__all__ = ["BOS", "EOS", "PAD", "SPECIALS", "UNK", "Lexicon", "Units"]

PAD, UNK, BOS, EOS = 0, 1, 2, 3
SPECIALS = ("<pad>", "<unk>", "<bos>", "<eos>")


class Units(Protocol):
    """What a text is cut into, each with an id.

    Text is first cut into chunks, and each chunk by itself into units. Where units are `spaced`, a chunk is a word with
    the space before it, and the first word of a text is given a space as well, so that `"".join` undoes the cutting.

    """

    @property
    def tokens(self) -> Sequence[str]:
        """The text that each id stands for, its space included; ids 0 to 3 are the special symbols."""
        ...

    @property
    def spaced(self) -> bool:
        """Whether chunks are words with the space before them; else they are single characters."""
        ...

    def segment(self, chunk: str) -> list[tuple[int, int]]:
        """Id and length in characters of each unit of a chunk, from left to right."""
        ...

    def state(self) -> Any:
        """All that is needed to restore the units, made of JSON's types."""
        ...


class Lexicon:
    """A fixed list of words or of characters; everything else is unknown.

    Special symbols are kept out of the look-up, so that no text, not even the literal `<eos>`, is taken for one.

    Args:
        entries: words (without their space) or characters, in the order of their ids from 4 on.
        spaced: True for words, False for characters.

    Raises:
        ValueError: when an entry is there twice.
    """

    def __init__(self, entries: Sequence[str], *, spaced: bool) -> None:
        space = " " if spaced else ""
        self.spaced = spaced
        self.tokens = [*SPECIALS, *(space + entry for entry in entries)]
        self.tokens[UNK] = space + SPECIALS[UNK]
        self._entries = list(entries)
        self._ids = {token: index for index, token in enumerate(self.tokens) if index >= len(SPECIALS)}
        if len(self._ids) != len(self._entries):
            raise ValueError("an entry is there twice")

    @classmethod
    def train(cls, texts: Iterable[str], size: int, min_count: int, *, spaced: bool) -> "Lexicon":
        """Take the most frequent entries of the texts; equally frequent ones in the order of their code points.

        Args:
            texts: the texts to count in.
            size: the largest size allowed, special symbols included; the rarest entries give way.
            min_count: how often an entry must be seen.
            spaced: True for words, False for characters.
        """
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(text.split(" ") if spaced else text)
        del counts[""]
        if not counts:
            raise DataError("there is no text to train a tokenizer on: every text is empty")
        if size <= len(SPECIALS):
            raise ConfigError(f"a vocabulary of size {size} has no room beside its 4 special symbols: use 5 or more")
        ranked = sorted((entry for entry, count in counts.items() if count >= min_count), key=lambda e: (-counts[e], e))
        if not ranked:
            most = max(counts.values())
            raise ConfigError(f"min_count={min_count} leaves no entry: the most frequent one is seen {most} times")
        return cls(ranked[: size - len(SPECIALS)], spaced=spaced)

    def segment(self, chunk: str) -> list[tuple[int, int]]:
        """One unit a chunk; none for the empty word between two spaces."""
        if self.spaced and chunk == " ":
            return []
        return [(self._ids.get(chunk, UNK), len(chunk))]

    def state(self) -> list[str]:
        """The entries in the order of their ids."""
        return self._entries
