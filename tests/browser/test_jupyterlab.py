"""The pad in JupyterLab and Notebook 7: twice, beside others, after a reload, and closed."""

from collections.abc import Callable, Iterator

import nbformat
import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, expect

from tests.browser.lab import run_all, running_lab
from tests.browser.pad import (
    CANVAS,
    SHEET,
    draw,
    ink,
    local_ink,
    place,
    wait_for_ink,
    wait_for_no_ink,
)
from tests.browser.test_drawing import EMPTY, draw_beside_the_palm
from tests.browser.test_tools import STORED, png
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
    "hand": [PAD, "print('\\n' * 80)"],
}
HOSTS = {"JupyterLab": "lab/workspaces/{0}/tree/{0}.ipynb", "Notebook": "notebooks/{0}.ipynb"}


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

    yield lambda name: opened(context, f"{lab}/{HOSTS['JupyterLab'].format(name)}", name)
    context.close()


def opened(context: BrowserContext, url: str, name: str) -> Page:
    page = context.new_page()
    page.goto(url)
    expect(page.locator(".jp-CodeCell")).to_have_count(len(NOTEBOOKS[name]))
    run_all(page)
    return page


@pytest.fixture(scope="module", params=HOSTS.values(), ids=HOSTS)
def host(lab: str, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A notebook with one pad, in each program that shows notebooks."""
    context = browser.new_context(viewport={"width": 1200, "height": 800}, has_touch=True)
    page = opened(context, f"{lab}/{request.param.format('hand')}", "hand")
    expect(page.locator(SHEET)).to_be_visible()
    yield page
    context.close()


@pytest.fixture
def empty(host: Page) -> Iterator[Page]:
    """The same, on empty paper afterwards too."""
    host.locator(CANVAS).scroll_into_view_if_needed()
    yield host
    host.get_by_role("button", name="Clear", exact=True).click(force=True)
    expect(host.locator(".digitlab-result")).to_have_text(EMPTY)
    wait_for_no_ink(host)
    wait_for_no_ink(host, on=SHEET)


def test_an_image_is_chosen_by_the_button_and_read(empty):
    image = png(255 * (1 - np.kron(STORED[3, 0], np.ones((5, 5)))))
    for _ in range(2):  # the same file again
        with empty.expect_file_chooser() as chooser:
            empty.get_by_role("button", name="Upload an image").click()
        chooser.value.set_files(FilePayload(name="3.png", mimeType="image/png", buffer=image))
        expect(empty.locator(".digitlab-result")).to_have_text("Predicted result is 3")
        empty.get_by_role("button", name="Clear", exact=True).click()
        expect(empty.locator(".digitlab-result")).to_have_text(EMPTY)


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


def test_ink_does_not_wait_for_a_busy_kernel(empty, tmp_path):
    page, go = empty, tmp_path / "go"
    busy = """code => {
      const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
      window.busy = kernel.requestExecute({ code }).done;
    }"""
    lines = [
        "import pathlib, time",
        f"go, until = pathlib.Path({str(go)!r}), time.monotonic() + 60",
        "while not go.exists() and time.monotonic() < until: time.sleep(0.05)",
    ]
    page.evaluate(busy, "\n".join(lines))
    draw(page, TEMPLATES[2])
    assert local_ink(page) > 0
    assert ink(page) == 0
    page.wait_for_timeout(2000)
    assert ink(page) == 0
    expect(page.locator(".digitlab-result")).to_have_text(EMPTY, timeout=1)
    go.touch()
    page.evaluate("window.busy")
    expect(page.locator(".digitlab-result")).to_have_text("Predicted result is 2")
    wait_for_no_ink(page, on=SHEET)
    assert ink(page) > 0


def test_only_the_main_button_draws(empty):
    page = empty
    page.mouse.move(*place(page, (100, 100)))
    page.mouse.down(button="right")
    page.mouse.move(*place(page, (200, 200)), steps=5)
    page.mouse.up(button="right")
    page.keyboard.press("Escape")  # the menu
    draw(page, [[(240, 40), (240, 240)]])
    expect(page.locator(".digitlab-result")).to_contain_text("Predicted result is 1")
    wait_for_ink(page)
    assert ink(page, (0, 0, 0.7, 1)) == 0


def test_tab_leads_out_of_the_canvas(empty):
    canvas = empty.locator(CANVAS)
    canvas.focus()
    expect(canvas).to_be_focused()
    empty.keyboard.press("Tab")
    expect(canvas).not_to_be_focused()


def test_the_wheel_scrolls_the_notebook_over_the_canvas_too(empty):
    top = empty.locator(CANVAS).bounding_box()["y"]
    empty.mouse.move(*place(empty, (100, 100)))
    empty.mouse.wheel(0, 120)
    moved = f"top => document.querySelector('{CANVAS}').getBoundingClientRect().top < top"
    empty.wait_for_function(moved, arg=top)


def test_a_stroke_that_leaves_the_canvas_goes_on_where_it_comes_back(empty):
    page = empty
    page.mouse.move(*place(page, (140, 140)))
    page.mouse.down()
    for point in [(20, 140), (-20, 140), (-20, 250), (140, 250)]:
        page.mouse.move(*place(page, point), steps=5)
    page.mouse.up()
    expect(page.locator(".digitlab-result")).to_contain_text("Predicted result is")
    wait_for_no_ink(page, on=SHEET)
    for at_the_edge in [(0, 0.48, 0.02, 0.52), (0, 0.87, 0.02, 0.91)]:
        assert ink(page, at_the_edge) > 0
    assert ink(page, (0, 0.6, 0.3, 0.8)) == 0


def test_a_pen_draws_and_the_palm_beside_it_does_not(empty):
    draw_beside_the_palm(empty)
    expect(empty.locator(".digitlab-result")).to_contain_text("Predicted result is")
    wait_for_no_ink(empty, on=SHEET)
    assert ink(empty, (0, 0, 0.4, 1)) == ink(empty) > 0


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
    expect(page.get_by_text("So this is 9.")).to_be_visible()
    page.evaluate("window.jupyterapp.commands.execute('notebook:insert-cell-below')")
    page.keyboard.press("Enter")
    page.keyboard.type("pad.close()")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".digitlab-pad")).to_have_count(0)
