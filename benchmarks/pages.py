"""How soon large pages can be seen, in Chromium: from opening the file to the first contentful paint.

    python benchmarks/pages.py [--rounds 5]

A map of 200 x 200, the same with 2 layers of 2 heads, and a document of 5,000 words with a number for each. Needs
playwright and a Chromium on the path.
"""

import argparse
import shutil
import statistics
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from sightline.explain import html_report
from sightline.explain.render.documents import Shown, document_report
from sightline.results import AttentionMap, Piece, Prediction

PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def words(count: int) -> list[Piece]:
    ends = np.cumsum([len(f"word{i}") + 1 for i in range(count)]).tolist()
    return [Piece(f"word{i}", end - len(f"word{i}") - 1, end - 1, i) for i, end in enumerate(ends)]


def translation(heads: tuple[int, ...]) -> str:
    pieces = words(200)
    weights = np.random.default_rng(1).dirichlet(np.full(200, 0.1), (*heads, 200)).astype(np.float32)
    cross = AttentionMap(weights, pieces, pieces)
    return html_report([Prediction("answer", -1.0, pieces, "input", pieces, {"cross": cross})])


def document() -> str:
    pieces = words(5000)
    values = np.random.default_rng(1).normal(size=5000)
    text = " ".join(piece.text for piece in pieces)
    return document_report([Shown("good", "words for it", {"good": 0.9}, text, pieces, values, [], [], [])])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    pages = {"200 x 200": translation(()), "200 x 200, 4 heads": translation((2, 2)), "5,000 words": document()}
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, text in pages.items():
            path = Path(folder) / "page.html"
            path.write_text(text)
            found: list[float] = []
            for _ in range(rounds):
                page = browser.new_page()
                page.goto(path.as_uri())
                page.wait_for_function(f"{PAINT} > 0")
                found.append(float(page.evaluate(PAINT)))
                page.close()
            median, most = statistics.median(found), max(found)
            print(f"{name}: {len(text) / 1e6:.2f} MB, first paint {median:.0f} ms ({most:.0f} at most)")
        browser.close()


if __name__ == "__main__":
    main()
