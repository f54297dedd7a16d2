"""Maps and predictions to draw."""

from collections.abc import Callable

import numpy as np
import pytest

from sightline.results import AttentionMap, Piece, Prediction


def words(text: str) -> list[Piece]:
    pieces: list[Piece] = []
    end = 0
    for index, word in enumerate(text.split(" ")):
        pieces.append(Piece(word, end, end + len(word), index))
        end += len(word) + 1
    return pieces


@pytest.fixture
def make_map() -> Callable[..., AttentionMap]:
    """A map between two texts, random but always the same."""

    def make(target: str, source: str, heads: tuple[int, ...] = ()) -> AttentionMap:
        queries, keys = [*words(target), Piece("<eos>")], [*words(source), Piece("<eos>")]
        shape = (*heads, len(queries))
        weights = np.random.default_rng(0).dirichlet(np.full(len(keys), 0.1), shape).astype(np.float32)
        return AttentionMap(weights, queries, keys)

    return make


@pytest.fixture
def make_prediction(make_map: Callable[..., AttentionMap]) -> Callable[..., Prediction]:
    def make(answer: str = "wie geht es", source: str = "how are you", heads: tuple[int, ...] = ()) -> Prediction:
        cross = make_map(answer, source, heads)
        return Prediction(answer, -1.25, cross.queries, source, cross.keys, {"cross": cross})

    return make
