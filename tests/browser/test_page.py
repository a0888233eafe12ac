import base64

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FilePayload, Page

from tests.browser.pad import (
    CANVAS,
    SHEET,
    answer,
    draw,
    ink,
    place,
    ready,
    wait_for_ink,
    wait_for_no_ink,
)
from tests.browser.test_drawing import EMPTY, PHONE
from tests.browser.webkit import expect
from tests.serving import running_app
from tests.strokes import TEMPLATES

SIZES = {
    "desktop": {"viewport": {"width": 1200, "height": 800}},
    "projector": {"viewport": {"width": 1920, "height": 1080}},
    "tablet": {"viewport": {"width": 768, "height": 1024}},
    "phone": PHONE,
}

# Where the outline has its paper and the page its end, as soon as both are there in full.
BOXES = """
window.boxes = new Promise((found) => {
  const look = () => {
    const parts = ["#waiting canvas", "footer"].map((part) => document.querySelector(part));
    const isWhole = !parts.includes(null) && document.readyState !== "loading";
    if (!isWhole) requestAnimationFrame(look);
    else found(parts.map((part) => {
      const { x, y, width, height } = part.getBoundingClientRect();
      return { x, y, width, height };
    }));
  };
  look();
});
"""


@pytest.mark.engines("chromium", because="screens are emulated")
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_nothing_jumps_from_the_outline_to_the_pad_to_the_answer(visit, size):
    page = visit(**size, prepare=lambda page: page.add_init_script(BOXES))
    canvas, chart = page.locator(".digitlab-canvas"), page.locator(".digitlab-bars")
    outline = nothing_jumps(page)
    empty = chart.bounding_box()
    draw(page, TEMPLATES[5])
    answer(page)
    assert canvas.bounding_box() == pytest.approx(outline, abs=1)
    assert chart.bounding_box() == pytest.approx(empty, abs=1)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_nothing_jumps_where_drawings_may_be_corrected(browser, size, tmp_path):
    with running_app(DIGITLAB_DRAWINGS=str(tmp_path / "drawings.sqlite3")) as app:
        page = browser.new_page(**size)
        page.add_init_script(BOXES)
        page.goto(app.url, wait_until="commit")
        nothing_jumps(page)
        expect(page.get_by_role("button", name="Was it wrong? Teach it")).to_be_visible()
        page.close()


def nothing_jumps(page: Page) -> dict:
    """Wait for the pad, which comes where its outline was; the place of the paper."""
    outline, ground = page.evaluate("window.boxes")
    ready(page)
    assert page.locator(".digitlab-canvas").bounding_box() == pytest.approx(outline, abs=1)
    assert page.locator("footer").bounding_box()["y"] == pytest.approx(ground["y"], abs=3)
    return outline


@pytest.mark.engines("chromium", because="screens are emulated")
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


@pytest.mark.engines("chromium", because="screens are emulated")
@pytest.mark.parametrize("density", [1, 2, 3])
@pytest.mark.parametrize("size", [(360, 740), (1200, 800), (1920, 1080)])
def test_each_pixel_of_the_screen_has_one_of_the_canvas_at_least(visit, size, density):
    viewport = dict(zip(("width", "height"), size, strict=True))
    page = ready(visit(viewport=viewport, device_scale_factor=density))
    side = page.locator(CANVAS).evaluate(
        "canvas => devicePixelRatio * (canvas.getBoundingClientRect().width - 2)"
    )
    for canvas in (CANVAS, SHEET):
        enough = f"side => document.querySelector('{canvas}').width >= side"
        page.wait_for_function(enough, arg=side)
    draw(page, TEMPLATES[3])
    assert answer(page)[0] == "Predicted result is 3"
    wait_for_no_ink(page, on=SHEET)
    assert ink(page) > 0


@pytest.mark.engines("chromium", because="screens are emulated")
def test_dark_where_the_system_is_dark(visit):
    def grounds(page):
        page.locator("#hint").wait_for()  # in the page's body, so its style is here
        ground = "getComputedStyle(document.documentElement).backgroundColor"
        return [int(part) for part in page.evaluate(ground)[4:-1].split(", ")]

    assert min(grounds(visit(color_scheme="light"))) > 200
    assert max(grounds(visit(color_scheme="dark"))) < 60


def test_the_keyboard_gets_through_the_page(visit):
    page = ready(visit())
    draw(page, TEMPLATES[1])
    assert answer(page)[0] == "Predicted result is 1"
    page.get_by_role("heading").click()
    names = []
    while "See what the network sees" not in names and len(names) < 12:
        page.keyboard.press("Tab")  # not past the last: from there, Tab leads out of the page
        names.append(page.evaluate(FOCUSED))
    assert names[:2] == ["Undo", "Clear"]  # there is nothing to redo, and paper takes no keys
    assert "Medium pen" in names
    assert "Surprise me" in names
    assert "See what the network sees" in names
    page.get_by_role("button", name="Clear", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".digitlab-result")).to_have_text(EMPTY)


FOCUSED = """
() => {
  const { activeElement } = document;
  return activeElement.ariaLabel ?? activeElement.labels?.[0]?.innerText ?? activeElement.innerText;
}
"""


def test_keys_undo_redo_and_clear_wherever_one_is(visit):
    page = ready(visit())
    draw(page, TEMPLATES[4])
    assert answer(page)[0] == "Predicted result is 4"
    whole = ink(page)
    for undo, redo in (("z", "y"), ("Control+z", "Control+Shift+z"), ("Control+z", "Control+y")):
        page.keyboard.press(undo)
        expect(page.get_by_role("button", name="Redo")).to_be_enabled()
        assert answer(page)[0] != "Predicted result is 4"
        page.keyboard.press(redo)
        expect(page.get_by_role("button", name="Redo")).to_be_disabled()
        assert answer(page)[0] == "Predicted result is 4"
    page.locator(".digitlab-canvas").focus()
    page.keyboard.press("Delete")
    wait_for_no_ink(page)
    page.keyboard.press("z")
    wait_for_ink(page)
    assert answer(page)[0] == "Predicted result is 4"
    assert ink(page) == pytest.approx(whole, rel=0.01)
    page.get_by_label("Stored digit").focus()
    page.keyboard.press("c")  # one types there
    assert answer(page)[0] == "Predicted result is 4"
    page.get_by_role("button", name="Surprise me").focus()
    page.keyboard.press("c")
    wait_for_no_ink(page)
    undo = page.get_by_role("button", name="Undo", exact=True)
    expect(undo).to_have_attribute("aria-keyshortcuts", "Z Control+Z")


def test_a_key_in_the_middle_of_a_stroke_ends_it(visit):
    page = ready(visit())
    page.mouse.move(*place(page, (60, 60)))
    page.mouse.down()
    page.mouse.move(*place(page, (60, 200)), steps=5)
    page.keyboard.press("c")
    page.mouse.move(*place(page, (220, 200)), steps=5)
    page.mouse.up()
    answer(page)
    wait_for_no_ink(page, on=SHEET)
    assert ink(page) == 0


def test_the_wheel_scrolls_the_page_over_the_canvas_too(visit):
    page = ready(visit(viewport={"width": 600, "height": 400}))
    page.mouse.move(*place(page, (100, 100)))
    page.mouse.wheel(0, 200)
    page.wait_for_function("() => scrollY > 0")


def test_answers_are_announced_and_said_in_words(visit):
    page = ready(visit())
    draw(page, TEMPLATES[7])
    answer(page)
    announced = page.locator("[aria-live=polite]")
    expect(announced).to_contain_text("Predicted result is 7")
    expect(page.locator(".digitlab-bars [aria-hidden=true]")).to_have_count(10)
    assert len(page.inner_text(".digitlab-probabilities").split(", ")) == 10


@pytest.mark.engines("chromium", because="screens are emulated")
@pytest.mark.parametrize("options", [{}, {"color_scheme": "dark"}, PHONE], ids=str)
def test_axe_finds_nothing_serious(visit, options):
    page = ready(visit(**options))
    draw(page, TEMPLATES[6])
    answer(page)
    assert serious(page) == []
    insight = page.get_by_role("button", name="See what the network sees", expanded=False)
    insight.click()
    for name in ("Feature maps", "Why?"):
        page.get_by_role("button", name=name, expanded=False).click()
    expect(page.locator(".digitlab-insight button[aria-expanded=true]")).to_have_count(3)
    assert serious(page) == []


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [each["id"] for each in found if each["impact"] in ("serious", "critical")]


# A page's own DataTransfer carries the file, as one from the desktop would.
HAND_IN = """
([how, name, type, content]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const carrier = new DataTransfer();
  carrier.items.add(new File([bytes], name, { type }));
  const event = new Event(how, { bubbles: true, cancelable: true });
  // Not by ClipboardEvent and DragEvent: Firefox leaves a page's own carrier out of the first.
  event[how === "paste" ? "clipboardData" : "dataTransfer"] = carrier;
  return !document.body.dispatchEvent(event);
}
"""


def hand_in(page: Page, how: str, name: str, kind: str, content: bytes) -> bool:
    """Drop or paste a file; whether the page took care of it."""
    return page.evaluate(HAND_IN, [how, name, kind, base64.b64encode(content).decode()])


def picture_of_a_seven(page: Page) -> bytes:
    draw(page, TEMPLATES[7])
    answer(page)
    wait_for_no_ink(page, on=SHEET)
    png = page.evaluate("document.querySelector('.digitlab-canvas').toDataURL('image/png')")
    page.keyboard.press("c")
    wait_for_no_ink(page)
    return base64.b64decode(png.partition(",")[2])


@pytest.mark.parametrize("how", ["drop", "paste"])
def test_an_image_that_is_dropped_or_pasted_is_read(visit, how):
    page = ready(visit())
    png = picture_of_a_seven(page)
    hand_in(page, how, "seven.png", "image/png", png)
    wait_for_ink(page)
    assert answer(page)[0] == "Predicted result is 7"


def test_what_cannot_be_read_is_refused_before_it_is_sent(visit):
    page = ready(visit())
    refusal = page.get_by_role("alert").filter(visible=True)
    for name, kind, content, sentence in (
        ("notes.txt", "text/plain", b"seven", "notes.txt isn’t an image"),
        ("large.png", "image/png", bytes(7_000_001), "large.png has 7.0 MB"),
    ):
        assert hand_in(page, "drop", name, kind, content)
        expect(refusal).to_contain_text(sentence)
        page.get_by_role("button", name="Close").click()
        expect(refusal).to_have_count(0)
        with page.expect_file_chooser() as chooser:
            page.locator(".digitlab-upload").click()
        chooser.value.set_files(FilePayload(name=name, mimeType=kind, buffer=content))
        expect(refusal).to_contain_text(sentence)
    assert not chooser.value.is_multiple()
    assert answer(page)[0] == EMPTY


def test_the_paper_shows_where_a_file_would_land(visit):
    page = ready(visit())
    outline = "getComputedStyle(document.querySelector('.digitlab-canvas')).outlineStyle"
    assert hand_in(page, "dragover", "seven.png", "image/png", b"")
    assert page.evaluate(outline) == "dashed"
    assert hand_in(page, "dragleave", "seven.png", "image/png", b"")
    assert page.evaluate(outline) == "none"
