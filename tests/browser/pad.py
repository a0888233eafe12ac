"""What a visitor does on the pad, and what they see, by way of a browser."""

import re
from collections.abc import Iterable

from playwright.sync_api import Page

from tests.browser.webkit import expect
from tests.strokes import PAD

CANVAS, SHEET = ".digitlab-canvas", ".local-ink"  # where the kernel draws, and where the page
OUTLINE = "#waiting .digitlab-sheet > canvas"  # what one draws on before the kernel is there

# Pixels of a canvas that are not transparent, within a part of it given in fractions.
_INK = """
([selector, [left, top, right, bottom]]) => {
  const canvas = document.querySelector(selector);
  const [width, height] = [canvas.width, canvas.height];
  const { data } = canvas.getContext("2d").getImageData(
    left * width, top * height, (right - left) * width, (bottom - top) * height);
  let ink = 0;
  for (let i = 3; i < data.length; i += 4) ink += data[i] > 0;
  return ink;
}
"""

# Keeps the messages to the kernel that it has not dealt with yet. On a busy machine an answer may
# be read before the message that it answers, for both are read in the background.
WATCH_KERNEL = """
window.unanswered = new Set();
const answered = new Set();
const send = WebSocket.prototype.send;
const text = async (data) => data instanceof Blob ? data.text() : new Response(data).text();
WebSocket.prototype.send = function (data) {
  if (!this.watched) {
    this.watched = true;
    this.addEventListener("close", () => window.unanswered.clear());  // what is lost is sent anew
    this.addEventListener("message", async ({ data }) => {
      const message = await text(data);
      if (!/"execution_state": ?"idle"/.test(message)) return;
      for (const [, id] of message.matchAll(/"msg_id": ?"([^"]+)"/g)) {
        answered.add(id);
        window.unanswered.delete(id);
      }
    });
  }
  text(data).then((message) => {
    const [, id] = /"msg_id": ?"([^"]+)"/.exec(message);
    if (!answered.has(id)) window.unanswered.add(id);
  });
  return send.call(this, data);
};
"""

# True once the kernel has dealt with all that was drawn, and its answer, which waits for more to
# be drawn, has had time to come.
_SETTLED = """
() => {
  const said = document.querySelector(".digitlab-answer").innerText
    + document.querySelector(".digitlab-probabilities").innerText;
  const now = performance.now();
  if (window.unanswered.size || window.lastSaid !== said) {
    [window.lastSaid, window.lastSaidAt] = [said, now];
  }
  return now - window.lastSaidAt > 200;
}
"""

EVERYWHERE = (0, 0, 1, 1)


def ready(page: Page) -> Page:
    """Wait until the pad is there."""
    expect(page.get_by_role("button", name="Clear")).to_be_visible()
    expect(page.locator(".digitlab-canvas")).to_be_visible()
    return page


def place(page: Page, point: tuple[float, float]) -> tuple[float, float]:
    """From the templates' coordinates to the page's."""
    box = page.locator(f"{OUTLINE}, {CANVAS}").first.bounding_box()
    return box["x"] + point[0] / PAD[0] * box["width"], box["y"] + point[1] / PAD[1] * box["height"]


def draw(page: Page, strokes: Iterable, *, steps: int = 3) -> None:
    """Draw strokes with the mouse."""
    for stroke in strokes:
        page.mouse.move(*place(page, stroke[0]))
        page.mouse.down()
        for point in stroke[1:]:
            page.mouse.move(*place(page, point), steps=steps)
        page.mouse.up()


def ink(page: Page, part: tuple[float, float, float, float] = EVERYWHERE) -> int:
    """Count the pixels that the kernel has inked."""
    return page.evaluate(_INK, [CANVAS, part])


def local_ink(page: Page, part: tuple[float, float, float, float] = EVERYWHERE) -> int:
    """Count the pixels that the page has inked, and the kernel not yet."""
    return page.evaluate(_INK, [SHEET, part])


def wait_for_ink(page: Page, *, more_than: int = 0) -> None:
    page.wait_for_function(f"arg => ({_INK})(arg) > {more_than}", arg=[CANVAS, EVERYWHERE])


def wait_for_no_ink(page: Page, *, on: str = CANVAS) -> None:
    page.wait_for_function(f"arg => ({_INK})(arg) === 0", arg=[on, EVERYWHERE])


def answer(page: Page) -> tuple[str, list[int]]:
    """Wait until the pad has made up its mind; the sentence and the ten percents."""
    page.evaluate("window.lastSaid = null")  # what was just asked for may be on its way yet
    page.wait_for_function(_SETTLED)
    percents = re.findall(r"\d: (\d+) %", page.inner_text(".digitlab-probabilities"))
    return page.inner_text(".digitlab-result"), [int(percent) for percent in percents]


def click(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
