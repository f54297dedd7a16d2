"""Plain text: aligned, complete, and nothing hidden."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from sightline.explain import text_heatmap
from sightline.explain.render.labels import elide, visible
from sightline.results import AttentionMap, Piece


def test_by_hand():
    sources = [Piece(text) for text in ("the", "green", "house", "<eos>")]
    weights = np.array([[0.5, 0.25, 0.125, 0.125], [0, 0, 1, 0], [0, 0, 0, 0]], np.float32)
    map = AttentionMap(weights, [Piece("la"), Piece("casa"), Piece("<eos>")], sources)
    assert text_heatmap(map, 69).splitlines() == [
        "la     the   0.50 ████      green 0.25 ██        0.25 in 2 others",
        "casa   house 1.00 ████████",
        "<eos>  (attends to nothing)",
    ]


def test_columns_align_by_cells():
    pieces = [Piece(text) for text in ("私", "は", "緑茶", "tea", "é")]
    weights = np.full((5, 5), 0.2, np.float32)
    lines = text_heatmap(AttentionMap(weights, pieces, pieces), 100).splitlines()
    places = {tuple(cell_len(line[: match.start()]) for match in re.finditer(r"0\.20", line)) for line in lines}
    assert len(places) == 1


@pytest.mark.parametrize("width", [1, 40, 80, 300])
def test_the_shown_and_the_rest_add_up(make_map: Callable[..., AttentionMap], width: int):
    map = make_map("a b c d e f g", "h i j k l m n o p q r")
    lines = text_heatmap(map, width).splitlines()
    assert len(lines) == len(map.queries)
    for line in lines:
        numbers = [float(number) for number in re.findall(r"\d\.\d\d", line)]
        assert sum(numbers) == pytest.approx(1, abs=0.05)
        if width >= 80:
            assert cell_len(line) <= width


def test_an_empty_map_is_an_empty_text():
    assert text_heatmap(AttentionMap(np.zeros((0, 3), np.float32), [], [Piece("a")] * 3)) == ""
    assert text_heatmap(AttentionMap(np.zeros((1, 0), np.float32), [Piece("a")], [])) == "a  (attends to nothing)"


@given(st.text(max_size=40), st.integers(3, 20))
def test_elided_labels_fit(text: str, width: int):
    assert cell_len(elide(visible(text), width)) <= width


def test_marks_stay_with_their_letters():
    assert elide("e\u0301" * 9, 5) == "e\u0301" * 2 + "…" + "e\u0301" * 2
    assert elide("short", 5) == "short"
    assert visible("") == "␣"
    assert visible("a\u2028b") == "a\\u2028b"
