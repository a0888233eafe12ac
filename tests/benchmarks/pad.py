"""How fast the page is: from navigation to the first stroke's answer, pen to bars, ink lag.

It starts ``digitlab app`` and a JupyterLab, visits both with a browser, and draws digits with 60
pointer events a second, over a line that takes no time, 50 ms or 150 ms each way. All times are
taken in the page: from the time stamp of the browser's event to the end of the frame that shows
what came of it.

    python tests/benchmarks/pad.py --json pad.json
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import numpy as np
from playwright.sync_api import Browser, Page, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # for the tests' own modules

from digitlab.app.page.pool import REFILL_AFTER
from tests.browser.lab import run_all, running_lab
from tests.browser.pad import SHEET, place, ready, wait_for_no_ink
from tests.chromium import ADVICE, find
from tests.line import Line, line_to
from tests.serving import running_app
from tests.strokes import TEMPLATES

RATE = 60  # pointer events a second
SPEED = 260  # how fast the pen is, in the strokes' own unit a second
DELAYS = (0, 50, 150)  # milliseconds each way

ARRIVALS = (1, 5)  # visitors at once, each with a browser's cache of its own

INK_TARGET, BARS_TARGET, FIRST_TARGET = 20, 60, 800  # milliseconds

# Where JupyterLab's connection to the kernel is.
KERNELS = {
    "page": "jupyterapp.widgetManager.kernel",
    "JupyterLab": "jupyterapp.shell.currentWidget.sessionContext.session.kernel",
}

# Draws as soon as the page lets one, and notes when the stroke's ink is on the screen, and when the
# answer to it, and when the pad has come and says the same: in milliseconds since the navigation
# began. A made-up pointer cannot be captured.
DRAW_AT_ONCE = """
Element.prototype.setPointerCapture = () => {};
const draw = (canvas) => {
  const { left, top, width } = canvas.getBoundingClientRect();
  for (const [type, share] of [["pointerdown", 0.3], ["pointermove", 0.6], ["pointerup", 0.6]]) {
    const [clientX, clientY] = [left + share * width, top + share * width];
    const pen = { pointerId: 1, pointerType: "mouse", button: 0, buttons: +(type !== "pointerup") };
    canvas.dispatchEvent(new PointerEvent(type, { clientX, clientY, bubbles: true, ...pen }));
  }
};
const begin = () => {
  const canvas = document.querySelector("[aria-label='Paper to draw a digit on']");
  if (!canvas) return requestAnimationFrame(begin);
  draw(canvas);
  const { port1, port2 } = new MessageChannel();
  requestAnimationFrame(() => port2.postMessage(null));
  port1.onmessage = () => { // behind the frame
    const sheet = document.querySelector(".local-ink");
    const middle = 0.45 * sheet.width;
    const { data } = sheet.getContext("2d").getImageData(middle, middle, 1, 1);
    if (data[3]) window.accepted = performance.now();
  };
};
requestAnimationFrame(begin);
new MutationObserver((_, observer) => {
  if (!document.querySelector(".digitlab-probabilities:not([data-points='0'])")) return;
  window.answered ??= performance.now();
  if (document.querySelector("#waiting")) return;
  window.whole = performance.now();
  observer.disconnect();
}).observe(document, { subtree: true, childList: true });
"""

# For each move of the pen: how long until its ink is on the screen, and until bars are that know
# of it. The answer says of how many points it knows, and the messages which point is a move's.
WATCH_PEN = """
(kernel) => {
  const lags = (window.lags = { ink: [], bars: [], missing: 0 });
  const canvas = document.querySelector(".digitlab-canvas");
  const sheet = document.querySelector(".local-ink").getContext("2d");
  let [moves, sent, count] = [[], 0, 0];
  window.begin = () => ([moves, sent] = [[], 0]);
  const painted = (act) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => act(performance.now());
    port2.postMessage(null);
  });
  const place = ({ clientX, clientY }) => {
    const { left, top, width } = canvas.getBoundingClientRect();
    const frame = canvas.clientLeft;
    const side = width - 2 * frame;
    return [(clientX - left - frame) / side, (clientY - top - frame) / side];
  };
  const isInked = ([x, y]) => [sheet, canvas.getContext("2d")].some((on) => {
    const side = on.canvas.width;
    return on.getImageData(x * side, y * side, 1, 1).data[3] > 0;
  });
  eval(kernel).anyMessage.connect((_, { direction, msg }) => {
    const content = msg.content.data?.content;
    if (direction !== "send" || content?.event !== "moves") return;
    for (const [kind, x, y] of content.moves) {
      if (kind === "up") continue;
      sent += 1;
      const move = moves.find(({ n, at }) => !n && Math.hypot(at[0] - x, at[1] - y) < 1e-5);
      if (move) move.n = sent;
    }
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!(event.buttons & 1)) return;
    const [at, start] = [place(event), event.timeStamp];
    moves.push({ at, start });
    if (count++ % 5) return; // to read pixels takes time that would be measured too
    painted((now) => isInked(at) ? lags.ink.push(now - start) : lags.missing++);
  }, true); // ahead of the page, whose message is then of a move that is known
  new MutationObserver(() => {
    const knows = document.querySelector(".digitlab-probabilities").dataset.points;
    const known = moves.filter(({ n }) => n <= knows);
    moves = moves.filter((move) => !known.includes(move));
    painted((now) => lags.bars.push(...known.map(({ start }) => now - start)));
  }).observe(document.querySelector(".digitlab-figures"), { subtree: true, childList: true });
  window.waiting = () => moves.length;
}
"""


def main() -> int:
    """Measure, and print one table."""
    options = _options()
    program = find()
    if program is None:
        print(f"{ADVICE} Nothing was measured.", file=sys.stderr)
        return 0
    rows, measured, lags = [], {}, {}

    def report(what: str, times: Sequence[float], target: str = "–") -> None:
        median, p95 = np.quantile(times, [0.5, 0.95])
        measured[what] = {"median": median, "p95": p95, "n": len(times)}
        rows.append(f"| {what} | {median:,.0f} ms | {p95:,.0f} ms | {target} | {len(times):,} |")

    expect.set_options(timeout=60_000)
    with running_app() as app, sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        for together in ARRIVALS:
            visits = range(0, options.visits, together)
            first = [time for _ in visits for time in first_strokes(browser, app.url, together)]
            accepted, answered, whole = zip(*first, strict=True)
            visitors = f"{together} at a time"
            target = f"median ≤ {FIRST_TARGET:,} ms" if together == 1 else "–"
            report(f"navigation to first accepted stroke, {visitors}", accepted)
            report(f"navigation to the answer to it, {visitors}", answered, target)
            report(f"navigation to the pad, with its tools and that answer, {visitors}", whole)
        with tempfile.TemporaryDirectory() as home, running_lab(notebook(Path(home))) as lab:
            for host, url in {"page": app.url, "JupyterLab": lab}.items():
                with line_to(urlsplit(url).port) as line:
                    lags |= {
                        (host, delay): draw_digits(browser, line, host, delay) for delay in DELAYS
                    }
        browser.close()
    for (host, delay), found in lags.items():
        target = f"p95 ≤ {BARS_TARGET} ms" if delay == 0 else "–"
        report(f"pen to bars, {host}, line of {delay} ms each way", found["bars"], target)
    for (host, delay), found in lags.items():
        target = f"p95 ≤ {INK_TARGET} ms"
        report(f"pen to ink, {host}, line of {delay} ms each way", found["ink"], target)
    missing = sum(found["missing"] for found in lags.values())
    measured["moves without ink"] = missing

    print(f"## The page, drawn on with {RATE} pointer events a second\n")
    print("| what | median | 95th percentile | to reach | n |")
    print("|---|---|---|---|---|")
    print("\n".join(rows))
    print(f"\nMoves of the pen that had no ink under it in their own frame: {missing}.")
    if options.json:
        options.json.write_text(json.dumps(measured, indent=1))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visits", type=int, default=10, metavar="N", help="for the first stroke")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args()


def first_strokes(browser: Browser, url: str, together: int) -> list[tuple[float, ...]]:
    """Visit the page, so many at once, each with an empty cache, and draw as soon as one can.

    For each visit: when the stroke's ink was on the screen, when its answer, and when the pad.
    """
    pages = [browser.new_page() for _ in range(together)]
    for page in pages:
        page.add_init_script(DRAW_AT_ONCE)
    time.sleep(REFILL_AFTER + 3)  # until as many kernels are waiting as before
    for page in pages:
        page.goto(url, wait_until="commit")
    for page in pages:
        while page.evaluate("window.whole") is None:
            page.wait_for_timeout(100)
    times = [page.evaluate("[window.accepted, window.answered, window.whole]") for page in pages]
    for page in pages:
        page.close()
    return times


def notebook(home: Path) -> Path:
    """Put a notebook with a pad into a folder, and return the folder."""
    cells = [nbformat.v4.new_code_cell("from digitlab import DigitPad\nDigitPad()")]
    made = nbformat.v4.new_notebook(cells=cells)
    made.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(made, home / "pad.ipynb")
    return home


def draw_digits(browser: Browser, line: Line, host: str, delay: int) -> dict:
    """Draw ten digits over a line with this delay, and return how long ink and bars took."""
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    if host == "page":
        page.goto(line.url, wait_until="commit")
    else:
        page.goto(f"{line.url}/lab/tree/pad.ipynb")
        run_all(page)
    ready(page)
    expect(page.locator(SHEET)).to_be_attached()
    page.evaluate(WATCH_PEN, KERNELS[host])
    line.delay = delay / 1000
    for strokes in TEMPLATES.values():
        for stroke in strokes:
            write(page, stroke)
        page.wait_for_function("() => window.waiting() === 0")
        time.sleep(0.3)
        page.get_by_role("button", name="Clear", exact=True).click()
        wait_for_no_ink(page)
        page.evaluate("window.begin()")
    line.delay = 0.0
    found = page.evaluate("window.lags")
    page.close()
    return found


def write(page: Page, stroke: list[tuple[float, float]]) -> None:
    """Draw one stroke, evenly and not faster than a person."""
    page.mouse.move(*place(page, stroke[0]))
    corners = [place(page, point) for point in evenly(stroke)]
    page.mouse.down()
    begin = time.perf_counter()
    for step, corner in enumerate(corners, start=1):
        time.sleep(max(0.0, begin + step / RATE - time.perf_counter()))
        page.mouse.move(*corner)
    page.mouse.up()


def evenly(stroke: list[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Go along a stroke at the pen's speed: a point for each event."""
    corners = np.array(stroke, float)
    along = np.concatenate([[0], np.hypot(*np.diff(corners, axis=0).T).cumsum()])
    steps = np.arange(SPEED / RATE, along[-1], SPEED / RATE)
    yield from zip(*(np.interp(steps, along, axis) for axis in corners.T), strict=True)


if __name__ == "__main__":
    sys.exit(main())
