"""What forecasts used as a picture, and the page of a forecast."""

import numpy as np
import pytest

from sightline.errors import ConfigError, OutputError
from sightline.explain.render.attended import draw_attended
from sightline.explain.render.forecasts import Part, Picture, forecasts_page

DAYS = np.datetime64("2024-01-01", "us") + np.arange(20) * np.timedelta64(1, "D")


def weights(variables, horizon=5):
    found = np.random.default_rng(1).random((variables, horizon, len(DAYS)))
    return {f"v{n}": each / each.sum(-1, keepdims=True) * (n + 1) for n, each in enumerate(found)}


def test_variables_share_a_scale_and_stand_in_the_order_of_their_weight(tmp_path):
    given = weights(2)
    figure = draw_attended(DAYS, given, title="used", path=tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    first, second, _ = figure.axes
    assert [first.get_ylabel(), second.get_ylabel()] == ["v1", "v0"]
    (mesh,), (other,) = first.collections, second.collections
    np.testing.assert_allclose(mesh.get_array(), given["v1"])
    assert mesh.norm.vmax == other.norm.vmax == given["v1"].max()
    assert first.yaxis.get_inverted()  # the first step ahead is on top
    assert first.get_title(loc="left") == "used"


def test_of_many_variables_the_most_used_are_drawn():
    figure = draw_attended(np.arange(20), weights(9), label="steps before the end")
    assert [axes.get_ylabel() for axes in figure.axes[:6]] == [f"v{n}" for n in range(8, 2, -1)]
    assert figure.axes[0].get_title(loc="left") == "weights (6 of 9 variables)"
    assert figure.axes[5].get_xlabel() == "steps before the end"


def test_weights_of_zero_and_endings_that_cannot_be():
    draw_attended(np.arange(2), {"y": np.zeros((1, 2))})
    with pytest.raises(ConfigError, match="its name must end in"):
        draw_attended(np.arange(2), {"y": np.zeros((1, 2))}, path="a.txt")


def test_a_page_holds_its_pictures_and_escapes_what_it_is_given(tmp_path):
    draw_attended(DAYS, weights(1), path=tmp_path / "a.png")
    table = Part(
        "Errors <of>",
        ("", "MAE"),
        [("a&b", "1.5")],
        ["a note"],
        [Picture((tmp_path / "a.png").read_bytes(), "what <it> says")],
    )
    forecasts_page("Forecast of <x>", ["a line"], ["<finding>"], [table], tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert page.count("data:image/png;base64,iVBOR") == 1
    for text in ("Forecast of &lt;x&gt;", "&lt;finding&gt;", "Errors &lt;of&gt;", "a&amp;b", "what &lt;it&gt; says"):
        assert text in page
    assert "default-src 'none'; style-src 'sha256-" in page
    with pytest.raises(OutputError):
        forecasts_page("x", [], [], [], tmp_path / "none" / "page.html")
