"""What a prediction's `.attention` can do."""

import json
from pathlib import Path

import numpy as np
import pytest

from sightline.errors import ConfigError
from sightline.explain import Attention, text_heatmap
from sightline.results import AttentionMap, Piece


@pytest.fixture
def attention() -> Attention:
    keys = [Piece("foot", 0, 4, 0), Piece("ball", 4, 8, 0), Piece("<eos>")]
    queries = [Piece("Fußball", 0, 7, 0), Piece("<eos>")]
    cross = AttentionMap(np.array([[0.5, 0.25, 0.25], [0, 0.25, 0.75]], np.float32), queries, keys)
    own = AttentionMap(np.full((2, 3, 3, 3), 1 / 3, np.float32), keys, keys)
    return Attention({"cross": cross, "encoder": own})


def test_it_is_a_mapping(attention: Attention):
    assert list(attention) == ["cross", "encoder"]
    assert len(attention) == 2
    assert attention["cross"].weights.shape == (2, 3)
    assert "decoder" not in attention
    with pytest.raises(KeyError):
        attention["decoder"]
    assert repr(attention) == "Attention(cross: 2 × 3, encoder: 2 × 3 × 3 × 3)"


def test_plot_shows_words_or_pieces(attention: Attention, tmp_path: Path):
    def columns(words: bool) -> list[str]:
        figure = attention.plot(words=words, path=tmp_path / "map.svg", title="Sport")
        return [text.get_text() for text in figure.axes[0].get_xticklabels()]

    assert columns(True) == ["football", "<eos>"]
    assert columns(False) == ["foot", "ball", "<eos>"]
    assert (tmp_path / "map.svg").exists()


def test_text_shows_words_or_pieces(attention: Attention):
    assert attention.text().startswith("Fußball  football 0.75 ██████")
    assert attention.text(words=False, width=60) == text_heatmap(attention["cross"], 60)


def test_unknown_names_are_said(attention: Attention):
    for show in (attention.plot, attention.text):
        with pytest.raises(ConfigError, match="'decoder' here: choose one of cross, encoder"):
            show("decoder")
    with pytest.raises(ConfigError, match="none"):
        Attention({}).plot()


def test_it_goes_through_json(attention: Attention):
    found = json.loads(json.dumps(attention.to_dict()))
    assert list(found) == ["cross", "encoder"]
    assert found["cross"]["weights"] == attention["cross"].weights.tolist()
    assert [Piece(**piece) for piece in found["cross"]["keys"]] == attention["cross"].keys
    assert found["cross"]["queries"][1] == {"text": "<eos>", "start": None, "end": None, "word": None}


def test_a_notebook_shows_every_map(attention: Attention):
    text = attention._repr_html_()
    assert text.count("<table") == 2
    assert "football" in text
    assert "mean of 2 layers × 3 heads" in text
