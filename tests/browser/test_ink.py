"""The page's own ink: under the pen at once, however long the line to the kernel is."""

import io
from functools import partial

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.browser.pad import (
    SHEET,
    answer,
    click,
    draw,
    ink,
    local_ink,
    place,
    ready,
    wait_for_ink,
    wait_for_no_ink,
)
from tests.browser.test_drawing import PHONE, fingers
from tests.strokes import TEMPLATES

# Notes for each move of the pen how dark the two canvases are under it, in the event itself.
WATCH_PEN = """
([canvas, sheet]) => {
  window.under = [];
  canvas = document.querySelector(canvas);
  canvas.addEventListener("pointermove", (event) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const x = (event.clientX - left) / width * canvas.width;
    const y = (event.clientY - top) / height * canvas.height;
    window.under.push([document.querySelector(sheet), canvas].map(
      (each) => each.getContext("2d").getImageData(x, y, 1, 1).data[3]));
  });
}
"""

SCREENS = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "dense": {"device_scale_factor": 2},
    "projector": {"viewport": {"width": 1920, "height": 1080}},
    "phone": PHONE,
}


SAME = (
    30  # of 255: how much two pixels may differ at the edge of a line that is the same to the eye
)


# While the line is held, the page would ask the server after some seconds, and then say that it is
# away and take no more ink.
PATIENT = """
const timeout = AbortSignal.timeout.bind(AbortSignal);
AbortSignal.timeout = (wait) => timeout(10 * wait);
"""


@pytest.fixture
def visit(visit):
    return partial(visit, prepare=lambda page: page.add_init_script(PATIENT))


def screen(page: Page) -> np.ndarray:
    """Read the pixels that a visitor sees where the canvas is."""
    box = page.locator(".digitlab-canvas").bounding_box()
    # The pointer's shape and the focus are not what is compared.
    shot = page.screenshot(clip=box, animations="disabled")
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), int)


def test_ink_is_under_the_pen_before_the_kernel_knows(visit, line):
    page = ready(visit(line))
    page.evaluate(WATCH_PEN, [".digitlab-canvas", SHEET])
    line.is_held = True
    draw(page, TEMPLATES[8])
    under = page.evaluate("window.under")
    drawn = [sheet for sheet, _ in under[1:]]  # the first move only brings the pen to its place
    assert len(drawn) > 20
    assert min(drawn) > 0
    assert ink(page) == 0
    line.is_held = False
    assert answer(page)[0] == "Predicted result is 8"


@pytest.mark.engines("chromium", because="screens are emulated")
@pytest.mark.parametrize("options", SCREENS.values(), ids=SCREENS)
def test_nobody_sees_the_kernel_take_over(visit, line, options):
    page = ready(visit(line, **options))
    empty = screen(page)
    line.is_held = True
    draw(page, TEMPLATES[5])
    assert ink(page) == 0
    before = screen(page)
    assert np.abs(before - empty).max() > 150
    line.is_held = False
    wait_for_ink(page)
    wait_for_no_ink(page, on=SHEET)
    assert np.abs(screen(page) - before).max() <= SAME
    assert answer(page)[0] == "Predicted result is 5"


@pytest.mark.engines("chromium", "firefox", because="screenshots")
def test_a_slow_line_loses_nothing_and_draws_nothing_twice(visit, line):
    page = ready(visit(line))
    draw(page, TEMPLATES[4])
    sentence, percents = answer(page)
    wait_for_no_ink(page, on=SHEET)
    expected = screen(page)
    click(page, "Clear")
    wait_for_no_ink(page)
    line.delay = 0.15
    draw(page, TEMPLATES[4])
    assert answer(page) == (sentence, percents)
    wait_for_no_ink(page, on=SHEET)
    assert np.abs(screen(page) - expected).max() <= SAME
    click(page, "Undo")
    click(page, "Undo")
    wait_for_no_ink(page)


def test_a_drawing_cleared_under_way_leaves_no_ghost(visit, line):
    page = ready(visit(line))
    line.is_held = True
    draw(page, TEMPLATES[0])
    click(page, "Clear")  # which can be pressed although the kernel knows of no stroke yet
    draw(page, TEMPLATES[1])
    line.is_held = False
    wait_for_no_ink(page, on=SHEET)
    assert answer(page)[0] == "Predicted result is 1"
    beside = (0, 0, 0.4, 1)
    assert ink(page) > 0
    assert ink(page, beside) == 0


def test_a_stroke_undone_under_way_leaves_no_ghost(visit, line):
    page = ready(visit(line))
    line.is_held = True
    draw(page, [[(60, 60), (60, 220)], [(220, 60), (220, 220)]])
    click(page, "Undo")
    line.is_held = False
    wait_for_no_ink(page, on=SHEET)
    answer(page)
    right = (0.5, 0, 1, 1)
    assert ink(page) > 0
    assert ink(page, right) == 0


@pytest.mark.engines("chromium", "firefox", because="screenshots")
def test_the_ink_stays_in_place_when_the_page_scrolls(visit, line):
    page = ready(visit(line, viewport={"width": 600, "height": 600}))
    line.is_held = True
    draw(page, TEMPLATES[7])
    before = screen(page)
    page.mouse.move(*place(page, (20, 20)))
    page.mouse.wheel(0, 60)
    page.wait_for_function("() => scrollY > 0")
    assert np.abs(screen(page) - before).max() <= SAME
    line.is_held = False
    assert answer(page)[0] == "Predicted result is 7"


@pytest.mark.engines("chromium", because="other drivers have no fingers")
def test_a_finger_has_its_ink_at_once_too(visit, line):
    page = ready(visit(line, **PHONE))
    touch = fingers(page)
    line.is_held = True
    touch("touchStart", (140, 60))
    touch("touchMove", (140, 140))
    touch("touchMove", (140, 220))
    lower = (0.4, 0.6, 0.6, 1)
    page.wait_for_function("() => new Promise(requestAnimationFrame)")
    assert local_ink(page, lower) > 0
    assert ink(page) == 0
    touch("touchEnd")
    line.is_held = False
    wait_for_no_ink(page, on=SHEET)
    assert ink(page, lower) > 0
