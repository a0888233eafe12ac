"""The page for everybody: small screens, keys, screen readers, old browsers, other languages."""

import io
import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Error, Page, expect

from tests.browser.pad import answer, click, draw, ink, place, ready, wait_for_ink, wait_for_no_ink
from tests.browser.test_drawing import EMPTY
from tests.strokes import TEMPLATES

pytestmark = pytest.mark.engines(
    "chromium", because="colours, print, languages and old browsers are emulated"
)

TOUCH = {"has_touch": True, "is_mobile": True, "device_scale_factor": 2}
PHONES = {
    f"{width} x {height}": {"viewport": {"width": width, "height": height}} | TOUCH
    for width, height in ((375, 548), (360, 560), (390, 664), (390, 844))
}
LETTER = [[(60, 240), (140, 40), (220, 240)], [(90, 160), (190, 160)]]  # an A
PARTS = (".digitlab-result", ".digitlab-bars", ".digitlab-canvas", ".digitlab-buttons")


def bottom(page: Page, part: str) -> float:
    box = page.locator(part).bounding_box()
    return box["y"] + box["height"]


def style(page: Page, selector: str, *names: str, pseudo: str | None = None) -> list[str]:
    """What the browser makes of these properties of an element."""
    return page.evaluate(
        """([selector, names, pseudo]) => {
             const style = getComputedStyle(document.querySelector(selector), pseudo);
             return names.map((name) => style.getPropertyValue(name));
           }""",
        [selector, names, pseudo],
    )


# Small screens


@pytest.mark.parametrize("phone", PHONES.values(), ids=PHONES)
def test_on_a_phone_answer_bars_paper_and_buttons_are_on_the_first_screen(visit, phone):
    page = ready(visit(**phone))
    height = phone["viewport"]["height"]
    places = [page.locator(part).bounding_box() for part in PARTS[1:]]
    draw(page, LETTER)  # the longest answer: "Not a digit?", and two digits with their shares
    answer(page)
    assert all(bottom(page, part) <= height for part in PARTS)
    assert [page.locator(part).bounding_box() for part in PARTS[1:]] == places
    assert page.locator(".digitlab-canvas").bounding_box()["width"] >= 200
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [680, 696, 712])
def test_a_laptop_at_200_percent_has_two_columns_or_the_paper_of_one(visit, width):
    page = ready(visit(viewport={"width": width, "height": 800}))
    paper, reading = (
        page.locator(part).bounding_box() for part in (".digitlab-canvas", ".digitlab-reading")
    )
    assert reading["x"] > paper["x"] + paper["width"]
    assert abs(reading["y"] - paper["y"]) < 5


def test_on_a_low_screen_paper_answer_and_buttons_fit(visit):
    page = ready(visit(viewport={"width": 683, "height": 384}))
    assert all(bottom(page, part) <= 384 for part in PARTS)


def test_what_a_tool_brings_and_what_is_refused_comes_into_sight(visit):
    page = ready(visit(**PHONES["375 x 548"]))
    save = page.locator(".digitlab-save")
    save.scroll_into_view_if_needed()
    click(page, "Surprise me")
    wait_for_ink(page)
    expect(page.locator(".digitlab-result")).to_be_in_viewport(ratio=1)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    with page.expect_file_chooser() as chooser:
        page.locator(".digitlab-upload").click()
    chooser.value.set_files(
        {"name": "x.png", "mimeType": "image/png", "buffer": b"no image at all"}
    )
    refusal = page.locator(".digitlab-complaint [role=alert]")
    expect(refusal).to_contain_text("try another image")
    expect(refusal).to_be_in_viewport(ratio=1)


def test_fingers_neither_zoom_nor_select(visit):
    page = ready(visit(**PHONES["390 x 844"]))
    assert style(page, ".digitlab-canvas", "touch-action", "user-select") == ["none", "none"]
    for part in (".digitlab-buttons button", ".digitlab-stored select", ".digitlab-pen label"):
        assert style(page, part, "touch-action") == ["manipulation"]
    sheets = page.evaluate("[...document.querySelectorAll('style')].map((s) => s.textContent)")
    canvas = re.search(r"canvas\.digitlab-canvas \{[^}]*\}", "".join(sheets))[0]
    assert "-webkit-user-select: none" in canvas  # for an iPad, which knows no other


# Keyboard

STOP = """
() => {
  const element = document.activeElement;
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
  const name = element.localName;
  return { name, outlineStyle, outlineWidth: parseFloat(outlineWidth), outlineColor };
}
"""


def test_each_stop_on_a_walk_by_keyboard_can_be_seen(visit):
    page = ready(visit())
    draw(page, TEMPLATES[4])
    answer(page)
    for section in page.locator(".digitlab-sections > .digitlab-section > button").all():
        section.click()
    click(page, "Feature maps")
    expect(page.locator(".digitlab-layer img")).to_have_count(2)
    page.get_by_role("heading", level=1).click()
    stops = []
    for _ in range(60):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop["name"] == "body":
            break
        stops.append(stop)
    assert {stop["name"] for stop in stops} >= {"button", "select", "input", "img"}
    assert len(stops) > 20
    for stop in stops:
        assert stop["outlineStyle"] == "solid", stop
        assert stop["outlineWidth"] >= 2, stop
        assert stop["outlineColor"] in ("rgb(23, 105, 196)", "rgb(29, 39, 51)"), stop


def test_keys_work_after_a_pen_was_chosen_and_on_a_translated_page(visit):
    page = ready(visit())
    draw(page, TEMPLATES[4])
    answer(page)
    page.get_by_role("radio", name="Thick pen").click()
    page.evaluate("document.querySelector('.digitlab-clear').textContent = 'Effacer'")
    page.keyboard.press("c")
    wait_for_no_ink(page)
    page.keyboard.press("Control+z")
    wait_for_ink(page)


def test_single_keys_can_be_switched_off_and_stay_off(visit):
    page = ready(visit())
    page.get_by_role("checkbox", name="Single keys work").uncheck()
    draw(page, TEMPLATES[4])
    answer(page)
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("c")
    answer(page)
    assert ink(page) > 0
    clear = page.get_by_role("button", name="Clear")
    expect(clear).to_have_attribute("aria-keyshortcuts", "Delete")
    page.keyboard.press("Control+z")
    expect(page.get_by_role("button", name="Redo")).to_be_enabled()
    page.reload(wait_until="commit")
    ready(page)
    expect(page.get_by_role("checkbox", name="Single keys work")).not_to_be_checked()


# Screen readers


def test_axe_finds_nothing_at_all(visit):
    page = ready(visit())
    draw(page, TEMPLATES[4])
    answer(page)
    for section in page.locator(".digitlab-sections > .digitlab-section > button").all():
        section.click()
    click(page, "Feature maps")
    click(page, "Why?")
    expect(page.locator(".digitlab-why img")).to_have_count(2)
    assert [found["id"] for found in Axe().run(page).response["violations"]] == []


def test_groups_have_names_and_every_canvas_has_one_or_is_hidden(visit):
    page = ready(visit())
    draw(page, TEMPLATES[1])
    expect(page.get_by_role("radiogroup", name="Pen")).to_be_visible()
    canvases = page.locator("canvas:visible")
    assert canvases.count() >= 2
    for canvas in canvases.all():
        name, hidden = canvas.get_attribute("aria-label"), canvas.get_attribute("aria-hidden")
        assert name or hidden == "true"


def test_a_digit_is_announced_once_when_the_pen_rests(visit):
    page = ready(visit())
    page.evaluate("""() => {
      window.announced = [];
      for (const live of document.querySelectorAll("[aria-live], [role=status], [role=alert]")) {
        new MutationObserver(() => window.announced.push(live.textContent))
          .observe(live, { subtree: true, childList: true, characterData: true });
      }
    }""")
    [stroke] = TEMPLATES[3]
    page.mouse.move(*place(page, stroke[0]))
    page.mouse.down()
    for point in stroke[1:]:
        page.mouse.move(*place(page, point), steps=5)
        page.wait_for_timeout(20)
    answer(page)  # the last word: nothing that the kernel says later is announced a second time
    assert page.evaluate("window.announced") == []
    page.mouse.up()
    page.wait_for_function("() => window.announced.length > 0")
    page.wait_for_timeout(1000)
    [announced] = page.evaluate("window.announced")
    assert announced.startswith("Predicted result is 3.")


# Other colours, and paper


def greys(page: Page, selector: str) -> np.ndarray:
    part = page.locator(selector).first
    try:
        shot = part.screenshot(animations="disabled")
    except Error:  # it was made anew just then, as maps are with each answer
        shot = part.screenshot(animations="disabled")
    return np.asarray(Image.open(io.BytesIO(shot)).convert("L"), float)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_with_the_systems_own_colours_bars_pens_and_ink_can_be_seen(visit, scheme):
    page = ready(visit(forced_colors="active", color_scheme=scheme))
    draw(page, TEMPLATES[7])
    answer(page)
    full, empty = (greys(page, f".digitlab-bar:nth-child({n}) i") for n in (8, 5))
    assert abs(full.mean() - empty.mean()) > 100
    assert np.ptp(empty) > 100  # its frame
    for n in (1, 2, 3):
        assert np.ptp(greys(page, f".widget-radio-box label:nth-child({n})")) > 100
    assert np.ptp(greys(page, ".digitlab-canvas")) > 100


def test_on_paper_there_is_dark_ink_on_white_and_no_map_without_its_heading(visit):
    page = ready(visit(color_scheme="dark"))
    draw(page, TEMPLATES[7])
    answer(page)
    click(page, "See what the network sees")
    click(page, "Feature maps")
    expect(page.locator(".digitlab-layer")).to_have_count(2)
    page.emulate_media(media="print")
    (colour,) = style(page, "body", "color")
    assert max(map(int, re.findall(r"\d+", colour)[:3])) < 100
    assert greys(page, ".digitlab-canvas").mean() > 150
    for pseudo, part in ((None, ".digitlab-bar i"), ("::before", ".digitlab-bar i")):
        assert style(page, part, "print-color-adjust", pseudo=pseudo) == ["exact"]
    assert style(page, ".digitlab-layer", "break-inside") == ["avoid"]
    assert style(page, ".digitlab-insight .digitlab-section > button", "break-after") == ["avoid"]
    expect(page.locator(".digitlab-tools")).to_be_hidden()
    expect(page.locator(".digitlab-result")).to_be_visible()


# Old browsers and slow lines


def test_without_scripts_the_page_does_not_say_that_one_can_draw(visit):
    page = visit(java_script_enabled=False)
    sentence = page.locator("noscript p")  # Playwright looks for no text in there
    expect(sentence).to_be_in_viewport()
    assert "The pad needs JavaScript" in sentence.text_content()
    expect(page.get_by_text("start drawing")).to_have_count(0)
    expect(page.get_by_text("Loading")).to_be_hidden()


def test_an_old_browser_is_told_that_it_is_too_old(browser, app):
    page = browser.new_page()
    # What a browser does not understand, it does not run.
    page.route("**/front/*.js", lambda route: route.abort())
    page.goto(app.url, wait_until="commit")
    expect(page.get_by_text("This browser is too old")).to_be_visible()
    page.close()


def test_that_one_can_draw_is_said_by_the_script_that_makes_it_true(visit):
    held = []
    page = visit(prepare=lambda page: page.route("**/front/*.js", lambda route: held.append(route)))
    expect(page.locator("#hint")).to_have_text("Loading …")
    page.wait_for_timeout(300)
    expect(page.locator("#hint")).to_have_text("Loading …")
    for route in held:
        route.continue_()
    expect(page.locator("#hint, .digitlab-result").first).to_contain_text(
        re.compile("drawing|Draw")
    )
    ready(page)


def test_the_page_is_compressed_and_asks_for_the_pen_first(visit):
    answers = []
    page = visit(prepare=lambda page: page.on("response", lambda got: answers.append(got)))
    ready(page)
    by_kind = {response.url.split("/")[3] or "page": response for response in answers}
    for kind in ("page", "front", "bundle"):
        assert by_kind[kind].headers["content-encoding"] == "gzip"
    html = by_kind["page"].text()
    assert 0 < html.index('src="./front/') < html.index('rel="preload"')


# What is dropped


@pytest.mark.parametrize("kind", ["text/plain", "text/uri-list"])
def test_text_and_links_that_are_dropped_are_ignored(visit, kind):
    page = ready(visit())
    kept = page.evaluate(
        """(kind) => {
          const carrier = new DataTransfer();
          carrier.setData(kind, "https://example.org/");
          return ["dragover", "drop"].map((name) => {
            const options = { bubbles: true, cancelable: true, dataTransfer: carrier };
            return !document.body.dispatchEvent(new DragEvent(name, options));
          }).concat(document.body.classList.contains("dropping"));
        }""",
        kind,
    )
    assert kept == [True, True, False]  # the browser does not leave for it
    page.wait_for_timeout(200)
    expect(page.get_by_role("alert").filter(visible=True)).to_have_count(0)
    assert answer(page)[0] == EMPTY


# Languages


def test_the_browsers_language_is_spoken_and_keys_work_in_it(visit):
    page = visit(locale="ro-RO")
    expect(page.locator("html")).to_have_attribute("lang", "ro")
    expect(page.get_by_role("button", name="Șterge", exact=True)).to_be_visible()
    draw(page, TEMPLATES[4])
    expect(page.locator(".digitlab-result")).to_have_text("Rețeaua citește 4")
    page.keyboard.press("c")
    wait_for_no_ink(page)
    page.goto(page.url.split("?")[0] + "?lang=de", wait_until="commit")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("button", name="Löschen", exact=True)).to_be_visible()
    expect(page.locator(".digitlab-canvas")).to_have_attribute("aria-label", re.compile("Ziffer"))


# Teach, touch, keep


def test_a_few_corrected_drawings_change_the_answer_and_one_button_undoes_it(visit):
    page = ready(visit())
    roof = [[(80, 230), (140, 60), (200, 230)]]  # an Arabic 8
    draw(page, roof)
    before = answer(page)
    assert "8" not in before[0]
    click(page, "Was it wrong? Teach it")
    teaching = page.locator(".digitlab-teaching")
    expect(teaching).to_contain_text("forgotten when you close the page")
    teaching.get_by_role("button", name="8", exact=True).click()
    expect(page.locator(".digitlab-result")).to_have_text("Predicted result is 8")
    click(page, "Clear")
    page.evaluate("scrollTo(0, 0)")
    draw(page, [[(70, 225), (140, 70), (205, 235)]])
    assert "Predicted result is 8" in answer(page)[0]
    click(page, "Forget all I taught")
    expect(page.locator(".digitlab-result")).not_to_contain_text("8")


def test_a_feature_map_that_is_touched_appears_large_with_its_filter(visit):
    page = ready(visit())
    draw(page, TEMPLATES[4])
    answer(page)
    click(page, "See what the network sees")
    click(page, "Feature maps")
    expect(page.locator(".digitlab-layer img")).to_have_count(2)
    first, second = page.locator(".digitlab-layer img").all()
    first.click(position={"x": 60, "y": 20})
    large = page.locator(".digitlab-large")
    expect(large).to_contain_text("Map 2")
    assert len(re.findall(r"−?\d\.\d", large.inner_text())) == 9
    assert np.ptp(greys(page, ".digitlab-large canvas")[20:-20, 20:-20]) > 50
    page.evaluate("scrollTo(0, 0)")
    draw(page, [[(30, 30), (60, 30)]])  # it stays while one draws
    answer(page)
    expect(large).to_contain_text("Map 2")
    first.focus()
    page.keyboard.press("ArrowDown")
    expect(large).to_contain_text("Map 10")
    second.click()
    expect(large).to_contain_text("Map ")
    expect(large.locator("table")).to_have_count(0)
    second.focus()
    page.keyboard.press("Escape")
    expect(large).to_have_count(0)


def test_the_drawing_can_be_saved_with_its_answer(visit):
    page = ready(visit(color_scheme="dark"))
    draw(page, TEMPLATES[4])
    answer(page)
    with page.expect_download() as download:
        click(page, "Save")
    assert download.value.suggested_filename == "digitlab-4.png"
    picture = np.asarray(Image.open(download.value.path()).convert("L"), float)
    assert picture.shape == (800, 1440)
    assert picture[0].min() == 255  # white, in dark mode too
    paper, reading = picture[45:755, 45:755], picture[:, 800:]
    assert (paper < 60).mean() > 0.03
    assert (reading < 200).mean() > 0.02
