"""A picture of a page as Chromium shows it, for the documentation.

    python benchmarks/screenshots.py PAGE OUT [--point WORD] [--choose LABEL] [--size 1000 620] [--dark]

`--point` points at the first word with that text, `--choose` chooses a radio button by its label. The network is off.
Needs playwright and a Chromium on the path.
"""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--point")
    parser.add_argument("--choose")
    parser.add_argument("--size", type=int, nargs=2, default=(1000, 620))
    parser.add_argument("--dark", action="store_true")
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        context = browser.new_context(
            offline=True,
            viewport={"width": options.size[0], "height": options.size[1]},
            color_scheme="dark" if options.dark else "light",
        )
        page = context.new_page()
        page.goto(options.page.resolve().as_uri())
        if options.choose is not None:
            page.get_by_label(options.choose).first.check()
        if options.point is not None:
            page.get_by_text(options.point, exact=True).first.hover()
        page.screenshot(path=options.out)
        browser.close()


if __name__ == "__main__":
    main()
