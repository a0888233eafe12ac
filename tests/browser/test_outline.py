"""The outline of the pad, on which one can draw before the kernel is there."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.pad import (
    CANVAS,
    OUTLINE,
    SHEET,
    answer,
    draw,
    ink,
    local_ink,
    place,
    ready,
    wait_for_ink,
    wait_for_no_ink,
)
from tests.browser.test_drawing import PHONE, fingers, pen
from tests.strokes import TEMPLATES

# The smallest box around all that is inked on a canvas, and the ink's colour in the middle of it.
SHAPE = """
(selector) => {
  const canvas = document.querySelector(selector);
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const [rows, columns] = [new Set(), new Set()];
  for (let i = 0; i < width * height; i++) {
    if (data[4 * i + 3] > 127) rows.add(Math.floor(i / width)), columns.add(i % width);
  }
  return [width, height, Math.min(...rows), Math.max(...rows), Math.min(...columns),
    Math.max(...columns)];
}
"""

OUTLINE_ANSWER = "#waiting .digitlab-answer"

pytestmark = pytest.mark.engines("chromium", "firefox", because="requests are held up")


@pytest.fixture
def early(visit) -> Callable:
    """Open a page that stays an outline; what it returns is called to let the pad come."""

    def open_page(**options) -> tuple[Page, Callable]:
        page = visit(prepare=hold, **options)
        expect(page.locator(OUTLINE)).to_be_visible()
        page.wait_for_function("() => window.digitlab")  # the script that draws on it has run
        return page, let_go

    held: list[Route] = []

    def hold(page: Page) -> None:
        page.route("**/bundle/*.js", lambda route: held.append(route))

    def let_go() -> None:
        while held:
            held.pop().continue_()

    return open_page


def test_what_is_drawn_on_the_outline_is_read_when_the_kernel_is_there(early):
    page, let_the_pad_come = early()
    draw(page, TEMPLATES[5])
    assert local_ink(page) > 0
    assert page.locator(CANVAS).count() == 0
    drawn = page.evaluate(SHAPE, SHEET)
    let_the_pad_come()
    ready(page)
    wait_for_ink(page)
    wait_for_no_ink(page, on=SHEET)
    assert "Predicted result is 5" in answer(page)[0]
    assert page.evaluate(SHAPE, CANVAS) == pytest.approx(drawn, abs=1)
    draw(page, TEMPLATES[1])  # the real pad takes over where the outline ended
    assert "Predicted result is" in answer(page)[0]
    page.get_by_role("button", name="Clear").click()
    wait_for_no_ink(page)


# Keeps what the page says, and how long the bar of the five is, whenever either changes.
WATCH_ANSWER = """
() => {
  window.seen = [];
  const look = () => {
    const place = document.querySelector("#waiting") ?? document.querySelector("#cells");
    const bar = place.querySelector(".digitlab-bar:nth-child(6) i");
    const { a, d } = new DOMMatrix(getComputedStyle(bar, "::before").transform);
    const said = place.querySelector(".digitlab-answer").innerText.trim();
    const now = JSON.stringify([said, Math.min(a, d).toFixed(2)]);
    if (window.seen.at(-1) !== now) window.seen.push(now);
    requestAnimationFrame(look);
  };
  look();
}
"""


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desktop", "phone"])
def test_what_is_drawn_on_the_outline_is_answered_and_the_answer_stays_as_the_pad_comes(
    early, options
):
    page, let_the_pad_come = early(**options)
    said = page.locator(OUTLINE_ANSWER)
    expect(said).to_contain_text("You can start drawing")
    draw(page, TEMPLATES[5])
    expect(said).to_have_text(re.compile(r"^\s*Predicted result is 5\s*over 99\s%\ssure\s*$"))
    page.wait_for_timeout(300)  # until the bar has its length
    page.evaluate(WATCH_ANSWER)
    let_the_pad_come()
    ready(page)
    assert answer(page)[0] == "Predicted result is 5"
    page.wait_for_timeout(300)
    [(words, length)] = map(json.loads, page.evaluate("window.seen"))
    assert words.startswith("Predicted result is 5")
    assert float(length) > 0.99


def test_the_outline_answers_each_stroke_and_in_the_language_of_the_page(early):
    page, _ = early(locale="ro-RO")
    said = page.locator(OUTLINE_ANSWER)
    top, *others = TEMPLATES[4]
    draw(page, [top])
    expect(said).to_contain_text(re.compile("Rețeaua citește|Nu e cifră"))
    draw(page, others)
    expect(said).to_contain_text("Rețeaua citește 4")
    assert local_ink(page) > 0


def test_where_the_pad_takes_long_one_can_start_again(early):
    page, let_the_pad_come = early()
    button = page.get_by_role("button", name="Start again")
    draw(page, TEMPLATES[4])
    expect(page.locator(OUTLINE_ANSWER)).to_contain_text("Predicted result is 4")
    button.click()
    assert local_ink(page) == 0
    expect(page.locator(OUTLINE_ANSWER)).to_contain_text("You can start drawing")
    draw(page, TEMPLATES[7])
    expect(page.locator(OUTLINE_ANSWER)).to_contain_text("Predicted result is 7")
    drawn = page.evaluate(SHAPE, SHEET)
    let_the_pad_come()
    ready(page)
    wait_for_ink(page)
    wait_for_no_ink(page, on=SHEET)
    expect(button).to_have_count(0)
    assert answer(page)[0] == "Predicted result is 7"
    assert page.evaluate(SHAPE, CANVAS) == pytest.approx(drawn, abs=1)
    page.get_by_role("button", name="Undo").click()
    wait_for_no_ink(page)


def test_where_the_server_is_too_busy_for_the_outline_the_pad_answers(visit):
    held = []

    def prepare(page: Page) -> None:
        page.route("**/bundle/*.js", lambda route: held.append(route))
        page.route("**/upload", lambda route: route.fulfill(status=503, body="no"))

    page = visit(breaks=True, prepare=prepare)
    page.wait_for_function("() => window.digitlab")
    draw(page, TEMPLATES[5])
    page.wait_for_timeout(500)
    expect(page.locator(OUTLINE_ANSWER)).to_contain_text("You can start drawing")
    for route in held:
        route.continue_()
    ready(page)
    wait_for_ink(page)
    assert answer(page)[0] == "Predicted result is 5"


def test_a_stroke_that_is_being_drawn_while_the_pad_comes_is_not_broken(early):
    page, let_the_pad_come = early()
    [stroke] = TEMPLATES[3]
    page.mouse.move(*place(page, stroke[0]))
    page.mouse.down()
    half = len(stroke) // 2
    for point in stroke[1:half]:
        page.mouse.move(*place(page, point), steps=3)
    let_the_pad_come()
    page.wait_for_selector(".digitlab-upload", state="attached")
    page.wait_for_timeout(1000)
    expect(page.locator(OUTLINE)).to_be_visible()
    for point in stroke[half:]:
        page.mouse.move(*place(page, point), steps=3)
    drawn = page.evaluate(SHAPE, SHEET)
    page.mouse.up()
    ready(page)
    wait_for_no_ink(page, on=SHEET)
    assert "Predicted result is 3" in answer(page)[0]
    assert page.evaluate(SHAPE, CANVAS) == pytest.approx(drawn, abs=1)


@pytest.mark.engines("chromium", because="other drivers have no fingers")
def test_a_palm_on_the_outline_is_taken_back_when_the_pen_comes(early):
    page, let_the_pad_come = early(**PHONE)
    touch = fingers(page)
    touch("touchStart", (250, 250))
    touch("touchMove", (230, 250))
    assert local_ink(page, (0.6, 0, 1, 1)) > 0
    pen(page, [(60, 60), (60, 140), (60, 220)])
    touch("touchEnd")
    assert local_ink(page, (0.6, 0, 1, 1)) == 0
    let_the_pad_come()
    ready(page)
    wait_for_ink(page)
    assert "Predicted result is" in answer(page)[0]
    assert ink(page, (0, 0, 0.4, 1)) == ink(page) > 0


@pytest.mark.engines("chromium", because="screens are emulated")
def test_the_outline_looks_like_the_pad_that_comes(early):
    page, let_the_pad_come = early(color_scheme="dark")
    style = """(selector) => {
      const style = getComputedStyle(document.querySelector(selector));
      return ["borderTopColor", "borderTopWidth", "borderRadius", "backgroundColor", "filter",
        "cursor", "touchAction"].map((name) => style[name]);
    }"""
    looks = page.evaluate(style, OUTLINE)
    let_the_pad_come()
    ready(page)
    assert page.evaluate(style, CANVAS) == looks
