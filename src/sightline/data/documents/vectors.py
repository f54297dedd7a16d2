"""Word vectors that were trained elsewhere, from the text files of GloVe, fastText and word2vec."""

from collections.abc import Mapping
from os import PathLike
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sightline.data.files import read_lines
from sightline.errors import DataError

__all__ = ["Vectors", "read_vectors"]


class Vectors(NamedTuple):
    """Vectors of some words.

    Attributes:
        places: of the words among all, `[n]`.
        rows: `[n, width]`.
    """

    places: NDArray[np.int64]
    rows: NDArray[np.float32]


def read_vectors(path: str | PathLike[str], places: Mapping[str, int], width: int) -> Vectors:
    """The vectors of known words.

    A line holds a word and its numbers, parted by spaces; a first line with two whole numbers, how many words of which
    width, may stand above. A word that stands twice keeps its first vector.

    Args:
        path: the file, plain or gzip.
        places: of the words that are wanted.
        width: numbers that each vector has to have.

    Raises:
        DataError: when the file cannot be read, holds vectors of another width or what is no number, or none of the
            words.
    """
    lines = read_lines(path)
    header = lines[0].split()
    first = 1 if len(header) == 2 and all(part.isdecimal() for part in header) else 0
    there = len(lines[first].split()) - 1 if len(lines) > first else 0
    if there != width:
        raise DataError(
            f"its vectors have {there} numbers, and the model's words have {width}: set model.embedding_width to "
            f"{there}, or give another file",
            path=path,
            line=first + 1,
        )
    found: dict[int, NDArray[np.float32]] = {}
    for number, line in enumerate(lines[first:], first + 1):
        word, *numbers = line.rstrip().rsplit(" ", width)  # words may hold spaces
        if len(numbers) != width:
            raise DataError(
                f"the vector of {word!r} has {len(numbers)} numbers, and others have {width}: the file may be cut off",
                path=path,
                line=number,
            )
        if word in places and places[word] not in found:
            try:
                found[places[word]] = np.array(numbers, np.float32)
            except ValueError as error:
                raise DataError(f"the vector of {word!r} holds what is no number", path=path, line=number) from error
    if not found:
        raise DataError("the file has no vector of any word in the documents: is it of their language?", path=path)
    return Vectors(np.array(list(found), np.int64), np.stack(list(found.values())))
