"""Record what README and site show: a short silent film of somebody who draws, and pictures.

    python -m tests.browser.recording

It writes ``docs/pad.webp``, and the pictures of the gallery beside it: the page in several states,
a sheet of paper on its way to a data set, and a figure from each notebook.
"""

import base64
import io
import itertools
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import nbformat
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from digitlab.drawings import Drawings
from tests.browser.pad import click, place, ready
from tests.browser.test_numbers import jpeg, numeral, photograph
from tests.browser.test_tools import upload
from tests.chromium import ADVICE, find
from tests.drawings.test_sheet import filled, photographed
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


def draw(page: Page, strokes: list[list[tuple[float, float]]]) -> None:
    """Draw strokes without their corners, and take the pen away."""
    for stroke in strokes:
        way = smooth(stroke)
        page.mouse.move(*place(page, way[0]))
        page.mouse.down()
        for point in way:
            page.mouse.move(*place(page, point))
        page.mouse.up()
    page.mouse.move(5, 5)


def three(page: Page) -> None:
    """Draw a three."""
    draw(page, THREE)


def three_in_the_network(page: Page) -> None:
    """Draw a three, and open what the network sees."""
    three(page)
    expect(page.locator(".digitlab-result")).to_have_text("Predicted result is 3")
    click(page, "See what the network sees")
    click(page, "Feature maps")


def number(page: Page) -> None:
    """Draw a number of two digits."""
    draw(page, numeral("42"))


def row(page: Page) -> None:
    """Hand in a photograph of five digits."""
    upload(page, jpeg(photograph("40718")))


def large_map(page: Page) -> None:
    """Draw a three, and touch a feature map."""
    three_in_the_network(page)
    page.locator(".digitlab-layer img").first.click(position={"x": 60, "y": 20})
    large = page.locator(".digitlab-large")
    expect(large).to_contain_text("Map 2")
    large.scroll_into_view_if_needed()


PICTURES: dict[str, tuple[Callable[[Page], None], dict]] = {
    "pad.png": (three, {}),
    "pad-dark.png": (three, {"color_scheme": "dark"}),
    "pad-open.png": (three_in_the_network, {}),
    "pad-phone.png": (three, {"viewport": PHONE, "device_scale_factor": 2}),
    "pad-number.png": (number, {}),
    "pad-row.png": (row, {}),
    "pad-map.png": (large_map, {}),
}


def picture(browser: Browser, url: str, name: str) -> None:
    """Do something on the page, and take one picture of it."""
    do, options = PICTURES[name]
    page = browser.new_page(**({"viewport": LAPTOP} | options))
    page.goto(url)
    do(ready(page))
    page.wait_for_timeout(1500)
    page.screenshot(path=DOCS / name, full_page=do is three_in_the_network)
    page.close()


FIGURES = [  # one of each notebook, by what its alternative text begins with
    "Ten average digits",
    "Downhill",
    "One digit, four kernels",
    "Five kernels learn to see",
    "Five patients",
    "The most confident mistakes",
    "From the pen to the network",
    "Two answers to the same question",
    "Thirty digits and their readings",
]


def figures() -> None:
    """Take a figure from each notebook of the course, as it is stored there."""
    paths = sorted((DOCS.parent / "notebooks").glob("0*.ipynb"))
    for path, title in zip(paths, FIGURES, strict=True):
        cells = nbformat.read(path, as_version=4).cells
        shown = [output.get("data", {}) for cell in cells for output in cell.get("outputs", ())]
        file = next(d["image/png"] for d in shown if d.get("text/plain", "").startswith(title))
        with Image.open(io.BytesIO(base64.b64decode(file))) as figure:
            figure.thumbnail((720, 720), Image.Resampling.LANCZOS)
            figure.quantize(64).save(DOCS / "notebooks" / f"{path.name[:2]}.png", optimize=True)


def paper() -> None:
    """Show a sheet as a phone sees it, and the digits that were found on it."""
    photo = photographed(filled(), turn=8, tilt=0.2, shadow=True)
    with Image.open(io.BytesIO(photo)) as image:
        image.resize((900, 900)).save(DOCS / "sheet-photo.webp", quality=70)
    with tempfile.TemporaryDirectory() as folder:
        found = Drawings(Path(folder, "drawings.sqlite3")).from_photo(photo).contact_sheet()
    found.save(DOCS / "sheet-found.webp", lossless=True)


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
        for name in PICTURES:
            picture(browser, app.url, name)
        browser.close()
    paper()
    figures()
    print(
        f"docs/pad.webp: {1 + len(others)} pictures, {(DOCS / 'pad.webp').stat().st_size:,} bytes"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
