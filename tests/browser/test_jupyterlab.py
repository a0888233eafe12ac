"""The pad in JupyterLab and Notebook 7: twice, beside others, after a reload, and closed."""

from collections.abc import Callable, Iterator

import nbformat
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.lab import run_all, running_lab
from tests.browser.pad import draw, wait_for_ink
from tests.strokes import TEMPLATES

PAD = "from digitlab import DigitPad\npad = DigitPad(size=280)\npad"
NOTEBOOKS = {
    "twice": [PAD, "pad"],
    "beside": [
        PAD,
        "other = DigitPad(size=200, classifier=lambda pictures: [[1] + [0] * 9] * len(pictures))\n"
        "other",
        "from ipywidgets import interact\n"
        "interact(lambda digit: print(f'The digit is {digit}.'), digit=pad);",
    ],
    "closed": [PAD],
    "seven": [PAD],
}


@pytest.fixture(scope="module")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a JupyterLab that has these notebooks."""
    home = tmp_path_factory.mktemp("lab")
    for name, cells in NOTEBOOKS.items():
        notebook = nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_code_cell, cells)])
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(notebook, home / f"{name}.ipynb")
    with running_lab(home) as url:
        yield url


def inks(page: Page) -> list[int]:
    """The inked pixels of each canvas, once they do not grow any more."""
    before, now = None, _inks(page)
    while now != before:
        page.wait_for_timeout(500)
        before, now = now, _inks(page)
    return now


def _inks(page: Page) -> list[int]:
    return page.locator(".digitlab-canvas").evaluate_all(
        """canvases => canvases.map(canvas => {
             const { width, height } = canvas;
             const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
             return data.filter((value, index) => index % 4 === 3 && value > 0).length;
           })"""
    )


@pytest.fixture
def open_notebook(lab: str, browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Open one of the notebooks and run it."""
    context = browser.new_context(viewport={"width": 1200, "height": 2000})

    def open_page(name: str, *, way: str = "lab/workspaces/{0}/tree/{0}.ipynb") -> Page:
        page = context.new_page()
        page.goto(f"{lab}/{way.format(name)}")
        expect(page.locator(".jp-CodeCell")).to_have_count(len(NOTEBOOKS[name]))
        run_all(page)
        return page

    yield open_page
    context.close()


def save_and_reload(page: Page) -> None:
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    page.reload()


def test_a_pad_shown_twice_shows_one_drawing_also_after_a_reload(open_notebook):
    page = open_notebook("twice")
    results = page.locator(".digitlab-result")
    expect(page.locator(".digitlab-canvas")).to_have_count(2)

    draw(page, TEMPLATES[7])
    expect(results).to_have_text(["Predicted result is 7"] * 2)
    wait_for_ink(page)
    first, second = inks(page)
    assert first == second > 0

    save_and_reload(page)
    expect(page.locator(".digitlab-canvas")).to_have_count(2)
    expect(results).to_have_text(["Predicted result is 7"] * 2)
    wait_for_ink(page)
    again = inks(page)
    assert again == pytest.approx([first, first], rel=0.02)
    page.get_by_role("button", name="Clear", exact=True).first.click()
    expect(results).to_have_text(["Draw a digit"] * 2)
    draw(page, TEMPLATES[1])
    expect(results).to_have_text(["Predicted result is 1"] * 2)

    page.get_by_label("Stored digit").nth(1).select_option("8")
    expect(results).to_have_text(["Predicted result is 8"] * 2)
    save_and_reload(page)
    expect(results).to_have_text(["Predicted result is 8"] * 2)
    wait_for_ink(page)
    first, second = inks(page)
    assert first == second > 0
    expect(page.get_by_label("Stored digit").first).to_have_value("8")
    page.get_by_role("button", name="Undo", exact=True).nth(1).click()
    expect(results).to_have_text(["Predicted result is 1"] * 2)


def test_in_notebook_7_it_is_drawn_on_too(open_notebook):
    page = open_notebook("seven", way="notebooks/{}.ipynb")
    draw(page, TEMPLATES[2])
    expect(page.locator(".digitlab-result")).to_have_text("Predicted result is 2")
    wait_for_ink(page)


def test_pads_beside_each_other_have_a_drawing_and_a_network_each(open_notebook):
    page = open_notebook("beside")
    pads, results = page.locator(".digitlab-pad"), page.locator(".digitlab-result")
    expect(page.locator(".digitlab-canvas")).to_have_count(3)
    draw(page, TEMPLATES[7])
    expect(results).to_have_text(["Predicted result is 7", "Draw a digit", "Predicted result is 7"])
    expect(page.get_by_text("The digit is 7.", exact=True)).to_be_visible()
    first, other, third = inks(page)
    assert first == third > 0
    assert other == 0
    pads.nth(1).get_by_role("button", name="Surprise me").click()
    expect(results.nth(1)).to_have_text("Predicted result is 0")
    expect(results.nth(0)).to_have_text("Predicted result is 7")
    widths = page.locator(".digitlab-canvas").evaluate_all(
        "canvases => canvases.map(canvas => canvas.getBoundingClientRect().width)"
    )
    assert widths == [280, 200, 280]


def test_the_sections_open_in_a_notebook_and_a_closed_pad_is_gone(open_notebook):
    page = open_notebook("closed")
    expect(page.locator(".digitlab-canvas")).to_have_count(1)
    draw(page, TEMPLATES[4])
    expect(page.locator(".digitlab-result")).to_have_text("Predicted result is 4")
    page.get_by_role("button", name="See what the network sees").click()
    expect(page.locator(".digitlab-insight img").first).to_be_visible()
    page.get_by_role("button", name="Was it wrong? Teach it").click()
    page.get_by_role("button", name="9", exact=True).click()
    expect(page.get_by_text("Thank you: it was a 9.")).to_be_visible()
    page.evaluate("window.jupyterapp.commands.execute('notebook:insert-cell-below')")
    page.keyboard.press("Enter")
    page.keyboard.type("pad.close()")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".digitlab-pad")).to_have_count(0)
