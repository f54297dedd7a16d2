"""Word vectors from a user's own documents without labels, by gensim's skip-gram."""

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sightline.data import read_lines
from sightline.data.documents import Vectors, holds_documents, read_documents
from sightline.errors import MissingExtraError

__all__ = ["gensim_models", "learn_vectors", "read_unlabelled"]

_PIECE = 5000  # words at a time: gensim leaves out what a text has beyond 10,000
_WINDOW, _NEGATIVE, _PASSES = 5, 5, 5


def gensim_models() -> Any:
    """The library; raises MissingExtraError where it is not installed."""
    try:
        return importlib.import_module("gensim.models")
    except ImportError as error:
        raise MissingExtraError(
            "words.unlabelled needs gensim: install it by  pip install 'sightline[vectors]'"
        ) from error


def read_unlabelled(path: Path, text: str) -> list[str]:
    """The texts of a table, JSON lines or folders, labels or none; of any other file its lines.

    Raises:
        DataError: when it cannot be read, or the column is missing.
    """
    if holds_documents(path):
        return read_documents(path, text=text, label=None).texts
    return [line for line in read_lines(path) if line.strip()]


def learn_vectors(
    texts: Sequence[Sequence[str]], places: Mapping[str, int], width: int, *, least: int, seed: int
) -> Vectors:
    """Vectors of words by which words stand around them, the same for the same seed.

    Skip-gram with negative sampling (Mikolov et al. 2013, "Distributed Representations of Words and Phrases and their
    Compositionality", section 2.2): 5 words on either side, 5 negatives, 5 passes, one thread, since with several the
    result is a matter of luck.

    Args:
        texts: words of each document.
        places: of the words that are wanted.
        width: numbers of a vector.
        least: how often a word must be seen.
        seed: of all that is random.

    Raises:
        MissingExtraError: where gensim is not installed.
    """
    pieces = [list(text[i : i + _PIECE]) for text in texts for i in range(0, len(text), _PIECE)]
    model = gensim_models().Word2Vec(
        pieces,
        vector_size=width,
        window=_WINDOW,
        negative=_NEGATIVE,
        epochs=_PASSES,
        min_count=least,
        sg=1,
        workers=1,
        seed=seed,
    )
    learned = [(place, model.wv[word]) for word, place in places.items() if word in model.wv]
    rows = np.array([vector for _, vector in learned], np.float32).reshape(-1, width)
    return Vectors(np.array([place for place, _ in learned], np.int64), rows)
