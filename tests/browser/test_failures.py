"""What a visitor sees, and can do, when something breaks."""

import signal

import pytest
from playwright.sync_api import Page, Route, expect

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
from tests.serving import App, running_app
from tests.strokes import TEMPLATES

pytestmark = pytest.mark.engines("chromium", because="it is about the server")


def alert(page: Page):
    return page.get_by_role("alert").filter(visible=True)


def start_again(page: Page) -> None:
    with page.expect_navigation():
        click(page, "Start again")
    ready(page)


def port(app: App) -> int:
    return int(app.url.rpartition(":")[2])


def waits_longer(page: Page, before: int, after: int) -> None:
    """Replace one of the page's waits, in milliseconds, by a longer one."""
    page.add_init_script(f"""
      const start = window.setTimeout;
      window.setTimeout = (act, wait, ...more) =>
        start(act, wait === {before} ? {after} : wait, ...more);
    """)


def test_a_lost_connection_is_said_and_found_again(visit, line):
    # It tries again by itself after ten seconds instead of two, so that the test sees what it says.
    page = visit(line, breaks=True, prepare=lambda page: waits_longer(page, 2000, 10_000))
    ready(page)
    draw(page, TEMPLATES[4][:1])
    answer(page)
    line.cut()
    expect(alert(page)).to_contain_text("connection was lost")
    expect(page.get_by_role("button", name="Try now")).to_be_visible()
    assert ink(page) > 0
    line.is_cut = False
    click(page, "Try now")
    expect(alert(page)).to_have_count(0)
    draw(page, TEMPLATES[4][1:])
    assert answer(page)[0] == "Predicted result is 4"


def test_a_lost_connection_is_found_again_without_a_click(visit, line):
    page = ready(visit(line, breaks=True))
    line.cut()
    expect(alert(page)).to_be_visible()
    line.is_cut = False
    expect(alert(page)).to_have_count(0)
    draw(page, TEMPLATES[7])
    assert answer(page)[0] == "Predicted result is 7"


def test_strokes_that_were_lost_on_the_way_arrive_in_the_end(visit, line):
    page = ready(visit(line, breaks=True))
    draw(page, TEMPLATES[5][:1])
    answer(page)
    wait_for_no_ink(page, on=SHEET)
    first = ink(page)
    line.loses = True
    draw(page, TEMPLATES[5][1:])
    line.cut()
    expect(alert(page)).to_be_visible()
    assert ink(page) == first
    line.loses = line.is_cut = False
    wait_for_ink(page, more_than=first)
    wait_for_no_ink(page, on=SHEET)
    assert answer(page)[0] == "Predicted result is 5"


def test_a_stroke_cut_in_the_middle_is_whole_in_the_end(visit, line):
    page = ready(visit(line, breaks=True))
    [stroke] = TEMPLATES[2]
    draw(page, [stroke])
    answer(page)
    wait_for_no_ink(page, on=SHEET)
    whole = ink(page)
    click(page, "Clear")
    wait_for_no_ink(page)
    page.mouse.move(*place(page, stroke[0]))
    page.mouse.down()
    for point in stroke[1:6]:
        page.mouse.move(*place(page, point), steps=3)
    wait_for_ink(page)
    line.loses = True
    for point in stroke[6:]:
        page.mouse.move(*place(page, point), steps=3)
    line.cut()
    expect(alert(page)).to_be_visible()
    page.mouse.up()
    line.loses = line.is_cut = False
    wait_for_no_ink(page, on=SHEET)
    assert ink(page) == pytest.approx(whole, rel=0.01)
    page.evaluate("window.unanswered.clear()")
    assert answer(page)[0] == "Predicted result is 2"


def test_a_kernel_that_is_killed_leaves_the_drawing_and_a_way_on(visit, app):
    page = ready(visit(breaks=True))
    draw(page, TEMPLATES[3])
    answer(page)
    drawn = ink(page)
    for kernel in app.kernels():
        kernel.kill()
    expect(alert(page)).to_contain_text("drawing stays here")
    assert ink(page) == drawn
    start_again(page)
    expect(alert(page)).to_have_count(0)
    assert ink(page) == 0
    draw(page, TEMPLATES[1])
    assert answer(page)[0] == "Predicted result is 1"


def test_a_busy_kernel_is_waited_for(visit, app):
    page = ready(visit())
    kernels = app.kernels()
    for kernel in kernels:
        kernel.suspend()
    draw(page, TEMPLATES[9])
    expect(alert(page)).to_contain_text("hasn’t answered for a while")
    assert local_ink(page) > 0
    for kernel in kernels:
        kernel.resume()
    expect(alert(page)).to_have_count(0)
    assert answer(page)[0] == "Predicted result is 9"


def test_a_server_that_ends_says_so_to_the_visitors_it_still_has(visit, line):
    with running_app() as server:
        line.server = port(server)
        page = ready(visit(line, breaks=True))
        draw(page, TEMPLATES[6])
        answer(page)
        server.stop(signal.SIGTERM)
    expect(alert(page)).to_contain_text("This pad has ended")
    assert ink(page) > 0
    click(page, "Start again")
    expect(alert(page)).to_contain_text("server doesn’t answer")
    with running_app() as another:
        with page.expect_navigation():
            line.server = port(another)
        ready(page)


def test_a_server_that_comes_back_offers_a_new_pad(visit, line):
    with running_app() as first:
        line.server = port(first)
        page = ready(visit(line, breaks=True))
        draw(page, TEMPLATES[6])
        answer(page)
        first.stop(signal.SIGKILL)
    expect(alert(page)).to_contain_text("server doesn’t answer")
    assert ink(page) > 0
    with running_app() as second:
        line.server = port(second)
        expect(alert(page)).to_contain_text("until you start again")
        assert ink(page) > 0
        start_again(page)
        draw(page, TEMPLATES[1])
        assert answer(page)[0] == "Predicted result is 1"


def test_nothing_can_be_pressed_while_nobody_would_hear_it(visit, line):
    page = ready(visit(line, breaks=True))
    draw(page, TEMPLATES[1])
    answer(page)
    wait_for_no_ink(page, on=SHEET)
    drawn = ink(page)
    line.cut()
    expect(alert(page)).to_be_visible()
    draw(page, TEMPLATES[0])
    page.keyboard.press("c")
    assert local_ink(page) == 0
    line.is_cut = False
    expect(alert(page)).to_have_count(0)
    assert answer(page)[0] == "Predicted result is 1"
    assert ink(page) == drawn


def test_a_busy_browser_shows_the_pad_too(visit):
    """A manager of widgets looked for the pad every 100 ms for two seconds, and not once more."""
    # On a busy machine, even a short wait takes long.
    ready(visit(prepare=lambda page: waits_longer(page, 100, 2500)))


@pytest.mark.parametrize("script", ["**/front/*", "**/bundle/*", "**/voila.js", "**/remoteEntry.*"])
def test_a_script_that_is_lost_on_the_way_arrives_in_the_end(visit, script):
    pages = []

    def lose_on_the_first_page(route: Route) -> None:
        if len(pages) > 1:
            route.continue_()
        else:
            route.abort("connectionreset")

    def prepare(page: Page) -> None:
        page.on("request", lambda each: each.is_navigation_request() and pages.append(each.url))
        page.route(f"**/{script}", lose_on_the_first_page)

    page = ready(visit(breaks=True, prepare=prepare))
    assert len(pages) == 2
    draw(page, TEMPLATES[7])
    assert answer(page)[0] == "Predicted result is 7"


# Says that the page was loaded twice, and lost a script each time.
LOST_TWICE = """
addEventListener("error", ({ target }) => {
  const [{ type }] = performance.getEntriesByType("navigation");
  window.isLostTwice = type === "reload" && target instanceof HTMLScriptElement;
}, true);
"""


@pytest.mark.parametrize("is_late", [False, True], ids=["", "the page's own comes later"])
def test_a_script_that_never_arrives_is_not_asked_for_without_end(visit, is_late):
    asked, held = [], []

    def lose(route: Route) -> None:
        asked.append(route.request.url)
        route.abort("connectionreset")

    def prepare(page: Page) -> None:
        page.add_init_script(LOST_TWICE)
        page.route("**/voila.js", lose)
        if is_late:
            page.route("**/front/*", lambda route: held.append(route))

    page = visit(breaks=True, prepare=prepare)
    if is_late:
        page.wait_for_function("() => window.isLostTwice")
        held[-1].continue_()
    expect(alert(page)).to_contain_text("didn’t load completely", timeout=15_000)
    expect(page.locator("#hint")).to_be_hidden()  # it promises what will not come
    assert len(asked) <= 4


def test_where_websockets_do_not_get_through_the_page_says_so(browser):
    blocked = (
        "from digitlab.app.guard.channels import ChannelsHandler\n"
        "def refuse(self, **_): self.set_status(400); self.finish()\n"
        "ChannelsHandler.prepare = refuse"
    )
    with running_app(before=blocked) as app:
        page = browser.new_page()
        page.goto(app.url)
        expect(alert(page)).to_contain_text("let websockets pass", timeout=60_000)
        expect(page.get_by_role("button", name="Reload")).to_be_visible()
        draw(page, TEMPLATES[7])  # a picture of it gets through
        expect(page.locator("#waiting .digitlab-result")).to_have_text("Predicted result is 7")
        page.context.close()
