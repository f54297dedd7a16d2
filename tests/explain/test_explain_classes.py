"""Pictures of how a classifier errs, and of what decided a document."""

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from sightline.errors import ConfigError
from sightline.explain.render.classes import draw_calibration, draw_confusion
from sightline.explain.render.evidence import draw_evidence
from sightline.results import Piece


def words_of(text):
    places = [i for i, char in enumerate(text) if char.isalnum() and (i == 0 or not text[i - 1].isalnum())]
    ends = [next((j for j in range(i, len(text)) if not text[j].isalnum()), len(text)) for i in places]
    return [Piece(text[i:j], i, j) for i, j in zip(places, ends, strict=True)]


def boxes(figure):
    return [each for each in figure.artists if isinstance(each, Rectangle)]


def test_confusion_has_counts_and_colours_by_row(tmp_path):
    figure = draw_confusion(np.array([[8, 2], [100, 900]]), ["no", "yes"], title="t", path=tmp_path / "c.png")
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts] == ["8", "2", "100", "900"]
    np.testing.assert_allclose(axes.images[0].get_array(), [[0.8, 0.2], [0.1, 0.9]])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["no", "yes"]
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")


def test_confusion_of_many_classes_has_no_numbers_and_empty_rows_no_colour():
    figure = draw_confusion(np.zeros((21, 21), int), [str(i) for i in range(21)])
    assert not figure.axes[0].texts
    assert not figure.axes[0].images[0].get_array().any()


def test_calibration_shows_what_there_is(tmp_path):
    edges, answers = np.linspace(0, 1, 5), np.array([0, 0, 10, 30])
    sure, right = np.array([np.nan, np.nan, 0.6, 0.9]), np.array([np.nan, np.nan, 0.5, 0.8])
    figure = draw_calibration(edges, answers, sure, right, path=tmp_path / "c.svg")
    above, below = figure.axes
    assert above.lines[1].get_xdata().tolist() == [0.6, 0.9]
    assert above.lines[1].get_ydata().tolist() == [0.5, 0.8]
    assert [bar.get_height() for bar in below.patches] == [0, 0, 10, 30]
    assert (tmp_path / "c.svg").exists()


def test_evidence_colours_words_and_underlines_what_spoke_against():
    text = "A good film, a bad end."
    words = words_of(text)
    values = np.array([0.0, 2.0, 0.0, 0.0, -1.0, 0.0])
    figure = draw_evidence(text, words, values, title="pos (0.9)")
    assert " ".join(each.get_text() for each in figure.texts) == "pos (0.9) A good film , a bad end ."
    coloured = boxes(figure)
    assert len(coloured) == 3  # good, bad, and the line below bad
    blue, orange, line = (each.get_facecolor()[:3] for each in coloured)
    assert blue[2] > blue[0]
    assert orange[0] > orange[2]
    assert line[0] > line[2]


def test_evidence_keeps_stretches_whole_and_texts_within_the_picture():
    text = ("word, " * 60 + "\n") * 2
    figure = draw_evidence(text, words_of(text), np.zeros(120))
    rows: dict[float, list[str]] = {}
    for each in figure.texts:
        rows.setdefault(round(each.get_position()[1], 3), []).append(each.get_text())
    assert len(rows) > 4
    assert all(row[0] == "word" and row[-1] == "," for row in rows.values())
    for dpi in (figure.dpi, 72):  # that of an SVG
        figure.set_dpi(dpi)
        width, height = figure.get_size_inches() * dpi
        for each in figure.texts:
            box = each.get_window_extent()
            assert 0 < box.x0 < box.x1 < width
            assert 0 < box.y0 < box.y1 < height


def test_evidence_in_sentences_has_a_bar_for_each():
    text = "One two.\nThree four."
    sentences = [Piece(text[:9], 0, 9), Piece(text[9:], 9, len(text))]
    figure = draw_evidence(text, words_of(text), np.zeros(4), sentences=sentences, attention=[0.25, 0.75])
    first, second = boxes(figure)
    assert second.get_width() == pytest.approx(3 * first.get_width())
    assert first.get_y() > second.get_y()


def test_what_cannot_be_drawn(tmp_path):
    with pytest.raises(ConfigError, match="3,001 words would be too large to read"):
        draw_evidence("", [Piece("a", 0, 1)] * 3001, np.zeros(3001))
    for draw in (
        lambda path: draw_confusion(np.eye(2), ["a", "b"], path=path),
        lambda path: draw_calibration(np.array([0.0, 1.0]), np.ones(1), np.ones(1), np.ones(1), path=path),
        lambda path: draw_evidence("a", [Piece("a", 0, 1)], np.zeros(1), path=path),
    ):
        with pytest.raises(ConfigError, match=r"its name must end in one of \.png"):
            draw(tmp_path / "a.txt")
