"""Find a Chromium for the browser tests, or bring one.

`find` says where one is. ``python tests/chromium.py --install`` makes sure that there is one: what
is installed already is preferred, then Playwright's own download, then Debian's package.
"""

import argparse
import itertools
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

_COMMANDS = (
    "chromium-headless-shell",  # the same browser without its windows: a quarter less work
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
_MACOS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
_WINDOWS = (
    r"Google\Chrome\Application\chrome.exe",
    r"Chromium\Application\chrome.exe",
    r"Microsoft\Edge\Application\msedge.exe",
)

ADVICE = (
    "The browser tests need Chromium, Chrome or Edge, and none was found. Install one (on Debian "
    "and Ubuntu: sudo apt install chromium), or name its program in DIGITLAB_BROWSER."
)


def find() -> Path | None:
    """Return the program of an installed Chromium, Chrome or Edge, or None.

    The environment variable ``DIGITLAB_BROWSER`` decides where it is set.
    """
    if named := os.environ.get("DIGITLAB_BROWSER"):
        path = Path(named).expanduser()
        if not path.is_file():
            raise FileNotFoundError(f"DIGITLAB_BROWSER names {path}, and no such program is there.")
        return path
    installed = (Path(path) for path in map(shutil.which, _COMMANDS) if path is not None)
    candidates = itertools.chain(installed, _standard_places(), _playwright_download())
    return next((path for path in candidates if path.is_file()), None)


def _standard_places() -> list[Path]:
    if platform.system() == "Darwin":
        return [root / place.lstrip("/") for root in (Path("/"), Path.home()) for place in _MACOS]
    if platform.system() == "Windows":
        roots = map(os.environ.get, ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"))
        return [Path(root, place) for root in roots if root for place in _WINDOWS]
    return []


def _playwright_download() -> Iterator[Path]:
    """Where Playwright keeps the browser that it downloads itself, downloaded or not."""
    # A generator: asking Playwright starts a process, so it is asked only if nothing else is found.
    with sync_playwright() as playwright:
        yield Path(playwright.chromium.executable_path)


def install() -> Path | None:
    """Return an installed browser, bringing one first if there is none; None where that failed."""
    for bring in (lambda: None, _download_by_playwright, _install_debian_package):
        bring()
        if (path := find()) is not None:
            return path
    return None


def _download_by_playwright() -> None:
    # Its own time-outs are long and it tries several hosts: two minutes without one are enough.
    attempt([sys.executable, "-m", "playwright", "install", "chromium"], seconds=120)


def _install_debian_package() -> None:
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if is_root and shutil.which("apt-get"):
        attempt(["apt-get", "update", "-q"], seconds=300)
        for package in ("chromium-headless-shell", "chromium"):  # Ubuntu has only the second
            if find() is None:
                attempt(["apt-get", "install", "-q", "-y", package], seconds=900)


def attempt(command: list[str], *, seconds: int) -> None:
    """Run a command that installs something, and say so; it is no error if that fails."""
    print("No browser yet, trying:", *command, file=sys.stderr, flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(
            command, timeout=seconds, check=True, env=environment, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError) as error:
        print(f"That did not work: {error}", file=sys.stderr)


def main() -> int:
    """Print where the browser is; exit code 1 and advice where there is none."""
    parser = argparse.ArgumentParser(description="Find a browser for the tests.")
    parser.add_argument("--install", action="store_true", help="bring one if there is none")
    bring = install if parser.parse_args().install else find
    try:
        path = bring()
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    if path is None:
        print(ADVICE, file=sys.stderr)
        return 1
    print(f"Browser for the tests: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
