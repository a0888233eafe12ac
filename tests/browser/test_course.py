"""Notebooks of the course in JupyterLab: what a learner moves or draws, the next cells see."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.lab import run_all, running_lab
from tests.browser.pad import draw
from tests.strokes import TEMPLATES

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
CONVOLUTION, PEN = "03-a-convolution-by-hand.ipynb", "07-from-pen-to-pixels.ipynb"
LOOP, HONEST = "04-the-training-loop.ipynb", "06-to-99-percent-honestly.ipynb"
# The cell that knows what was moved or drawn in the one before. How a notebook goes on, nbval says.
READERS = {
    CONVOLUTION: "nine = explore(",
    LOOP: "live = LiveCurve(",
    PEN: "if pad.prediction is None",
}
# Keeps every picture that was ever in an output.
KEEPS_PICTURES = """
window.pictures = new Set();
new MutationObserver(() => {
  for (const { src } of document.querySelectorAll(".jp-OutputArea img")) pictures.add(src);
}).observe(document, { subtree: true, childList: true, attributeFilter: ["src"] });
"""
MIDDLE = 'print("the middle weighs", fields["e"].value)'  # asked in a cell that the test adds

LONG = 120_000  # milliseconds, for the cells up to there


@pytest.fixture(scope="module")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("course")
    for name in READERS:
        nbformat.write(beginning(name), home / name)
    nbformat.write(own_network(), home / HONEST)
    with running_lab(home) as url:
        yield url


def beginning(name: str) -> nbformat.NotebookNode:
    """A notebook up to the cell that reads."""
    notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
    while READERS[name] not in notebook.cells[-1].source or notebook.cells[-1].cell_type != "code":
        del notebook.cells[-1]
    if name == CONVOLUTION:
        notebook.cells.append(nbformat.v4.new_code_cell(MIDDLE))
    return notebook


# What notebook 6 needs to train a network and put it on the pad; here it trains on few digits.
NEEDED = ["target, chosen_seed", "recipe = ", "for seed in range", "DigitPad(classifier=as_cl"]
FEW = """from digitlab.lab import Digits
few = Digits(mnist.train.images[:6000], mnist.train.labels[:6000])
mnist = replace(mnist, train=few)"""
ASKED = """import torch
from digitlab.lab import log_probabilities
said = log_probabilities(chosen, torch.tensor(pad.prediction.picture)[None]).argmax()
print("the pad says", pad.prediction.digit, "and the network", int(said))"""


def own_network() -> nbformat.NotebookNode:
    """Notebook 6, cut down to the learner's network and the pad."""
    notebook = nbformat.read(NOTEBOOKS / HONEST, as_version=4)
    code = [one for one in notebook.cells if one.cell_type == "code"]
    found = [next(one for one in code if words in one.source) for words in NEEDED]
    found[1].source += f"\n{FEW}"
    found[2].source = found[2].source.replace("range(2)", "range(1)")
    found[3].source = f"chosen = runs[chosen_seed].model\n{found[3].source}"
    asked = nbformat.v4.new_code_cell(ASKED)
    notebook.cells = [*found, asked]
    return notebook


@pytest.fixture
def run(lab: str, browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Open the beginning of a notebook and run all of it."""
    context = browser.new_context(viewport={"width": 1200, "height": 1400})
    context.add_init_script(KEEPS_PICTURES)

    def run_notebook(name: str) -> Page:
        page = context.new_page()
        page.goto(f"{lab}/lab/workspaces/course/tree/{name}?reset")
        cells = (own_network() if name == HONEST else beginning(name)).cells
        expect(page.locator(".jp-Notebook .jp-Cell")).to_have_count(len(cells))
        page.evaluate("window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
        run_all(page)
        last = page.locator(".jp-CodeCell .jp-InputPrompt").last
        expect(last).to_have_text(re.compile(r"\[\d+\]"), timeout=LONG)
        return page

    yield run_notebook
    context.close()


def cell(page: Page, source: str) -> Locator:
    """The code cell that holds this text."""
    return page.locator(".jp-CodeCell", has=page.locator(".jp-InputArea", has_text=source))


def run_again(page: Page, one: Locator) -> None:
    one.locator(".jp-InputArea-editor").click()
    page.keyboard.press("Control+Enter")


def test_a_weight_of_the_learners_own_kernel_is_changed_and_the_next_cell_knows(run):
    page = run(CONVOLUTION)
    fields = cell(page, READERS[CONVOLUTION]).locator("input[type=number]")
    expect(fields).to_have_count(11)  # nine weights, and where the window is
    fields.nth(4).fill("3.5")
    fields.nth(4).press("Enter")
    reader = cell(page, "the middle weighs").last
    run_again(page, reader)
    expect(reader.locator(".jp-OutputArea")).to_contain_text("the middle weighs 3.5")


def test_the_loss_curve_grows_while_the_network_learns(run):
    page = run(LOOP)
    output = cell(page, READERS[LOOP]).locator(".jp-OutputArea")
    expect(output.locator("img")).to_have_count(1)
    expect(output).to_contain_text("Validation digits read right")
    assert page.evaluate("pictures.size") >= 5  # of the 24 that were drawn


def test_the_pad_of_the_seventh_notebook_is_drawn_on_and_the_next_cell_knows(run):
    page = run(PEN)
    canvas = page.locator(".digitlab-canvas").first
    canvas.scroll_into_view_if_needed()
    page.get_by_role("button", name="Clear", exact=True).first.click()
    expect(page.locator(".digitlab-result").first).to_have_text("Draw a digit")
    draw(page, TEMPLATES[4])
    expect(page.locator(".digitlab-result").first).to_have_text("Predicted result is 4")
    reader = cell(page, READERS[PEN])
    run_again(page, reader)
    expect(reader.locator(".jp-OutputArea")).to_contain_text("4")


def test_the_network_that_the_learner_trained_reads_what_is_drawn(run):
    page = run(HONEST)
    canvas = page.locator(".digitlab-canvas").first
    canvas.scroll_into_view_if_needed()
    draw(page, TEMPLATES[1])
    expect(page.locator(".digitlab-result").first).to_have_text(re.compile(r"result is \d"))
    reader = cell(page, "the pad says")
    run_again(page, reader)
    expect(reader.locator(".jp-OutputArea")).to_have_text(
        re.compile(r"the pad says (\d) and the network \1")
    )
