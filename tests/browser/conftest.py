"""A browser that visits the running app, and keeps watch over all that it asks for."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.pad import WATCH_KERNEL
from tests.chromium import ADVICE, find
from tests.line import Line, line_to
from tests.serving import App

FLAGS = ["--no-sandbox", "--disable-gpu"]
DESKTOP = {"viewport": {"width": 1200, "height": 800}}

PATIENCE = 30_000  # milliseconds, on a busy machine

# What Chromium reports by itself where a test cuts the line.
CUT = ("Failed to load resource: ", "WebSocket connection to ")

Visit = Callable[..., Page]


# Not pytest-playwright's browser: that one stays until all tests have run, and its event loop with
# it, so that no test that comes later can call asyncio.run. This one ends with the folder's tests.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    program = find()
    if program is None:
        pytest.skip(ADVICE)  # a laptop may have no browser; .ci/run fails on any skip
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def line(app: App) -> Iterator[Line]:
    """The way to the app, for tests that make it a bad one."""
    with line_to(urlsplit(app.url).port) as line:
        yield line


@pytest.fixture
def visit(browser: Browser, app: App, line: Line) -> Iterator[Visit]:
    """Open the app's page in a context of its own, and at the end of the test look at its manners.

    The options are those of a Playwright context. The app is visited directly, or by way of a
    line; `breaks` says that the test will cut it; `on_request` hears of each request, and
    `prepare` gets the page before it asks for anything. The page is returned as soon as the first
    bytes have arrived; `tests.browser.pad.ready` waits for the pad.
    """
    requests, faults, contexts = [], [], []

    def open_page(
        by: Line | None = None, *, breaks: bool = False, on_request=None, prepare=None, **options
    ) -> Page:
        def note(fault: str) -> None:
            if not breaks or not fault.startswith(CUT):
                faults.append(fault)

        context = browser.new_context(**(DESKTOP | options))
        context.set_default_timeout(PATIENCE)
        context.add_init_script(WATCH_KERNEL)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        if on_request is not None:
            page.on("request", on_request)
        if prepare is not None:
            prepare(page)
        page.on("websocket", lambda socket: requests.append(socket.url))
        page.on("pageerror", lambda error: note(str(error)))
        page.on("console", lambda message: message.type == "error" and note(message.text))
        page.goto(app.url if by is None else by.url, wait_until="commit")
        return page

    yield open_page
    for context in contexts:
        context.close()
    hosts = {urlsplit(url).hostname for url in requests if not url.startswith(("data:", "blob:"))}
    assert hosts == {"127.0.0.1"}
    assert faults == []
