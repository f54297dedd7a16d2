"""Pictures of series: what is drawn, in which order, and by which labels."""

import numpy as np
import pytest

from sightline.errors import ConfigError
from sightline.explain.render.series import Outlook, Shown, draw_errors, draw_forecasts


def outlook(times):
    point = np.arange(len(times), dtype=float)
    return Outlook(times, point, {80: (point - 1, point + 1), 95: (point - 2, point + 2)})


def shown(days=30, ahead=7, cutoffs=(30,)):
    times = np.datetime64("2024-01-01", "us") + np.arange(days + ahead) * np.timedelta64(1, "D")
    return Shown(times[:days], np.arange(days) * 1000.0, tuple(outlook(times[n : n + ahead]) for n in cutoffs))


def texts(figure):
    return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


def test_a_forecast_with_nested_bands(tmp_path):
    figure = draw_forecasts({"a": shown()}, title="sales of $5 and $6", path=tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert texts(figure) == ["observed", "forecast", "95% interval", "80% interval"]
    (axes,) = figure.axes
    wide, narrow = (band.get_paths()[0].get_extents().height for band in axes.collections)
    assert wide == narrow + 2  # each rises by as much, and the narrowest is drawn last
    wide, narrow = (band.get_facecolor()[0].sum() for band in axes.collections)
    assert narrow < wide
    assert axes.get_title(loc="left") == "sales of $5 and $6"
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels[0] == "01 Jan"
    assert 4 <= len(labels) <= 9
    assert "18,000" in [label.get_text() for label in axes.get_yticklabels()]


def test_several_cutoffs_and_series_share_one_legend(tmp_path):
    figure = draw_forecasts({"a": shown(cutoffs=(16, 23)), "b": shown(cutoffs=(23,))}, path=tmp_path / "a.svg")
    assert texts(figure) == ["observed", "forecast", "95% interval", "80% interval"]
    assert [axes.get_ylabel() for axes in figure.axes] == ["a", "b"]
    assert [len(axes.collections) for axes in figure.axes] == [4, 2]
    assert figure.axes[1].get_legend() is None


def test_whole_numbers_missing_values_and_no_bands():
    times, values = np.arange(11), np.where(np.arange(11) % 3, 1.0, np.nan)
    figure = draw_forecasts({"a": Shown(times, values, (Outlook(times[-3:] + 3, values[-3:], {}),))})
    assert texts(figure) == ["observed", "forecast"]
    figure.draw_without_rendering()
    assert all(float(label.get_text()).is_integer() for label in figure.axes[0].get_xticklabels())


def test_errors_by_step(tmp_path):
    figure = draw_errors({"forecast": np.ones(5), "naive": np.full(5, 2.0)}, path=tmp_path / "e.png")
    assert texts(figure) == ["forecast", "naive"]
    ours, other = figure.axes[0].lines
    assert ours.get_linewidth() > other.get_linewidth()
    assert ours.get_xdata().tolist() == [1, 2, 3, 4, 5]
    assert figure.axes[0].get_ylim()[0] == 0
    one = draw_errors({"forecast": np.ones(1)}).axes[0]
    assert one.lines[0].get_marker() == "o"


def test_a_name_that_is_no_picture(tmp_path):
    for draw in (lambda path: draw_forecasts({"a": shown()}, path=path), lambda path: draw_errors({}, path=path)):
        with pytest.raises(ConfigError, match=r"its name must end in one of \.png"):
            draw(tmp_path / "a.txt")
    assert not list(tmp_path.iterdir())
