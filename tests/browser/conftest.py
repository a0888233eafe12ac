"""Browsers that visit the running app, and keep watch over all that they ask for.

A test that visits the page runs in three engines. Where one of them can't do what the test is
about, the test says so: ``@pytest.mark.engines("chromium", because="…")``.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import chromium, engines
from tests.browser.choosers import expect_file_chooser
from tests.browser.firefox import running_firefox
from tests.browser.pad import WATCH_KERNEL
from tests.browser.webkit import running_webkit
from tests.line import Line, line_to
from tests.serving import App

# One process draws all pages, and none is kept ready for the next: a sixth less work.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--renderer-process-limit=1",
    "--disable-features=SpareRendererForSitePerProcess",
]
DESKTOP = {"viewport": {"width": 1200, "height": 800}}

PATIENCE = 30_000  # milliseconds, on a busy machine

# What Chromium reports by itself where a test cuts the line, and Voilà where a script is missing.
CUT = ("Failed to load resource: ", "WebSocket connection to ", "Event")

Visit = Callable[..., Page]


ENGINES = "chromium", "firefox", "webkit"


def pytest_configure(config):
    meaning = "engines(*names, because): where a test of the page runs, if not in all three"
    config.addinivalue_line("markers", meaning)


def pytest_generate_tests(metafunc):
    if "engine" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("engines")
        metafunc.parametrize("engine", marker.args if marker else ENGINES)


class Browsers:
    """One browser of each engine that is asked for, until the folder's tests have run."""

    def __init__(self, stack: ExitStack):
        self._stack = stack
        # Not pytest-playwright's: that one stays until all tests have run, and its event loop with
        # it, so that no test that comes later can call asyncio.run.
        self._playwright = stack.enter_context(sync_playwright())
        self._running: dict[str, Browser] = {}

    def __getitem__(self, engine: str) -> Browser:
        if engine not in self._running:
            self._running[engine] = self._stack.enter_context(getattr(self, f"_{engine}")())
        return self._running[engine]

    def _chromium(self):
        # A laptop may have no browser; .ci/run fails on any skip.
        program = chromium.find() or pytest.skip(chromium.ADVICE)
        return self._playwright.chromium.launch(executable_path=program, args=FLAGS)

    def _firefox(self):
        return running_firefox(self._playwright, engines.firefox() or pytest.skip(engines.ADVICE))

    def _webkit(self):
        return running_webkit(engines.webkit() or pytest.skip(engines.ADVICE))


@pytest.fixture(scope="package")
def browsers() -> Iterator[Browsers]:
    expect.set_options(timeout=PATIENCE)
    with ExitStack() as stack:
        yield Browsers(stack)


@pytest.fixture(scope="package")
def browser(browsers: Browsers) -> Browser:
    """Chromium, for tests of something else than how an engine takes the page."""
    return browsers["chromium"]


@pytest.fixture
def line(app: App) -> Iterator[Line]:
    """The way to the app, for tests that make it a bad one."""
    with line_to(urlsplit(app.url).port) as line:
        yield line


@pytest.fixture
def visit(browsers: Browsers, engine: str, app: App, line: Line) -> Iterator[Visit]:
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

        context = browsers[engine].new_context(**(DESKTOP | options))
        context.set_default_timeout(PATIENCE)
        context.add_init_script(WATCH_KERNEL)
        contexts.append(context)
        page = context.new_page()
        if engine != "chromium":
            page.expect_file_chooser = lambda: expect_file_chooser(page)
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
