"""Word vectors from files of every form."""

import gzip

import numpy as np
import pytest

from sightline.data.documents import read_vectors
from sightline.errors import DataError

LINES = "good 1 2.5 -3\n. . . 1 1 1\nfilm 0 0 1e-2\ngood 9 9 9\n"
PLACES = {"good": 7, "film": 4, "unseen": 5}


@pytest.mark.parametrize("content", [LINES.encode(), b"4 3\n" + LINES.encode(), gzip.compress(LINES.encode(), mtime=0)])
def test_vectors_of_known_words(tmp_path, content):
    path = tmp_path / "v.txt"
    path.write_bytes(content)
    places, vectors = read_vectors(path, PLACES, 3)
    assert places.tolist() == [7, 4]
    np.testing.assert_allclose(vectors, [[1, 2.5, -3], [0, 0, 0.01]], rtol=1e-6)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("good 1 2\n", r"v.txt, line 1: its vectors have 2 numbers, and the model's words have 3: set model"),
        ("good 1 2 3\nbad 1 2\n", r"v.txt, line 2: the vector of 'bad' has 2 numbers, and others have 3"),
        ("2 3\nbad 1 2 3\ngood 1 x 3\n", r"v.txt, line 3: the vector of 'good' holds what is no number"),
        ("bad 1 2 3\n", "no vector of any word"),
        ("", "the file is empty"),
    ],
)
def test_what_is_wrong_is_told(tmp_path, content, message):
    (tmp_path / "v.txt").write_text(content)
    with pytest.raises(DataError, match=message):
        read_vectors(tmp_path / "v.txt", PLACES, 3)
