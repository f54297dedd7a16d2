"""Byte-pair encoding and Unigram over the `tokenizers` library: repeatable, and blind to special symbols in a text."""

import functools
import json
import math
import os
from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from itertools import pairwise
from random import Random
from typing import Any

from tokenizers import Tokenizer as Library
from tokenizers import models, pre_tokenizers, trainers

from sightline.data.units import SPECIALS, UNK
from sightline.errors import ConfigError, DataError

__all__ = ["Subwords"]

# A word has a space in front and nowhere else, so that no piece of any text can bear one of these names.
_RESERVED = [name + " " for name in SPECIALS]
_ROUNDING = 4


class Subwords:
    """Pieces of words, found by byte-pair encoding (Sennrich et al. 2016) or by a Unigram model (Kudo 2018).

    Words are given to the library one by one, each with the space before it, and nothing is normalised: offsets count
    characters of the text as given, and joining the pieces gives it back. Spaces stay spaces, so that a text may hold
    the character ▁ by which others mark them.

    Args:
        state: the library's own JSON, as a tree.

    Raises:
        ValueError: when the library cannot read it, or when the special symbols are not where they belong.
    """

    spaced = True

    def __init__(self, state: dict[str, Any]) -> None:
        try:
            self._library = Library.from_str(json.dumps(state))
        except Exception as error:  # the library raises nothing narrower
            raise ValueError(str(error)) from error
        ids = self._library.get_vocab()
        self.tokens = sorted(ids, key=ids.__getitem__)
        if self.tokens[: len(SPECIALS)] != _RESERVED or [ids[token] for token in self.tokens] != list(range(len(ids))):
            raise ValueError("the ids of the vocabulary are not 0, 1, 2, ... with the special symbols first")
        self.tokens[: len(SPECIALS)] = SPECIALS

    @classmethod
    def train_bpe(cls, texts: Iterable[str], size: int, min_count: int) -> "Subwords":
        """Merge the most frequent pair of neighbours until the vocabulary has its size.

        Args:
            texts: the texts to count in.
            size: size of the vocabulary with special symbols; every character seen is part of it.
            min_count: how often a pair must be seen to be merged.
        """
        words = _count_words(texts, size)
        trainer = trainers.BpeTrainer(
            vocab_size=size, min_frequency=min_count, special_tokens=list(_RESERVED), show_progress=False
        )
        return cls(_train(models.BPE(unk_token=_RESERVED[UNK]), trainer, words))

    @classmethod
    def train_unigram(cls, texts: Iterable[str], size: int, min_count: int) -> "Subwords":
        """Prune a large set of substrings until the vocabulary has its size.

        Differs from the paper: the library adds its floating-point counts in an order that changes from run to run,
        which shows in the last digits of the scores and the order of the ids. So each piece is scored anew by
        `log(count / total)` in the best segmentation of the texts, which gives the same file each time.

        Args:
            texts: the texts to count in.
            size: size of the vocabulary with special symbols; every character seen is part of it.
            min_count: only 1: the model sets its own bar.
        """
        if min_count != 1:
            raise ConfigError(f'min_count={min_count} has no meaning for kind "unigram": leave it at 1')
        words = _count_words(texts, size)
        trainer = trainers.UnigramTrainer(
            vocab_size=size, unk_token=_RESERVED[UNK], special_tokens=list(_RESERVED), show_progress=False
        )
        state = _train(models.Unigram(), trainer, words)
        state["model"]["vocab"] = _settle(state["model"]["vocab"])
        draft = cls(state)
        counts: Counter[str] = Counter()
        for word, count in words.items():
            for index, _ in draft.segment(" " + word):
                counts[draft.tokens[index]] += count
        state["model"]["vocab"] = _score(draft.tokens[len(SPECIALS) :], counts)
        return cls(state)

    def segment(self, chunk: str) -> list[tuple[int, int]]:
        """Id and length in characters of each piece of a word with the space before it."""
        encoded = self._library.encode(chunk)
        return [(index, end - start) for index, (start, end) in zip(encoded.ids, encoded.offsets, strict=True)]

    def segment_at_random(self, chunk: str, dropout: float, chance: Random) -> list[int]:
        """Ids of a word's pieces, where each merge that is possible is left out with a probability, again and again.

        BPE-dropout (Provilkov, Emelianenko and Voita 2020, section 3.1, algorithm 1). The library has it too, with
        chance of its own that cannot be repeated.
        """
        ids, ranks = self._merges
        pieces = list(chunk)
        while len(pieces) > 1:
            best, place = len(ranks), -1
            for i, pair in enumerate(pairwise(pieces)):
                rank = ranks.get(pair, best)
                if rank < best and chance.random() >= dropout:
                    best, place = rank, i
            if place < 0:
                break
            pieces[place : place + 2] = [pieces[place] + pieces[place + 1]]
        return [ids.get(piece, UNK) for piece in pieces]

    @functools.cached_property
    def _merges(self) -> tuple[dict[str, int], dict[tuple[str, str], int]]:
        """Each piece's id, and each merge's rank."""
        model = self.state()["model"]
        return model["vocab"], {tuple(pair): rank for rank, pair in enumerate(model["merges"])}

    def state(self) -> dict[str, Any]:
        """The library's own JSON, as a tree."""
        return json.loads(self._library.to_str())


def _count_words(texts: Iterable[str], size: int) -> Counter[str]:
    """How often each word is seen, the empty word between two spaces included."""
    words: Counter[str] = Counter()
    for text in texts:
        if text:
            words.update(text.split(" "))
    if not words:
        raise DataError("there is no text to train a tokenizer on: every text is empty")
    alphabet = {" "}.union(*words)
    smallest = len(SPECIALS) + len(alphabet)
    if size < smallest:
        raise ConfigError(
            f"a vocabulary of size {size} is too small: the texts hold {len(alphabet)} different characters, which "
            f"with 4 special symbols asks for {smallest} at least; raise it, or clean the texts of rare characters"
        )
    return words


def _train(model: Any, trainer: Any, words: Counter[str]) -> dict[str, Any]:
    """The library's JSON after training, with nothing left that looks for special symbols in a text."""
    library = Library(model)
    library.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_next")
    with _one_thread():
        library.train_from_iterator(((" " + word) * words[word] for word in sorted(words)), trainer)
    state = json.loads(library.to_str())
    return {**state, "added_tokens": [], "pre_tokenizer": None}


@contextmanager
def _one_thread() -> Generator[None]:
    """Keep the library from starting threads, after which it would warn at every later fork of the process."""
    name = "TOKENIZERS_PARALLELISM"
    before = os.environ.get(name)
    os.environ[name] = "false"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _settle(vocabulary: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Free the library's scores of chance: rounded, and one floor for the characters that it adds at the end.

    It gives those the lowest score plus 0.0001 for the first, 0.0002 for the second, in an order that changes.
    """
    pieces = dict(vocabulary[len(SPECIALS) :])
    floor = min(pieces.values())
    ceiling = floor + 1e-4 * (1 + sum(len(piece) == 1 for piece in pieces))
    settled = {p: floor if len(p) == 1 and score <= ceiling else score for p, score in pieces.items()}
    return [(name, 0.0) for name in _RESERVED] + [
        (piece, round(settled[piece], _ROUNDING)) for piece in sorted(settled)
    ]


def _score(pieces: list[str], counts: Counter[str]) -> list[tuple[str, float]]:
    """Log-probability of each piece, the likeliest first; half a count for those that were never used."""
    total = math.fsum(counts[piece] or 0.5 for piece in pieces)
    ranked = sorted(pieces, key=lambda piece: (-counts[piece], piece))
    scores = [(piece, round(math.log((counts[piece] or 0.5) / total), 2 * _ROUNDING)) for piece in ranked]
    return [(name, 0.0) for name in _RESERVED] + scores
