"""Record the pad for README and site: a short silent film of somebody who draws.

    python -m tests.browser.recording

It writes ``docs/pad.webp``, and the pictures of the page beside it: light, dark, open, on a phone.
"""

import io
import itertools
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.pad import place, ready
from tests.chromium import ADVICE, find
from tests.serving import running_app
from tests.strokes import TEMPLATES

DOCS = Path(__file__).parents[2] / "docs"
LAPTOP = {"width": 1000, "height": 620}
PHONE = {"width": 390, "height": 844}
EACH = 90  # milliseconds for a picture
REST = 10  # pictures after a digit
THREE = [
    [(80, 75), (110, 52), (150, 48), (188, 65), (192, 98), (170, 124), (130, 135)],
]
THREE[0] += [(178, 146), (204, 176), (200, 212), (165, 236), (120, 236), (80, 215)]


def smooth(stroke: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The way without its corners (Chaikin 1974), as a hand draws it."""
    for _ in range(3):
        pairs = list(itertools.pairwise(stroke))
        cut = [(a + (c - a) * t, b + (d - b) * t) for (a, b), (c, d) in pairs for t in (0.25, 0.75)]
        stroke = [stroke[0], *cut, stroke[-1]]
    return stroke


def film(page: Page) -> list[Image.Image]:
    """Draw two digits, and take a picture after every few points."""
    pictures: list[Image.Image] = []

    def take() -> None:
        pictures.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))

    for strokes in (THREE, TEMPLATES[7]):
        for stroke in strokes:
            way = smooth(stroke)
            page.mouse.move(*place(page, way[0]))
            page.mouse.down()
            for number, point in enumerate(way):
                page.mouse.move(*place(page, point))
                if number % 2 == 0:
                    page.wait_for_timeout(60)
                    take()
            page.mouse.up()
        page.wait_for_timeout(400)
        take()
        pictures.extend(pictures[-1:] * REST)
        page.get_by_role("button", name="Clear").click()
        page.mouse.move(5, 5)
        page.wait_for_timeout(300)
        take()
    return pictures


def picture(browser: Browser, url: str, name: str, *, is_open: bool = False, **options) -> None:
    """Draw a three, and take one picture of the page."""
    page = browser.new_page(**options)
    page.goto(url)
    ready(page)
    for stroke in THREE:
        way = smooth(stroke)
        page.mouse.move(*place(page, way[0]))
        page.mouse.down()
        for point in way:
            page.mouse.move(*place(page, point))
        page.mouse.up()
    if is_open:
        page.get_by_role("button", name="See what the network sees").click()
        page.get_by_role("button", name="Feature maps").click()
    page.mouse.move(5, 5)
    page.wait_for_timeout(1500)
    page.screenshot(path=DOCS / name, full_page=is_open)
    page.close()


def main() -> int:
    """Record, and say what was written."""
    program = find()
    if program is None:
        print(ADVICE, file=sys.stderr)
        return 1
    with running_app() as app, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        page = browser.new_page(viewport=LAPTOP)
        page.goto(app.url)
        first, *others = film(ready(page))
        page.close()
        first.save(
            DOCS / "pad.webp",
            save_all=True,
            append_images=others,
            duration=EACH,
            loop=0,
            quality=60,
        )
        for name, options in (
            ("pad.png", {}),
            ("pad-dark.png", {"color_scheme": "dark"}),
            ("pad-open.png", {"is_open": True}),
            ("pad-phone.png", {"viewport": PHONE, "device_scale_factor": 2}),
        ):
            picture(browser, app.url, name, **({"viewport": LAPTOP} | options))
        browser.close()
    print(
        f"docs/pad.webp: {1 + len(others)} pictures, {(DOCS / 'pad.webp').stat().st_size:,} bytes"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
