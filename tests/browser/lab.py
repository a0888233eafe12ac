"""JupyterLab, and Notebook 7 on the same server, for tests in the browser."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from playwright.sync_api import Page, expect

from tests.serving import TIMEOUT, free_port

# All cells are in the page, seen or not.
SETTINGS = {"@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"}}

# As `make lab` has it.
PROMPT = "--ServerApp.kernel_websocket_connection_class=digitlab.app.prompt.PromptConnection"

KERNEL_IS_READY = """() => {
  const context = window.jupyterapp.shell.currentWidget?.sessionContext;
  const kernel = context?.isReady && context.session?.kernel;
  return kernel && kernel.connectionStatus === "connected" && kernel.status === "idle";
}"""


@contextmanager
def running_lab(home: Path) -> Iterator[str]:
    """Serve the notebooks in a folder, with nobody's settings; the server's address."""
    for name, settings in SETTINGS.items():
        path = home / "settings" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(settings))
    url = f"http://127.0.0.1:{(port := free_port())}"
    options = [
        f"--port={port}",
        "--ip=127.0.0.1",
        "--no-browser",
        "--allow-root",
        "--expose-app-in-browser",
        "--JupyterNotebookApp.expose_app_in_browser=True",
        "--IdentityProvider.token=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.news_url=None",
        PROMPT,
        f"--ServerApp.root_dir={home}",
    ]
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ
        | {
            "HOME": str(home),
            "USERPROFILE": str(home),
            "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
            "DIGITLAB_DRAWINGS": str(home / "drawings.sqlite3"),
        },
    )
    try:
        deadline = time.monotonic() + TIMEOUT
        while not _answers(url):
            assert server.poll() is None, "JupyterLab did not start"
            assert time.monotonic() < deadline, "JupyterLab does not answer"
            time.sleep(0.2)
        yield url
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:  # how JupyterLab ends is not what is tested here
            server.kill()
            server.wait()


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/api/status", timeout=TIMEOUT).ok
    except requests.ConnectionError:
        return False


def run_all(page: Page) -> None:
    """Run all cells of the notebook, as soon as its kernel is there."""
    page.wait_for_function("() => window.jupyterapp")
    page.wait_for_function(KERNEL_IS_READY)
    # Again where none starts: seen now and then, cause not known.
    for _ in range(4):
        # "void": the command's promise is not waited for, so that a failure is seen, not a hang.
        page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
        try:
            started = page.locator(".jp-InputPrompt", has_text=re.compile(r"\[(\*|\d+)\]"))
            expect(started.first).to_be_attached(timeout=8_000)
        except AssertionError:
            continue
        return
