"""Other sketchpads in front of the same network, by the same steps of the same browser.

Installs Gradio and Streamlit into an environment of their own, in a temporary folder, and serves
each on the loopback beside ``digitlab app``. For each visit, with an empty cache: how long from
navigation until a stroke is answered, how long from the pen's lifting to the answer, and whether
an answer came while the pen was still down. The pads take turns.

    python tests/benchmarks/rivals.py --visits 5 --json rivals.json
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import requests
from playwright.sync_api import Browser, Locator, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # for the tests' own modules

from tests.chromium import ADVICE, find
from tests.serving import free_port, running_app

ROOT = Path(__file__).resolve().parents[2]
APPS = Path(__file__).with_name("rivals")
# These very versions: the next ones may want other steps.
PACKAGES = ["gradio==6.31.0", "streamlit==1.67.0", "streamlit-drawable-canvas==0.13.0"]
# What reading with digitlab's network takes; the package itself is found by its path.
READER = ["numpy", "onnxruntime", "opencv-python-headless", "pillow", "platformdirs"]
ANSWER = "Predicted result is"
PATIENCE = 60.0  # seconds


@dataclass
class Pad:
    """A sketchpad that is served, and what was measured on it."""

    name: str
    url: str
    canvas: str  # a selector
    tool: str | None = None  # that has to be chosen before one can draw
    opened: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    live: list[bool] = field(default_factory=list)


def main() -> int:
    """Measure, and print one table."""
    options = _options()
    program = find()
    if program is None:
        print(ADVICE)
        return 1
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="digitlab-")))
        python = _environment(options.environment or folder / "environment")
        app = stack.enter_context(running_app())
        pads = [
            Pad("digitlab", app.url, "#pad canvas"),
            Pad("Gradio", stack.enter_context(_gradio(python, folder)), "#pad canvas", "Brush"),
            Pad(
                "Streamlit", stack.enter_context(_streamlit(python, folder)), "canvas.upper-canvas"
            ),
        ]
        playwright = stack.enter_context(sync_playwright())
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        for _ in range(options.visits):
            for pad in pads:
                _visit(browser, pad)
        browser.close()
    print(f"## Sketchpads in front of the same network, {options.visits} visits each\n")
    print("| pad | navigation to first stroke answered | pen lifted to answer | answers live |")
    print("|---|---|---|---|")
    for pad in pads:
        print(
            f"| {pad.name} | {median(pad.opened):.2f} s | {1000 * median(pad.answered):.0f} ms "
            f"| {'yes' if all(pad.live) else 'no'} |"
        )
    if options.json:
        options.json.write_text(json.dumps([vars(pad) for pad in pads], indent=1))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--visits", type=int, default=5, metavar="N", help="to each of the pads")
    parser.add_argument("--environment", type=Path, metavar="DIR", help="one that is there already")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args()


def _environment(folder: Path) -> Path:
    """Return the Python of an environment with the rivals in it, made where there is none."""
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([python, *install, *PACKAGES, *READER], check=True)
    return python


@contextmanager
def _gradio(python: Path, folder: Path) -> Iterator[str]:
    port = free_port()
    with _served([python, APPS / "gradio_app.py", str(port)], port, folder) as url:
        yield url


@contextmanager
def _streamlit(python: Path, folder: Path) -> Iterator[str]:
    port = free_port()
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "browser.gatherUsageStats": "false",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    command = [python, "-m", "streamlit", "run", APPS / "streamlit_app.py", *flags]
    with _served(command, port, folder) as url:
        yield url


@contextmanager
def _served(command: list, port: int, home: Path) -> Iterator[str]:
    """Run a server until the block ends; its settings and caches are in a home of its own."""
    environment = os.environ | {
        "HOME": str(home),
        "PYTHONPATH": os.pathsep.join([str(APPS), str(ROOT)]),
        "GRADIO_ANALYTICS_ENABLED": "False",
    }
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=home,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + PATIENCE
        while not _answers(url):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"It does not serve: {' '.join(map(str, command))}")
            time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=PATIENCE).ok
    except requests.ConnectionError:
        return False


def _visit(browser: Browser, pad: Pad) -> None:
    """Come with an empty cache, draw as soon as there is a canvas, again if nothing is answered."""
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.set_default_timeout(1000 * PATIENCE)
    started = time.perf_counter()
    page.goto(pad.url, wait_until="commit")
    canvas = page.locator(pad.canvas).first
    canvas.wait_for()
    if pad.tool is not None:
        page.get_by_role("button", name=pad.tool, exact=True).click()
    while not _stroke(page, canvas, pad):
        if time.perf_counter() - started > PATIENCE:
            raise TimeoutError(f"{pad.name} has answered no stroke within {PATIENCE:.0f} s.")
    pad.opened.append(time.perf_counter() - started)
    pad.live.append(_is_live(page, page.locator(pad.canvas).first))
    page.close()


def _stroke(page: Page, canvas: Locator, pad: Pad) -> bool:
    """Draw a one; whether it was answered within some seconds."""
    _press_and_move(page, canvas, (0.5, 0.25), (0.5, 0.75))
    page.mouse.up()
    lifted = time.perf_counter()
    while time.perf_counter() < lifted + 5:
        if _says_something(page):
            pad.answered.append(time.perf_counter() - lifted)
            return True
        time.sleep(0.005)
    return False


def _is_live(page: Page, canvas: Locator) -> bool:
    """Whether the page says something new while the pen is down."""
    before = _said(page)
    _press_and_move(page, canvas, (0.4, 0.3), (0.6, 0.3))
    after = _said(page)
    page.mouse.up()
    return after != before


def _press_and_move(page: Page, canvas: Locator, start: tuple, end: tuple) -> None:
    """Draw a line in a third of a second, and leave the pen down."""
    box = canvas.bounding_box()

    def move(share: float) -> None:
        x, y = (a + share * (b - a) for a, b in zip(start, end, strict=True))
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])

    move(0)
    page.mouse.down()
    for step in range(1, 21):
        move(step / 20)
        time.sleep(1 / 60)


def _says_something(page: Page) -> bool:
    return ANSWER in _said(page)


def _said(page: Page) -> str:
    """All text on the page, that of fields included."""
    return page.evaluate(
        """() => {
             const fields = [...document.querySelectorAll("textarea")];
             return [document.body.innerText, ...fields.map((one) => one.value)].join("\\n");
           }"""
    )


if __name__ == "__main__":
    sys.exit(main())
