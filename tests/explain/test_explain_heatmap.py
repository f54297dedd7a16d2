"""Pictures: what they say, their size, their files, and that they leave no trace elsewhere."""

import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from sightline.errors import ConfigError, OutputError
from sightline.explain import heatmap
from sightline.explain.render import fonts
from sightline.explain.render.fonts import Fonts
from sightline.results import AttentionMap, Piece

MakeMap = Callable[..., AttentionMap]
BUNDLED = Path(matplotlib.get_data_path())


@pytest.fixture
def bundled_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if only the fonts that come with matplotlib were installed, and nothing had been warned of yet."""
    entries = [entry for entry in fonts.fontManager.ttflist if BUNDLED in Path(entry.fname).parents]
    monkeypatch.setattr(fonts.fontManager, "ttflist", entries)
    monkeypatch.setattr(fonts, "_warned", set())


def labels(figure: Figure) -> tuple[list[str], list[str]]:
    axes = figure.axes[0]
    return [text.get_text() for text in axes.get_xticklabels()], [text.get_text() for text in axes.get_yticklabels()]


def test_sources_along_the_top_targets_down_the_left(make_map: MakeMap):
    figure = heatmap(make_map("wie geht es", "how are you"))
    assert labels(figure) == (["how", "are", "you", "<eos>"], ["wie", "geht", "es", "<eos>"])
    axes, bar = figure.axes
    assert axes.xaxis.get_ticks_position() == "top"
    assert axes.get_ylim() == (4, 0)
    assert bar.get_ylabel() == "attention weight"


def test_colours_are_the_weights(make_map: MakeMap):
    map = make_map("a b c d", "e f")
    mesh = heatmap(map).axes[0].collections[0]
    np.testing.assert_array_equal(np.asarray(mesh.get_array()).reshape(5, 3), map.weights)
    assert (mesh.norm.vmin, mesh.norm.vmax) == (0, 1)


def test_the_bar_states_a_maximum_below_one_half():
    pieces = [Piece(str(n)) for n in range(5)]
    figure = heatmap(AttentionMap(np.full((1, 5), 0.2, np.float32), pieces[:1], pieces))
    assert [text.get_text() for text in figure.axes[1].get_yticklabels()] == ["0", "0.1", "0.2"]


def test_layers_and_heads_are_averaged_and_said(make_map: MakeMap):
    map = make_map("a b", "c d", (2, 3))
    axes = heatmap(map, title="Sentence 7").axes[0]
    assert axes.get_title(loc="left") == "Sentence 7\nmean of 2 layers × 3 heads"
    drawn = np.asarray(axes.collections[0].get_array())
    np.testing.assert_allclose(drawn.reshape(3, 3), map.weights.mean((0, 1)))


def test_the_picture_grows_and_nothing_is_cut_off(make_map: MakeMap):
    sizes = []
    for count in (1, 7, 31):
        figure = heatmap(
            make_map(" ".join(["token"] * count), " ".join(["Quelle"] * count)), title="A title of some words"
        )
        renderer = figure.canvas.get_renderer()
        for axes in figure.axes:
            box = axes.get_tightbbox(renderer)
            assert box.x0 >= 0
            assert box.y0 >= 0
            assert box.x1 <= figure.bbox.width
            assert box.y1 <= figure.bbox.height
        sizes.append(tuple(figure.get_size_inches()))
    assert sizes == sorted(sizes)


def test_cells_are_square(make_map: MakeMap):
    box = heatmap(make_map("a b c d e f", "g h")).axes[0].get_window_extent()
    assert box.width / 3 == pytest.approx(box.height / 7)


def test_labels_lie_flat_where_they_fit(make_map: MakeMap):
    assert heatmap(make_map("a", "b c d")).axes[0].get_xticklabels()[0].get_rotation() == 45  # because of <eos>
    pieces = [Piece("a"), Piece("b")]
    assert (
        heatmap(AttentionMap(np.eye(2, dtype=np.float32), pieces, pieces)).axes[0].get_xticklabels()[0].get_rotation()
        == 0
    )
    crowded = heatmap(make_map("a", " ".join(["word"] * 79)))
    assert crowded.axes[0].get_xticklabels()[0].get_rotation() == 90


def test_labels_left_out_are_said():
    pieces = [Piece(str(n)) for n in range(701)]
    figure = heatmap(AttentionMap(np.ones((701, 1), np.float32), pieces, pieces[:1]))
    assert labels(figure)[1][:3] == ["0", "3", "6"]
    assert figure.axes[0].get_title(loc="left") == "one label in 3 is written"


def test_tokens_are_taken_as_they_are():
    pieces = [Piece("$\\frac{a}$"), Piece("a\nb"), Piece(" "), Piece("Rindfleischetikettierungsüberwachungsaufgabe")]
    figure = heatmap(AttentionMap(np.eye(4, dtype=np.float32), pieces, pieces), title="$x_")
    assert labels(figure)[0] == ["$\\frac{a}$", "a\\nb", "␣", "Rindfleische…ungsaufgabe"]
    figure.canvas.draw()


@pytest.mark.parametrize(("rows", "columns"), [(0, 0), (0, 3), (3, 0)])
def test_an_empty_map_is_drawn(rows: int, columns: int, tmp_path: Path):
    pieces = [Piece(str(n)) for n in range(3)]
    map = AttentionMap(np.zeros((rows, columns), np.float32), pieces[:rows], pieces[:columns])
    heatmap(map, path=tmp_path / "empty.png")


def test_files(make_map: MakeMap, tmp_path: Path):
    map = make_map("wie geht es", "how are you")
    for ending, start in ((".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF"), (".PNG", b"\x89PNG")):
        path = tmp_path / f"map{ending}"
        heatmap(map, path=path)
        assert path.read_bytes().startswith(start)
    svg = (tmp_path / "map.svg").read_text(encoding="utf-8")
    assert ">geht</text>" in svg
    assert "&lt;eos&gt;</text>" in svg


def test_wrong_paths_are_said(make_map: MakeMap, tmp_path: Path):
    with pytest.raises(ConfigError, match=r"\.png, \.svg"):
        heatmap(make_map("a", "b"), path=tmp_path / "map.bmp")
    with pytest.raises(OutputError, match="No such file"):
        heatmap(make_map("a", "b"), path=tmp_path / "absent" / "map.png")


def test_the_users_axes_keep_their_figure(make_map: MakeMap, tmp_path: Path):
    figure = Figure(figsize=(11, 5), layout="constrained")
    left, right = figure.subplots(1, 2)
    assert heatmap(make_map("a b", "c d"), ax=left) is figure
    assert heatmap(make_map("a b", "c d"), ax=right, path=tmp_path / "both.png") is figure
    assert tuple(figure.get_size_inches()) == (11, 5)
    assert len(figure.axes) == 4


def test_matplotlib_is_left_as_it_was(make_map: MakeMap, tmp_path: Path):
    before = dict(matplotlib.rcParams)
    for ending in (".png", ".svg"):
        heatmap(make_map("a b", "c d"), path=tmp_path / f"map{ending}")
    assert dict(matplotlib.rcParams) == before
    code = "import sys, sightline.explain; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.usefixtures("bundled_fonts")
def test_an_unknown_script_warns_once_and_is_drawn(make_map: MakeMap, tmp_path: Path):
    with pytest.warns(
        UserWarning, match=r"Chinese, Japanese and Korean \(3 characters: 喜我茶\).*fonts-noto-cjk"
    ) as caught:
        heatmap(make_map("I like tea", "我 喜 茶"), path=tmp_path / "first.png")
    assert len(caught) == 1
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        heatmap(make_map("I like tea", "私 は 茶"), path=tmp_path / "second.png")
    with pytest.warns(UserWarning, match="Devanagari"):
        heatmap(make_map("a", "हिन्दी"))
    with pytest.warns(UserWarning, match="symbols and emoji"):
        heatmap(make_map("a", "🚀"))


@pytest.mark.usefixtures("bundled_fonts")
def test_scripts_that_every_installation_can_write(make_map: MakeMap, tmp_path: Path):
    heatmap(make_map("Привет Γειά ʃɪṕ", "العربية עברית ქართ"), path=tmp_path / "map.png")


@pytest.mark.usefixtures("bundled_fonts")
def test_arabic_letters_are_joined():
    letters = [Piece(text) for text in ("ك", "ت", "ب", "كتب")]
    figure = heatmap(AttentionMap(np.eye(4, dtype=np.float32), letters, letters))
    renderer = figure.canvas.get_renderer()
    *alone, joined = (text.get_window_extent(renderer).width for text in figure.axes[0].get_yticklabels())
    assert joined < 0.9 * sum(alone)


@pytest.mark.usefixtures("bundled_fonts")
def test_one_font_for_a_label_before_many():
    text = "a🚀"
    found = Fonts([text]).families(text)
    assert found[0] == "DejaVu Sans"
    assert found[-2:] == ["Last Resort High-Efficiency", "sans-serif"]
    assert Fonts(["plain"]).families("plain")[:2] == ["DejaVu Sans", "Last Resort High-Efficiency"]


def test_the_users_fonts_come_first():
    with matplotlib.rc_context({"font.sans-serif": ["DejaVu Serif"]}):
        assert Fonts(["plain"]).families("plain")[0] == "DejaVu Serif"
