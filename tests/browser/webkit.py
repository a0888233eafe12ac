"""WebKit under the names that Playwright gives things, so that a test of the page is written once.

Playwright can drive only its own build of WebKit. This one is the WebKitGTK that is installed,
driven by selenium on a screen that nobody sees. The classes have as much of Playwright's `Browser`,
`BrowserContext`, `Page` and `Locator` as the tests use, and `expect` takes both kinds.
"""

import itertools
import json
import os
import re
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import playwright.sync_api
import urllib3
from selenium import webdriver
from selenium.common.exceptions import JavascriptException
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.key_input import KeyInput
from selenium.webdriver.common.actions.pointer_input import PointerInput
from selenium.webdriver.common.actions.wheel_input import WheelInput
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from tests.engines import WebKitPrograms

PATIENCE = 30.0  # seconds
SOON = 0.02
SCREEN = "2000x1300x24"
SIZE = {"width": 1280, "height": 720}  # of a page, where none is asked for: as Playwright has it

# No compositor and no graphics card: what is under test is the page.
SETTINGS = {"WEBKIT_DISABLE_COMPOSITING_MODE": "1", "LIBGL_ALWAYS_SOFTWARE": "1"}

LIBRARY = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")

# What a page complains about, kept for whoever asks at the end.
WATCH_FAULTS = """
window.faults = [];
addEventListener("error", ({ message }) => message && faults.push(message));
addEventListener("unhandledrejection", ({ reason }) => faults.push(String(reason)));
const complain = console.error;
console.error = (...said) => { faults.push(said.join(" ")); complain(...said); };
"""

# A menu would take the pointer for itself, and the driver can't close it.
NO_MENU = 'addEventListener("contextmenu", (event) => event.preventDefault());'

KEYS = {name.title().replace("_", ""): key for name, key in vars(Keys).items() if name.isupper()}


def wait_until(condition: Callable[[], Any], what: str, *, seconds: float = PATIENCE) -> Any:
    """Return what a condition gives as soon as that is true."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: waited {seconds:.0f} s for that in WebKit.")
        time.sleep(SOON)
    return result


@contextmanager
def running_webkit(programs: WebKitPrograms) -> Iterator["Browser"]:
    """Run an installed WebKit, with a screen for it alone, until the block ends."""
    command = [programs.screen, "-displayfd", "1", "-screen", "0", SCREEN, "-nolisten", "tcp"]
    quiet = {"stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **quiet) as screen:
        try:
            display = f":{screen.stdout.readline().strip()}"
            environment = os.environ | SETTINGS | {"DISPLAY": display}
            options = Options()
            options.binary_location = str(programs.browser)
            options.add_argument("--automation")
            options.page_load_strategy = "none"  # the tests know better what to wait for
            service = Service(str(programs.driver), env=environment)
            with warnings.catch_warnings():  # selenium warns of itself
                warnings.simplefilter("ignore", DeprecationWarning)
                driver = webdriver.WebKitGTK(options=options, service=service)
            driver.command_executor.client_config.timeout = PATIENCE  # for each answer
            try:
                yield Browser(driver)
            finally:
                driver.quit()
        finally:
            screen.terminate()


class Browser:
    """One window that stays empty, so that the browser does, and one more for each page."""

    def __init__(self, driver: webdriver.WebKitGTK):
        self.driver = driver
        self.empty = driver.current_window_handle
        self.here = self.empty

    def go(self, handle: str) -> webdriver.WebKitGTK:
        """Return the driver, which talks to this window from now on."""
        if handle != self.here:
            self.driver.switch_to.window(handle)
            self.here = handle
        return self.driver

    def new_context(self, *, viewport: dict[str, int] = SIZE) -> "Context":
        return Context(self, viewport)


class Context:
    """Pages of one size. They share their cookies with all others, until the context is closed."""

    def __init__(self, browser: Browser, viewport: dict[str, int]):
        self.browser = browser
        self.viewport = viewport
        self.scripts = [WATCH_FAULTS, NO_MENU]
        self.pages: list[Page] = []

    def set_default_timeout(self, timeout: float) -> None: ...

    def add_init_script(self, script: str) -> None:
        self.scripts.append(script)

    def new_page(self) -> "Page":
        driver = self.browser.go(self.browser.empty)
        driver.switch_to.new_window("window")
        self.browser.here = driver.current_window_handle
        self.pages.append(Page(self, self.browser.here))
        return self.pages[-1]

    def close(self) -> None:
        for page in self.pages:
            page.close()
        self.browser.go(self.browser.empty).delete_all_cookies()


class Page:
    """One window."""

    def __init__(self, context: Context, handle: str):
        self.context = context
        self.is_closed = False
        self.viewport_size = context.viewport
        self._handle = handle
        self._hears: dict[str, list[Callable]] = {}
        self.mouse, self.keyboard = Mouse(self), Keyboard(self)
        self._bar = 0  # the height of the browser's own
        wait_until(self._fits, f"a window for a page of {context.viewport}")

    @property
    def driver(self) -> webdriver.WebKitGTK:
        return self.context.browser.go(self._handle)

    def add_init_script(self, script: str) -> None:
        self.context.add_init_script(script)

    def _fits(self) -> bool:
        """Give the page its size; whether it has it."""
        width, height = self.viewport_size["width"], self.viewport_size["height"]
        self.driver.set_window_size(width, height + self._bar)
        inner = self.evaluate("[innerWidth, innerHeight, outerHeight - innerHeight]")
        self._bar = inner[2]
        return inner[:2] == [width, height]

    def on(self, event: str, hear: Callable) -> None:
        """Hear of requests and faults; not at once, but when the page is left."""
        self._hears.setdefault(event, []).append(hear)

    def _tell(self) -> None:
        said = self.evaluate(
            "[performance.getEntries().map((entry) => entry.name)"
            ".filter((name) => name.includes('://')), window.faults ?? []]"
        )
        for event, news in zip(("request", "pageerror"), said, strict=True):
            for hear, each in itertools.product(self._hears.get(event, ()), news):
                hear(SimpleNamespace(url=each) if event == "request" else each)

    def goto(self, url: str, *, wait_until: str = "commit") -> None:
        self._leave_by(lambda: self.driver.get(url))

    def reload(self, *, wait_until: str = "commit") -> None:
        self._tell()
        self._leave_by(self.driver.refresh)

    def _leave_by(self, way: Callable[[], None]) -> None:
        self.evaluate("window.isOld = true")
        way()
        # Not before the page runs any script, but before it has all of them.
        begin = "".join(f"{{{script}\n}}" for script in self.context.scripts)
        began = f"if (window.isOld || location.href === 'about:blank') return false; {begin}"

        def has_begun() -> bool:
            try:
                return self._script(f"{began} return true;")
            except urllib3.exceptions.HTTPError:  # asked the old page while it went, so unanswered
                return False

        wait_until(has_begun, "a new page", seconds=4 * PATIENCE)

    def _script(self, script: str, *arguments: object) -> Any:
        return self.driver.execute_script(script, *arguments)

    def evaluate(self, expression: str, arg: object = None) -> Any:
        script = f"""
        const [argument, done] = arguments;
        (async () => {{
          const value = ({expression.strip().rstrip(";")});
          return typeof value === "function" ? value(argument) : value;
        }})().then((value) => done({{ value }}), (error) => done({{ error: String(error) }}));
        """
        answer = self.driver.execute_async_script(script, arg)
        if "error" in answer:
            raise JavascriptException(answer["error"])
        return answer.get("value")

    def wait_for_function(self, expression: str, *, arg: object = None) -> None:
        wait_until(lambda: self.evaluate(expression, arg), expression)

    def wait_for_timeout(self, milliseconds: float) -> None:
        time.sleep(milliseconds / 1000)

    def wait_for_selector(self, selector: str, *, state: str = "visible") -> None:
        found = self.locator(selector)
        is_there = found.count if state == "attached" else found.first.is_visible
        wait_until(is_there, selector)

    def inner_text(self, selector: str) -> str:
        return self.locator(selector).inner_text()

    def locator(self, selector: str) -> "Locator":
        return Locator(self, []).locator(selector)

    def get_by_role(self, role: str, **options: object) -> "Locator":
        return Locator(self, []).get_by_role(role, **options)

    def get_by_label(self, name: str) -> "Locator":
        return Locator(self, []).and_then("label", name)

    def close(self, *, run_before_unload: bool = False) -> None:
        if not self.is_closed:
            self._tell()
            if run_before_unload:  # which the driver leaves no time for when it closes a window
                self.driver.get("about:blank")
                wait_until(lambda: self.driver.current_url == "about:blank", "leaving the page")
            self.driver.close()
            self.is_closed = True
            self.context.browser.here = ""


class Mouse:
    """The pointer, which is where it was left."""

    def __init__(self, page: Page, kind: str = "mouse"):
        self._page = page
        self._kind = kind
        self._at = (0.0, 0.0)

    def _act(self, *steps: tuple[str, dict[str, Any]]) -> None:
        builder = ActionBuilder(
            self._page.driver, mouse=PointerInput(self._kind, self._kind), duration=0
        )
        for name, options in steps:
            getattr(builder.pointer_action, name)(**options)
        builder.perform()

    def move(self, x: float, y: float, *, steps: int = 1) -> None:
        (left, top), self._at = self._at, (x, y)
        shares = [step / steps for step in range(1, steps + 1)]
        points = [(left + share * (x - left), top + share * (y - top)) for share in shares]
        self._act(*(("move_to_location", {"x": round(a), "y": round(b)}) for a, b in points))

    # The left button alone: the driver of WebKitGTK 2.50 never lets go of another.
    def down(self) -> None:
        self._act(("pointer_down", {}))

    def up(self) -> None:
        self._act(("pointer_up", {}))

    def click(self, x: float, y: float) -> None:
        self.move(x, y)
        self.down()
        self.up()

    def wheel(self, delta_x: float, delta_y: float) -> None:
        builder = ActionBuilder(self._page.driver, wheel=WheelInput("wheel"), duration=0)
        x, y = map(round, self._at)
        builder.wheel_action.scroll(x, y, round(delta_x), round(delta_y))
        builder.perform()


class Keyboard:
    """Keys by Playwright's names, such as "Control+Shift+z"."""

    def __init__(self, page: Page):
        self._page = page

    def press(self, keys: str) -> None:
        keyboard = KeyInput("keyboard")
        builder = ActionBuilder(self._page.driver, keyboard=keyboard, duration=0)
        pressed = [KEYS.get(key, key) for key in keys.split("+")]
        for key in pressed:
            keyboard.create_key_down(key)
        for key in reversed(pressed):
            keyboard.create_key_up(key)
        builder.perform()


class Locator:
    """A way to elements, which is gone anew each time."""

    def __init__(self, page: Page, steps: list[tuple[str, Any]]):
        self._page = page
        self._steps = steps

    def __repr__(self) -> str:
        return json.dumps(self._steps)

    def and_then(self, how: str, what: object) -> "Locator":
        return Locator(self._page, [*self._steps, (how, what)])

    def locator(self, selector: str) -> "Locator":
        return self.and_then("css", selector)

    def get_by_role(
        self,
        role: str,
        *,
        name: str | None = None,
        exact: bool = False,
        expanded: bool | None = None,
    ) -> "Locator":
        wanted = {"role": role, "name": name, "exact": exact, "expanded": expanded}
        return self.and_then("role", wanted)

    def filter(self, *, visible: bool | None = None, has_text: str | None = None) -> "Locator":
        found = self if visible is None else self.and_then("visible", visible)
        return found if has_text is None else found.and_then("has_text", has_text)

    def nth(self, n: int) -> "Locator":
        return self.and_then("nth", n)

    @property
    def first(self) -> "Locator":
        return self.nth(0)

    def see(self, what: str, argument: object = None) -> Any:
        return self._page.driver.execute_script(LIBRARY, self._steps, what, argument)

    def state(self) -> dict[str, Any]:
        """Wait for the element, and return what there is to know of it."""
        return wait_until(lambda: self.see("state"), repr(self))

    def count(self) -> int:
        return self.see("count")

    def all(self) -> list["Locator"]:
        return [self.nth(n) for n in range(self.count())]

    def is_visible(self) -> bool:
        return (self.see("state") or {}).get("visible", False)

    def bounding_box(self) -> dict[str, float]:
        return self.state()["box"]

    def inner_text(self) -> str:
        return self.state()["text"]

    def get_attribute(self, name: str) -> str | None:
        return self.state()["attributes"].get(name)

    def focus(self) -> None:
        self.state()
        self.see("focus")

    def click(self) -> None:
        self._page.mouse.click(*wait_until(lambda: self.see("target"), f"{self} to be pressed"))

    def select_option(self, value: str) -> None:
        self.state()
        self.see("select", value)

    def evaluate(self, function: str, arg: object = None) -> Any:
        return self.evaluate_all(
            f"(elements, argument) => ({function})(elements[0], argument)", arg
        )

    def evaluate_all(self, function: str, arg: object = None) -> Any:
        elements = f"((arguments) => {{ {LIBRARY.replace('see[sees]()', 'elements')} }})"
        way = json.dumps([self._steps, "", None])
        return self._page.evaluate(f"(argument) => ({function})({elements}({way}), argument)", arg)


class Expectation:
    """What Playwright's `expect` gives, for an element in WebKit."""

    def __init__(self, locator: Locator):
        self._locator = locator

    def _becomes(self, holds: Callable[[dict[str, Any]], bool], what: str) -> None:
        def is_so() -> bool:
            state = self._locator.see("state")
            return state is not None and holds(state)

        wait_until(is_so, f"{self._locator} {what}; it is {self._locator.see('state')}")

    def to_be_visible(self) -> None:
        self._becomes(lambda state: state["visible"], "to be visible")

    def to_be_hidden(self) -> None:
        def is_hidden() -> bool:
            state = self._locator.see("state")
            return state is None or not state["visible"]

        wait_until(is_hidden, f"{self._locator} to be hidden")

    def to_be_in_viewport(self) -> None:
        self._becomes(lambda state: state["seen"], "to be in sight")

    def to_be_enabled(self, *, enabled: bool = True) -> None:
        self._becomes(lambda state: state["enabled"] is enabled, f"to be enabled: {enabled}")

    def to_be_disabled(self) -> None:
        self.to_be_enabled(enabled=False)

    def to_be_checked(self) -> None:
        self._becomes(lambda state: state["checked"], "to be checked")

    def to_have_value(self, value: str) -> None:
        self._becomes(lambda state: state["value"] == value, f"to have the value {value}")

    def to_have_text(self, text: str | re.Pattern | list[str]) -> None:
        if isinstance(text, list):
            self.to_have_count(len(text))
            for n, each in enumerate(text):
                Expectation(self._locator.nth(n)).to_have_text(each)
            return
        matches = text.search if isinstance(text, re.Pattern) else text.__eq__
        self._becomes(lambda state: bool(matches(state["text"])), f"to say {text}")

    def not_to_have_text(self, text: str) -> None:
        self._becomes(lambda state: state["text"] != text, f"no longer to say {text}")

    def to_contain_text(self, text: str) -> None:
        self._becomes(lambda state: text in state["text"], f"to say something with {text}")

    def to_have_attribute(self, name: str, value: str) -> None:
        self._becomes(lambda state: state["attributes"].get(name) == value, f"{name}={value}")

    def to_have_count(self, count: int) -> None:
        wait_until(lambda: self._locator.count() == count, f"{self._locator}: {count} of them")


def expect(thing: Any) -> Any:
    """Expect something of an element, whichever engine it is in."""
    return Expectation(thing) if isinstance(thing, Locator) else playwright.sync_api.expect(thing)
