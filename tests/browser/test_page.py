import pytest
from playwright.sync_api import expect

from tests.browser.pad import answer, draw, place, ready
from tests.browser.test_drawing import PHONE
from tests.strokes import TEMPLATES

SIZES = {
    "desktop": {"viewport": {"width": 1200, "height": 800}},
    "projector": {"viewport": {"width": 1920, "height": 1080}},
    "tablet": {"viewport": {"width": 768, "height": 1024}},
    "phone": PHONE,
}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_nothing_jumps_from_the_outline_to_the_pad_to_the_answer(visit, size):
    page = visit(**size)
    outline = page.locator("#waiting .paper p")
    expect(outline).to_be_visible()
    before = outline.bounding_box()
    canvas, chart = page.locator(".digitlab-canvas"), page.locator(".digitlab-bars")
    ready(page)
    assert canvas.bounding_box() == pytest.approx(before, abs=1)
    empty = chart.bounding_box()
    draw(page, TEMPLATES[5])
    answer(page)
    assert canvas.bounding_box() == pytest.approx(before, abs=1)
    assert chart.bounding_box() == pytest.approx(empty, abs=1)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_pad_and_answer_fit_on_the_screen(visit, size):
    page = ready(visit(**size))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    height = page.viewport_size["height"]
    for part in (".digitlab-canvas", ".digitlab-result", ".digitlab-buttons"):
        box = page.locator(part).bounding_box()
        assert box["y"] + box["height"] <= height
    side = page.locator(".digitlab-canvas").bounding_box()["width"]
    assert side >= 280
    assert page.locator(".digitlab-canvas").get_attribute("width") >= str(int(side))


def test_dark_where_the_system_is_dark(visit):
    def grounds(page):
        ground = "getComputedStyle(document.documentElement).backgroundColor"
        return [int(part) for part in page.evaluate(ground)[4:-1].split(", ")]

    assert min(grounds(visit(color_scheme="light"))) > 200
    assert max(grounds(visit(color_scheme="dark"))) < 60


def test_the_keyboard_gets_past_the_canvas_to_the_buttons(visit):
    page = ready(visit())
    draw(page, TEMPLATES[1])
    assert answer(page)[0] == "Predicted result is 1"
    page.locator(".digitlab-canvas").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Clear")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".digitlab-result")).to_have_text("Draw a digit")


def test_the_wheel_scrolls_the_page_over_the_canvas_too(visit):
    page = ready(visit(viewport={"width": 600, "height": 400}))
    page.mouse.move(*place(page, (100, 100)))
    page.mouse.wheel(0, 200)
    page.wait_for_function("scrollY > 0")


def test_answers_are_announced_and_said_in_words(visit):
    page = ready(visit())
    draw(page, TEMPLATES[7])
    answer(page)
    announced = page.locator("[aria-live=polite]")
    expect(announced).to_contain_text("Predicted result is 7")
    expect(page.locator(".digitlab-bars [aria-hidden=true]")).to_have_count(10)
    assert len(page.inner_text(".digitlab-probabilities").split(", ")) == 10
