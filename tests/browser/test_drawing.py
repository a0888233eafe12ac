import re
import time
from collections.abc import Callable

import psutil
import pytest
from playwright.sync_api import Page

from tests.browser.pad import (
    answer,
    click,
    draw,
    ink,
    place,
    ready,
    wait_for_ink,
    wait_for_no_ink,
)
from tests.browser.webkit import expect
from tests.serving import TIMEOUT, running_app
from tests.strokes import TEMPLATES, small_and_slanted

EMPTY = "Draw a digit"
PHONE = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 3,
    "has_touch": True,
    "is_mobile": True,
}


def test_ink_and_answers_come_while_the_button_is_down(visit):
    page = ready(visit())
    expect(page.locator(".digitlab-result")).to_have_text(EMPTY)
    assert ink(page) == 0
    [stroke] = TEMPLATES[2]
    page.mouse.move(*place(page, stroke[0]))
    page.mouse.down()
    page.mouse.move(*place(page, stroke[3]), steps=10)
    wait_for_ink(page)
    first_ink, first = ink(page), answer(page)
    assert re.search(r"Predicted result is \d", first[0])
    for point in stroke[4:]:
        page.mouse.move(*place(page, point), steps=3)
    wait_for_ink(page, more_than=first_ink)
    assert answer(page)[1] != first[1]
    assert answer(page)[0] == "Predicted result is 2"
    page.mouse.up()
    assert answer(page)[0] == "Predicted result is 2"


def test_what_is_no_digit_gets_a_question(visit):
    page = ready(visit())
    letter = [[(60, 240), (140, 40), (220, 240)], [(90, 160), (190, 160)]]  # an A
    draw(page, letter)
    assert answer(page)[0].startswith("Not a digit?")
    assert "Predicted result is" in answer(page)[0]


def test_nine_of_ten_plain_digits_are_read(visit):
    page = ready(visit())
    read = []
    small_ones = {digit: small_and_slanted(strokes) for digit, strokes in TEMPLATES.items()}
    for digit, strokes in [*TEMPLATES.items(), *small_ones.items()]:
        draw(page, strokes, steps=1)
        sentence, percents = answer(page)
        answered = int(re.fullmatch(r"Predicted result is (\d)", sentence)[1])
        assert len(percents) == 10
        assert 97 <= sum(percents) <= 103  # each is rounded
        assert percents[answered] == max(percents)
        read.append((digit, answered))
        click(page, "Clear")
        wait_for_no_ink(page)
        expect(page.locator(".digitlab-result")).to_have_text(EMPTY)
    assert len(read) == 20
    assert sum(digit == answered for digit, answered in read) >= 18, read


def test_the_longest_bar_is_that_of_the_answer(visit):
    page = ready(visit())
    draw(page, TEMPLATES[7])
    _, percents = answer(page)
    bars = page.locator(".digitlab-bar i")
    shares = bars.evaluate_all(
        """bars => bars.map(bar => {
             const { transform } = getComputedStyle(bar, "::before");
             return 100 * new DOMMatrix(transform).a;
           })"""
    )
    assert [min(round(share), 99) for share in shares] == percents  # it is never quite sure


def test_undo_brings_back_the_picture_and_the_answer(visit):
    page = ready(visit())
    below = (0, 0.6, 1, 1)
    draw(page, TEMPLATES[4][:1])
    first, first_ink = answer(page), ink(page)
    assert ink(page, below) == 0
    draw(page, TEMPLATES[4][1:])
    assert answer(page)[0] == "Predicted result is 4"
    assert ink(page, below) > 0
    click(page, "Undo")
    assert answer(page) == first
    assert ink(page) == pytest.approx(first_ink, rel=0.01)  # in one line, not piece by piece
    assert ink(page, below) == 0
    click(page, "Undo")
    wait_for_no_ink(page)
    assert answer(page) == (EMPTY, [])
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    draw(page, TEMPLATES[1])
    assert answer(page)[0] == "Predicted result is 1"


def test_a_stroke_that_leaves_the_canvas_goes_on_where_it_comes_back(visit):
    page = ready(visit())
    page.mouse.move(*place(page, (140, 140)))
    page.mouse.down()
    for point in [(20, 140), (-40, 140), (-40, 250), (140, 250)]:
        page.mouse.move(*place(page, point), steps=5)
    page.mouse.up()
    page.mouse.move(*place(page, (200, 40)), steps=5)
    assert "Predicted result is" in answer(page)[0]
    beside, between = (0, 0.6, 0.3, 0.8), (0.6, 0, 1, 1)
    for at_the_edge in [(0, 0.48, 0.02, 0.52), (0, 0.87, 0.02, 0.91)]:
        assert ink(page, at_the_edge) > 0
    assert ink(page, beside) == ink(page, between) == 0


@pytest.mark.engines("chromium", because="no other driver has such a mouse")
def test_a_button_released_where_nobody_saw_it_ends_the_stroke(visit):
    page = ready(visit())
    session = page.context.new_cdp_session(page)

    def mouse(kind: str, point: tuple[float, float], *, buttons: int) -> None:
        x, y = place(page, point)
        button = {"button": "left" if buttons else "none", "buttons": buttons, "clickCount": 1}
        session.send("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, **button})

    mouse("mousePressed", (60, 60), buttons=1)
    mouse("mouseMoved", (60, 200), buttons=1)
    mouse("mouseMoved", (220, 200), buttons=0)
    mouse("mouseMoved", (220, 60), buttons=0)
    assert "Predicted result is" in answer(page)[0]
    first = ink(page)
    assert ink(page, (0, 0, 0.4, 1)) == first > 0
    draw(page, [[(220, 60), (220, 200)]])
    wait_for_ink(page, more_than=first)


@pytest.mark.engines("chromium", "firefox", because="WebKit's driver holds other buttons down")
def test_only_the_main_button_draws(visit):
    page = ready(visit())
    page.mouse.move(*place(page, (100, 100)))
    page.mouse.down(button="right")
    page.mouse.move(*place(page, (200, 200)), steps=5)
    page.mouse.up(button="right")
    page.mouse.move(*place(page, (50, 50)), steps=5)
    draw(page, [[(240, 40), (240, 240)]])
    assert "Predicted result is" in answer(page)[0]
    assert ink(page, (0, 0, 0.7, 1)) == 0


def fingers(page: Page) -> Callable[..., None]:
    """Touch a page: the function takes the event's name, where each finger is, and when."""
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float], at: float | None = None) -> None:
        places = [place(page, point) for point in points]
        touches = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(places)]
        event = {"type": kind, "touchPoints": touches, "timestamp": at or time.time()}
        session.send("Input.dispatchTouchEvent", event)

    return touch


def pen(page: Page, stroke: list[tuple[float, float]], during: Callable = lambda: None) -> float:
    """Draw with a pen, and do something before it is lifted; return when that was."""
    session = page.context.new_cdp_session(page)

    def move(kind: str, point: tuple[float, float], **pressure) -> float:
        x, y = place(page, point)
        event = {"type": kind, "x": x, "y": y, "pointerType": "pen", **pressure}
        session.send("Input.dispatchMouseEvent", event | {"timestamp": (now := time.time())})
        return now

    down = {"button": "left", "buttons": 1, "clickCount": 1, "force": 0.5}
    move("mousePressed", stroke[0], **down)
    for point in stroke[1:]:
        move("mouseMoved", point, **down)
    during()
    return move("mouseReleased", stroke[-1], button="left", clickCount=1)


def draw_beside_the_palm(page: Page) -> None:
    """Draw with a pen, and rest the palm while it is held still, and after it was lifted."""
    touch = fingers(page)

    def rest_the_palm(at: float | None = None) -> None:
        touch("touchStart", (250, 250), at=at)
        touch("touchMove", (230, 250), at=at)
        touch("touchEnd", at=at)

    def hold_still() -> None:
        rest_the_palm()
        page.wait_for_timeout(1200)  # longer than a pen that isn't seen any more counts as near

    lifted = pen(page, [(60, 60), (60, 140), (60, 220)], during=hold_still)
    rest_the_palm(at=lifted + 0.5)  # however long the machine takes to pass it on


@pytest.mark.engines("chromium", because="other drivers have no fingers")
def test_a_finger_draws_on_a_phone(visit):
    page = ready(visit(**PHONE))
    touch = fingers(page)
    [stroke] = TEMPLATES[3]
    touch("touchStart", stroke[0])
    for point in stroke[1:]:
        touch("touchMove", point)
    wait_for_ink(page)
    touch("touchEnd")
    assert answer(page)[0] == "Predicted result is 3"
    assert page.evaluate("scrollY") == 0


@pytest.mark.engines("chromium", because="other drivers have no fingers")
def test_a_palm_beside_the_finger_adds_no_ink(visit):
    page = ready(visit(**PHONE))
    touch, palm = fingers(page), (250, 250)
    touch("touchStart", (60, 40))
    touch("touchMove", (60, 80))
    touch("touchStart", (60, 80), palm)
    touch("touchMove", (60, 120), palm)
    touch("touchMove", (60, 160), palm)
    touch("touchEnd")
    assert "Predicted result is" in answer(page)[0]
    assert ink(page, (0, 0, 0.4, 1)) == ink(page)


@pytest.mark.engines("chromium", because="other drivers have no fingers")
def test_a_finger_that_the_system_takes_away_leaves_its_stroke_whole(visit):
    page = ready(visit(**PHONE))
    touch = fingers(page)
    touch("touchStart", (60, 60))
    touch("touchMove", (60, 200))
    touch("touchCancel")
    touch("touchStart", (220, 60))
    touch("touchMove", (220, 200))
    touch("touchEnd")
    assert "Predicted result is" in answer(page)[0]
    left, right, between = (0, 0, 0.4, 1), (0.6, 0, 1, 1), (0.4, 0, 0.6, 1)
    assert ink(page, left) > 0
    assert ink(page, right) > 0
    assert ink(page, between) == 0


@pytest.mark.engines("chromium", because="other drivers have no fingers")
def test_a_pen_draws_and_the_palm_beside_it_does_not(visit):
    page = ready(visit(**PHONE))
    draw_beside_the_palm(page)
    assert "Predicted result is" in answer(page)[0]
    assert ink(page, (0, 0, 0.4, 1)) == ink(page) > 0


@pytest.mark.engines("chromium", because="other drivers have no fingers")
def test_a_palm_that_comes_before_the_pen_is_taken_back(visit):
    page = ready(visit(**PHONE))
    touch = fingers(page)
    touch("touchStart", (250, 250))
    touch("touchMove", (230, 250))
    wait_for_ink(page)
    pen(page, [(60, 60), (60, 140), (60, 220)], during=lambda: touch("touchMove", (180, 250)))
    touch("touchEnd")
    assert "Predicted result is" in answer(page)[0]
    assert ink(page, (0, 0, 0.4, 1)) == ink(page) > 0


@pytest.mark.engines("chromium", because="other drivers have no fingers")
def test_a_page_scrolls_by_finger_beside_the_canvas_only(visit):
    page = ready(visit(**PHONE | {"viewport": {"width": 360, "height": 500}}))
    touch = fingers(page)

    def swipe(x: float, start: float) -> None:
        touch("touchStart", (x, start))
        for step in range(1, 8):
            touch("touchMove", (x, start - 15 * step))
        touch("touchEnd")

    swipe(140, 200)
    assert answer(page)[0] != EMPTY
    assert page.evaluate("scrollY") == 0
    swipe(140, 340)  # over the buttons and below
    page.wait_for_function("() => scrollY > 0")


def test_after_a_reload_the_pad_works_again(visit):
    page = ready(visit())
    draw(page, TEMPLATES[7])
    assert answer(page)[0] == "Predicted result is 7"
    page.reload(wait_until="commit")
    ready(page)
    draw(page, TEMPLATES[0])
    assert answer(page)[0] == "Predicted result is 0"
    assert ink(page) > 0


def test_two_tabs_have_a_pad_each(visit):
    first, second = ready(visit()), ready(visit())
    draw(first, TEMPLATES[7])
    draw(second, TEMPLATES[1])
    assert answer(first)[0] == "Predicted result is 7"
    assert answer(second)[0] == "Predicted result is 1"
    click(second, "Clear")
    wait_for_no_ink(second)
    assert ink(first) > 0


def test_a_closed_tab_ends_its_kernel(browsers, engine):
    with running_app() as app:  # where nobody else comes and goes
        context = browsers[engine].new_context()
        page = context.new_page()
        page.goto(app.url, wait_until="commit")
        ready(page)
        kernels = app.kernels()
        page.close(run_before_unload=True)
        deadline, ended = time.monotonic() + TIMEOUT, []
        while not ended and time.monotonic() < deadline:
            ended, _ = psutil.wait_procs(kernels, timeout=0.2)
        assert len(ended) == 1
        context.close()
