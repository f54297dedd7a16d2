"""From text to ids and back, with the place of each piece in the text."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from os import PathLike
from pathlib import Path
from random import Random

from sightline.data.kinds import KINDS
from sightline.data.placing import placed
from sightline.data.subwords import Subwords
from sightline.data.units import EOS, SPECIALS, UNK, Units
from sightline.errors import ConfigError, DataError, ModelFolderError
from sightline.files import write_atomic
from sightline.results import Piece

__all__ = ["Encoding", "Tokenizer", "Unknown"]

_FORMAT = 1
_CUTS = 16  # of one word, before earlier ones are taken again


@dataclass(frozen=True, slots=True)
class Encoding:
    """A text as ids, without `<bos>` and `<eos>`, and the piece of text behind each."""

    ids: list[int]
    pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class Unknown:
    """How many of `total` tokens were `unknown`."""

    unknown: int
    total: int

    @property
    def share(self) -> float:
        """The unknown part, from 0 to 1."""
        return self.unknown / self.total if self.total else 0.0


class Tokenizer:
    """Cuts text into pieces with ids, and puts it together again.

    Kinds: `"bpe"` and `"unigram"` cut words into frequent pieces (Sennrich et al. 2016; Kudo 2018); `"word"` cuts at
    spaces, for phonemes and tokenised corpora; `"char"` takes each Unicode code point, the space included. Words are
    what the space (U+0020) separates, in every kind. Ids 0 to 3 are `<pad>`, `<unk>`, `<bos>`, `<eos>`; no text is
    ever taken for one of them.

    Args:
        kind: one of `KINDS`.
        units: units of that kind.

    Example:
        >>> tokenizer = Tokenizer.train(["low lowest", "old oldest", "cold coldest"], kind="bpe", size=24)
        >>> encoding = tokenizer.encode("lowest")
        >>> [piece.text for piece in encoding.pieces]
        ['low', 'est']
        >>> tokenizer.decode(encoding.ids)
        'lowest'
    """

    def __init__(self, kind: str, units: Units) -> None:
        self.kind = kind
        self._units = units

    @classmethod
    def train(cls, texts: Iterable[str], kind: str = "bpe", size: int = 8000, min_count: int = 1) -> "Tokenizer":
        """Build a vocabulary from texts; the same texts give the same vocabulary each time.

        Args:
            texts: the texts, read once.
            kind: `"bpe"`, `"unigram"`, `"word"` or `"char"`.
            size: the largest size, special symbols included; fewer where the texts do not yield as many. Words or
                characters that find no room are unknown.
            min_count: how often a word, a character or (`"bpe"`) a pair to merge must be seen.

        Raises:
            ConfigError: for an unknown kind, or a size or min_count that cannot be met.
            DataError: when there is no text, or a text that is not Unicode.
        """
        if kind not in KINDS:
            near = get_close_matches(str(kind), KINDS, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ConfigError(f"unknown kind of tokenizer {kind!r}: expected one of {', '.join(KINDS)}{hint}")
        if min_count < 1:
            raise ConfigError(f"min_count is {min_count}: it must be 1 or more")
        return cls(kind, KINDS[kind].train(map(_checked, texts), size, min_count))

    @property
    def size(self) -> int:
        """Number of ids, special symbols included."""
        return len(self._units.tokens)

    @property
    def spaced(self) -> bool:
        """Whether each word is cut by itself, with the space before it; else spaces are tokens as others are."""
        return self._units.spaced

    def places(self) -> dict[str, int]:
        """The id of each unit, without the space before it, special symbols left out."""
        units = list(enumerate(self._units.tokens))[len(SPECIALS) :]
        return {unit.removeprefix(" ") if self._units.spaced else unit: index for index, unit in units}

    def encode(self, text: str) -> Encoding:
        """Ids of a text and the pieces behind them; the pieces' offsets count code points of the text.

        A piece shows its text without the space before it. One that is nothing but a space shows as `▁`.

        Raises:
            DataError: when the text is not Unicode (a lone surrogate).
        """
        ids: list[int] = []
        lengths: list[tuple[int, int]] = []
        start = -1 if self._units.spaced else 0
        for chunk in self._chunks(_checked(text)):
            end = start
            for index, length in self._units.segment(chunk):
                ids.append(index)
                lengths.append((end, end + length))
                end += length
            start += len(chunk)
        return Encoding(ids, placed(text, lengths, self._units.spaced))

    def encode_batch(self, texts: Iterable[str]) -> list[list[int]]:
        """Ids of many texts. Each distinct word is cut once.

        Raises:
            DataError: when a text is not Unicode (a lone surrogate).
        """
        known: dict[str, list[int]] = {}

        def cut(chunk: str) -> list[int]:
            if chunk not in known:
                known[chunk] = [index for index, _ in self._units.segment(chunk)]
            return known[chunk]

        return self._rows(texts, cut)

    def encode_at_random(self, texts: Iterable[str], dropout: float, chance: Random) -> list[list[int]]:
        """Ids of many texts under BPE-dropout: words fall into smaller pieces, each time into others.

        Provilkov, Emelianenko and Voita 2020, "BPE-Dropout: Simple and Effective Subword Regularization". A word is cut
        anew for its first occurrences; a frequent one takes its later cuts from those.

        Args:
            texts: the texts.
            dropout: the probability with which a merge is left out.
            chance: where it is drawn from.

        Raises:
            ConfigError: for another kind than `"bpe"`.
            DataError: when a text is not Unicode (a lone surrogate).
        """
        units = self._units
        if self.kind != "bpe" or not isinstance(units, Subwords):
            raise ConfigError(f"dropout of merges is for the kind 'bpe', and this tokenizer's is {self.kind!r}")
        known: dict[str, list[list[int]]] = {}

        def cut(chunk: str) -> list[int]:
            cuts = known.setdefault(chunk, [])
            if len(cuts) == _CUTS:
                return cuts[int(chance.random() * _CUTS)]
            cuts.append(units.segment_at_random(chunk, dropout, chance))
            return cuts[-1]

        return self._rows(texts, cut)

    def _rows(self, texts: Iterable[str], cut: Callable[[str], list[int]]) -> list[list[int]]:
        return [[index for chunk in self._chunks(_checked(text)) for index in cut(chunk)] for text in texts]

    def encode_open(self, text: str, extra: Sequence[str] | None = None) -> tuple[list[int], list[str]]:
        """Ids in which a unit that the vocabulary lacks has one past its end: `size` plus its place in `extra`.

        Args:
            text: the text.
            extra: the units that may be numbered so, others being `<unk>`; None numbers all that this text has.

        Returns:
            The ids, and the units that are numbered, each as it stands in the text, with its space.

        Raises:
            DataError: when the text is not Unicode (a lone surrogate).
        """
        places = {unit: i for i, unit in enumerate(extra or ())}
        ids: list[int] = []
        for chunk in self._chunks(_checked(text)):
            start = 0
            for index, length in self._units.segment(chunk):
                unit = chunk[start : start + length]
                if index == UNK and extra is None:
                    places.setdefault(unit, len(places))
                ids.append(self.size + places[unit] if index == UNK and unit in places else index)
                start += length
        return ids, list(places)

    def decode(self, ids: Iterable[int], extra: Sequence[str] = ()) -> str:
        """Text of ids up to `<eos>`, without `<pad>` and `<bos>`; `<unk>` is written out.

        Ids from `size` on are units of `extra`, as `encode_open` numbers them.
        """
        text = "".join(self._unit(index, extra) for index in _before_eos(ids) if _visible(index))
        return text.removeprefix(" ") if self._units.spaced else text

    def _unit(self, index: int, extra: Sequence[str]) -> str:
        return self._units.tokens[index] if index < self.size else extra[index - self.size]

    def pieces(self, ids: Iterable[int], extra: Sequence[str] = ()) -> list[Piece]:
        """One piece for each id up to and including `<eos>`, with its place in `decode(ids, extra)`.

        Special symbols have no place, save `<unk>`, which `decode` writes out.
        """
        ids = list(ids)
        shown = list(_before_eos(ids))
        tokens = [self._unit(index, extra) for index in shown if _visible(index)]
        start = -1 if self._units.spaced and tokens and tokens[0].startswith(" ") else 0
        spans: list[tuple[int, int]] = []
        for token in tokens:
            spans.append((start, start + len(token)))
            start += len(token)
        following = iter(placed(self.decode(shown, extra), spans, self._units.spaced))
        pieces = [next(following) if _visible(index) else Piece(SPECIALS[index]) for index in shown]
        return pieces + [Piece(SPECIALS[EOS])] * (len(shown) < len(ids))

    def unknown(self, rows: Iterable[Sequence[int]]) -> Unknown:
        """Count the unknown tokens in rows of ids, those of `encode_open` included."""
        rows = list(rows)
        unknown = sum(index == UNK or index >= self.size for row in rows for index in row)
        return Unknown(unknown, sum(map(len, rows)))

    def to_bytes(self) -> bytes:
        """What a file of it holds, in JSON: format, kind, and the units (for subwords the `tokenizers` library's)."""
        content = {"format": _FORMAT, "kind": self.kind, "units": self._units.state()}
        return (json.dumps(content, ensure_ascii=False) + "\n").encode()

    def save(self, path: str | PathLike[str]) -> None:
        """Write `to_bytes` to a file.

        Raises:
            OutputError: when the file cannot be written; one of before is left as it was.
        """
        write_atomic(path, self.to_bytes())

    @classmethod
    def load(cls, path: str | PathLike[str]) -> "Tokenizer":
        """Read what `save` wrote.

        Raises:
            ModelFolderError: when the file is missing, damaged, or of another version.
        """
        try:
            content = json.loads(Path(path).read_bytes())
            version = content["format"]
            if version == _FORMAT:
                return cls(content["kind"], KINDS[content["kind"]].restore(content["units"]))
        except FileNotFoundError as error:
            raise ModelFolderError(f"{path}: there is no such file, so the saved model is not complete") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            what = f"{type(error).__name__}: {error}"
            raise ModelFolderError(
                f"{path}: the saved tokenizer is damaged ({what}): copy it again, or train anew"
            ) from error
        raise ModelFolderError(
            f"{path}: the tokenizer is saved in format {version}, and this version of Sightline reads format "
            f"{_FORMAT}: load it with the version that saved it, or train anew"
        )

    def _chunks(self, text: str) -> Iterable[str]:
        """What is cut by itself: words, each with a space before it, or characters."""
        if not self._units.spaced:
            return text
        return [" " + word for word in text.split(" ")] if text else []


def _checked(text: str) -> str:
    """The text, if it is one: lone surrogates stand for no character and cannot be written to any file."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise DataError(
            f"the text {text[:40]!r} holds a lone surrogate at character {error.start + 1}, which is no Unicode text: "
            'mend it with text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")'
        ) from error
    return text


def _visible(index: int) -> bool:
    """Whether an id stands for text."""
    return index == UNK or index >= len(SPECIALS)


def _before_eos(ids: Iterable[int]) -> Iterable[int]:
    """The ids before the first `<eos>`."""
    for index in ids:
        if index == EOS:
            return
        yield int(index)
