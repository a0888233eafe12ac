"""Find Firefox and WebKit, in which the tests of the page run too, or bring them.

`firefox` and `webkit` say where they are. ``python tests/engines.py --install`` makes sure that
both are there, by Debian's packages: Playwright's own builds of these two can't be used, for they
are not the browsers that people have.
"""

import argparse
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # where this file is run as a program

from tests.chromium import attempt  # noqa: E402

PACKAGES = ("firefox-esr", "webkit2gtk-driver", "xvfb")
ADVICE = (
    "The tests of the page also run in Firefox and in WebKit, and one of them was not found. On "
    "Debian: sudo apt install " + " ".join(PACKAGES)
)


@dataclass(frozen=True)
class WebKitPrograms:
    """The driver, the browser that it drives, and the screen that this browser needs."""

    driver: Path
    browser: Path
    screen: Path


def firefox() -> Path | None:
    """Return the program of an installed Firefox, or None."""
    return _on_the_path("firefox-esr", "firefox")


def webkit() -> WebKitPrograms | None:
    """Return the programs that WebKitGTK needs, or None if one of them is missing."""
    browsers = sorted(Path("/usr").glob("lib*/*/webkit2gtk-4.1/MiniBrowser"))
    driver, screen = _on_the_path("WebKitWebDriver"), _on_the_path("Xvfb")
    if not browsers or driver is None or screen is None:
        return None
    return WebKitPrograms(driver, browsers[0], screen)


def _on_the_path(*names: str) -> Path | None:
    return next((Path(path) for path in map(shutil.which, names) if path is not None), None)


def are_here() -> bool:
    return firefox() is not None and webkit() is not None


def main() -> int:
    """Say whether both are here; exit code 1 and advice if not."""
    parser = argparse.ArgumentParser(description="Find Firefox and WebKit for the tests.")
    parser.add_argument("--install", action="store_true", help="bring what is missing")
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if parser.parse_args().install and not are_here() and is_root and shutil.which("apt-get"):
        attempt(["apt-get", "update", "-q"], seconds=300)
        attempt(["apt-get", "install", "-q", "-y", *PACKAGES], seconds=900)
    if not are_here():
        print(ADVICE, file=sys.stderr)
        return 1
    print(f"Firefox and WebKit for the tests: {firefox()}, {webkit().driver}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
