"""Pages in a real browser, from a file, with the network off: nothing is asked for, nothing fails."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from sightline.explain import html_report
from sightline.explain.render.documents import Shown, document_report
from sightline.explain.render.forecasts import Part, Picture, forecasts_page
from sightline.explain.render.saving import as_png
from sightline.explain.render.series import draw_errors
from sightline.results import AttentionMap, Piece, Prediction

EVIL = '<script>document.title="broken"</script>'
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"no browser on this machine, none of {', '.join(NAMES)}: install Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


class Opened:
    """A page that is open, and what it asked for and complained of."""

    def __init__(self, browser: Browser, path: Path) -> None:
        self.context = browser.new_context(offline=True)
        self.page: Page = self.context.new_page()
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.goto(path.as_uri())

    def __enter__(self) -> Page:
        return self.page

    def __exit__(self, *_: Any) -> None:
        self.context.close()
        assert len(self.asked) == 1, self.asked
        assert self.asked[0].startswith("file:")
        assert self.complaints == []


def pieces(texts: list[str]) -> list[Piece]:
    ends = np.cumsum([len(text) + 1 for text in texts]).tolist()
    return [Piece(text, end - len(text) - 1, end - 1, i) for i, (text, end) in enumerate(zip(texts, ends, strict=True))]


def translation(rows: int, columns: int, heads: tuple[int, ...] = ()) -> Prediction:
    queries, keys = (
        pieces([EVIL, *(f"{name}{i}" for i in range(1, n))]) for name, n in (("to", rows), ("from", columns))
    )
    weights = np.random.default_rng(1).dirichlet(np.full(columns, 0.1), (*heads, rows)).astype(np.float32)
    return Prediction("answer", -1.0, queries, "input", keys, {"cross": AttentionMap(weights, queries, keys)})


def test_a_translation_is_walked_through_by_keys(browser: Browser, tmp_path: Path):
    html_report([translation(4, 5, (2, 3))], tmp_path / "page.html")
    with Opened(browser, tmp_path / "page.html") as page:
        assert page.title() == "Sightline report"
        assert page.locator(".line .token", has_text=EVIL).count() == 2
        status = page.locator(".status")
        assert status.inner_text().startswith("Point at a word")
        page.locator("[data-side=queries] .token").first.focus()
        page.keyboard.press("ArrowRight")
        assert "to1" in status.inner_text()
        page.keyboard.press("End")
        assert "“\u2068to3\u2069” attends to" in status.inner_text()
        mean = page.locator("tbody").inner_text()
        page.locator("select").select_option("layer 2, head 1")
        assert page.locator("tbody").inner_text() != mean
        assert "(layer 2, head 1, darkest at" in page.locator(".note").inner_text()
        page.locator("select").select_option("the mean of all")
        assert page.locator("tbody").inner_text() == mean
        assert "(mean of 2 layers × 3 heads" in page.locator(".note").inner_text()


def test_a_large_map_answers_to_the_pointer(browser: Browser, tmp_path: Path):
    html_report([translation(200, 200)], tmp_path / "page.html")
    with Opened(browser, tmp_path / "page.html") as page:
        assert page.locator("tbody td").count() == 200 * 200
        page.locator("[data-side=keys] .token").nth(120).hover()
        assert "“\u2068from120\u2069” is attended to by" in page.locator(".status").inner_text()


def test_a_long_document_is_all_there(browser: Browser, tmp_path: Path):
    words = pieces([EVIL, *(f"word{i}" for i in range(1, 5000))])
    source = " ".join(word.text for word in words)
    values = np.random.default_rng(1).normal(size=5000)
    shown = Shown(
        "good",
        "words for it",
        {"good": 0.9},
        source,
        words,
        values,
        [],
        [],
        [],
        "attention weak",
        (values**2 / 5000).tolist(),
        (-values).tolist(),
    )
    document_report([shown] * 5, tmp_path / "page.html")
    with Opened(browser, tmp_path / "page.html") as page:
        assert page.title() == "Sightline report"
        assert page.locator("details[open]").count() == 3
        assert page.locator("details .text").first.inner_text() == source
        page.locator("details").nth(4).locator("summary").click()
        assert page.locator("details[open]").count() == 4
        last = page.locator("details").nth(4)
        assert last.locator(".for, .against").count() > 4000
        last.get_by_label("the attention to them").check()
        assert last.locator(".for, .against").count() == 0
        assert last.locator(".seen").count() > 4000
        assert "% of the attention" in (last.locator(".seen").first.get_attribute("title") or "")
        last.get_by_label("what the score loses").check()
        assert last.locator(".seen").count() == 0
        first = last.locator(".for, .against").first
        assert first.get_attribute("title") == f"left out, it takes {-values[0]:+.3f} from the score"
        last.get_by_label("what words said").check()
        assert last.locator(".for, .against").count() > 4000


def test_a_forecast_shows_its_pictures(browser: Browser, tmp_path: Path):
    picture = Picture(as_png(draw_errors({"forecast": np.arange(3.0)})), "errors")
    forecasts_page(EVIL, [EVIL], [EVIL], [Part("Errors", pictures=[picture])], tmp_path / "page.html")
    with Opened(browser, tmp_path / "page.html") as page:
        assert page.title() == EVIL
        assert page.locator("img").evaluate("image => image.complete && image.naturalWidth") > 500
