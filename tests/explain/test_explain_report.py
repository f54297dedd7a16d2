"""The page: complete in itself, safe whatever a token says, readable without its script."""

import base64
import errno
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from sightline.errors import OutputError
from sightline.explain import Attention, html_report, merge_words
from sightline.explain.render.scale import darkest
from sightline.results import AttentionMap, Piece, Prediction

MakePrediction = Callable[..., Prediction]
EVIL = '<script>alert("x")</script>'


class Page(HTMLParser):
    """The elements of a page, and the text of its cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open = tag
        self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        self.open = ""

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts[self.open][-1] += data

    def count(self, tag: str) -> int:
        return sum(found == tag for found, _ in self.tags)


def test_the_table_holds_the_weights_of_words(make_prediction: MakePrediction):
    prediction = make_prediction()
    page = Page(html_report([prediction]))
    merged = merge_words(prediction.attention["cross"]).weights
    expected = [f"{100 * weight:.0f}" for weight in merged.flat]
    cells = page.texts["td"][1:]  # the first is the corner
    assert [cell or "0" for cell in cells] == expected
    levels = [attributes["class"] for tag, attributes in page.tags if tag == "td" and attributes]
    assert levels == [f"w{round(float(weight) * 20)}" for weight in merged.flat]


def test_heads_are_there_one_by_one(make_prediction: MakePrediction, monkeypatch: pytest.MonkeyPatch):
    weights = np.random.default_rng(1).dirichlet(np.ones(4), (2, 3, 5)).astype(np.float32)
    weights[1, 2, 0] = [1, 0, 0, 0]
    pieces = [Piece(letter, i, i + 1, i) for i, letter in enumerate("abcde")]
    several = AttentionMap(weights, pieces, pieces[:4])
    page = Page(html_report([replace(make_prediction(), attention={"cross": several})]))
    options = [attributes for tag, attributes in page.tags if tag == "option"]
    assert page.texts["option"] == ["the mean of all", *(f"layer {k}, head {h}" for k in (1, 2) for h in (1, 2, 3))]
    for option, head in zip(options[1:], weights.reshape(6, 5, 4), strict=True):
        digits = option["data-digits"] or ""
        found = [int(digits[i : i + 3]) for i in range(0, len(digits), 3)]
        assert found == [round(100 * float(weight)) for weight in head.flat]
        assert float(option["data-top"] or 0) == pytest.approx(darkest(head), abs=1e-4)
    flat = html_report([replace(make_prediction(), attention={"cross": several.mean()})])
    assert "<select>" not in flat
    monkeypatch.setattr("sightline.explain.render.report._SINGLE", several.weights.size)
    both = html_report([replace(make_prediction(), attention={"cross": several, "again": several})])
    assert both.count("<select>") == 1
    assert both.count("not to be looked at one by one") == 1


def test_subwords_stand_as_words():
    keys = [Piece("foot", 0, 4, 0), Piece("ball", 4, 8, 0), Piece("!", 8, 9, 1)]
    map = AttentionMap(np.full((1, 3), 1 / 3, np.float32), [Piece("ja", 0, 2, 0)], keys)
    text = html_report([Prediction("ja", -1, map.queries, "football!", keys, {"cross": map})])
    assert '<span class="token">football</span><span class="token">!</span>' in text


def test_whatever_a_token_says_is_text(make_prediction: MakePrediction):
    plain, evil = Page(html_report([make_prediction("a", "b")])), make_prediction(EVIL.replace(" ", ""), f"b{EVIL}\"'&")
    text = html_report([evil], title=EVIL)
    assert EVIL not in text
    assert [tag for tag, _ in Page(text).tags] == [tag for tag, _ in plain.tags]
    assert EVIL not in Attention(evil.attention)._repr_html_()


def test_the_page_asks_for_nothing(make_prediction: MakePrediction):
    text = html_report([make_prediction()])
    assert "://" not in text
    names = {name for _, attributes in Page(text).tags for name in attributes}
    assert not names & {"src", "href", "style", "onclick", "srcset", "action"}


def test_the_policy_admits_its_own_style_and_script_alone(make_prediction: MakePrediction):
    text = html_report([make_prediction()])
    policy = next(str(attributes["content"]) for tag, attributes in Page(text).tags if "http-equiv" in attributes)
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        [inline] = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_texts_find_their_own_direction(make_prediction: MakePrediction):
    page = Page(html_report([make_prediction("hello world", "مرحبا بالعالم")], title="تقرير"))
    for tag, attributes in page.tags:
        if tag in ("h1", "dd") or attributes.get("scope") == "row":
            assert attributes["dir"] == "auto"


def test_many_predictions_fold(make_prediction: MakePrediction):
    def opened(count: int) -> list[bool]:
        page = Page(html_report([make_prediction()] * count))
        return ["open" in attributes for tag, attributes in page.tags if tag == "details"]

    assert opened(3) == [True] * 3
    assert opened(5) == [True] + [False] * 4
    assert opened(0) == []


def test_notes_and_score(make_prediction: MakePrediction):
    text = html_report([make_prediction(heads=(2, 3))])
    assert "mean of 2 layers × 3 heads" in text
    assert "log-probability −1.250 (probability 0.29)" in text


def test_predictions_without_attention_are_shown():
    assert Page(html_report([Prediction("a", 0, [], "b", [], {})])).count("table") == 0


def test_it_is_written(make_prediction: MakePrediction, tmp_path: Path):
    text = html_report([make_prediction("ça va", "我 很 好")], tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == text
    with pytest.raises(OutputError, match="cannot be written"):
        html_report([], tmp_path)


def test_a_full_disk_leaves_the_earlier_one(make_prediction: MakePrediction, tmp_path: Path, monkeypatch):
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    text = html_report([make_prediction("ça va", "我 很 好")], tmp_path / "report.html")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match=r"no room to write it .* the earlier file of this name is intact"):
        html_report([], tmp_path / "report.html")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == text
