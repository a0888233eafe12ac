"""How long `make app` takes until the page is there: in a fresh clone, and from then on.

Clones this repository into a temporary folder and starts the app there as the README says, with an
empty home; the packages are in the cache, for they are installed once before. Linux only.

    python tests/benchmarks/start.py --json start.json
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # for the tests' own modules

from tests.serving import free_port

ROOT = Path(__file__).resolve().parents[2]
FIRST_TARGET, LATER_TARGET = 30, 2  # seconds
PATIENCE = 300.0  # seconds


def main() -> int:
    """Measure, and print one table."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="digitlab-start-") as folder:
        home = Path(folder, "home")
        home.mkdir()
        # An empty home, but a cache; and Python may keep what it compiled, as it does unasked.
        environment = os.environ | {"HOME": str(home), "XDG_CACHE_HOME": str(Path(folder, "cache"))}
        for name in ("PYTHONDONTWRITEBYTECODE", "PIP_CACHE_DIR", "UV_CACHE_DIR"):
            environment.pop(name, None)
        nothing = _seconds_to_page(_clone(folder, "before"), environment)
        clone = _clone(folder, "clone")
        first = _seconds_to_page(clone, environment)
        later = [_seconds_to_page(clone, environment) for _ in range(options.starts)]
    print("| `make app` until the page is there | measured | to reach |")
    print("|---|---|---|")
    print(f"| in a fresh clone, nothing cached | {nothing:.1f} s | |")
    print(f"| in a fresh clone, packages cached | {first:.1f} s | ≤ {FIRST_TARGET} s |")
    print(
        f"| {len(later)} later starts | median {median(later):.1f} s, slowest {max(later):.1f} s "
        f"| ≤ {LATER_TARGET} s |"
    )
    if options.json:
        options.json.write_text(
            json.dumps({"nothing": nothing, "first": first, "later": later}, indent=1)
        )
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--starts", type=int, default=5, metavar="N", help="after the first")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args()


def _clone(folder: str, name: str) -> Path:
    clone = Path(folder, name)
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    return clone


def _seconds_to_page(clone: Path, environment: dict[str, str]) -> float:
    """Start the app, wait for its page, and stop it."""
    port = free_port()
    started = time.perf_counter()
    with subprocess.Popen(
        ["make", "app", f"PORT={port}", "APP_FLAGS=--no-browser"],
        cwd=clone,
        env=environment,
        stdout=subprocess.DEVNULL,
    ) as process:
        try:
            while not _is_there(f"http://127.0.0.1:{port}/health"):
                if process.poll() is not None:
                    raise RuntimeError("`make app` ended before there was a page; see above.")
                if time.perf_counter() - started > PATIENCE:
                    raise RuntimeError(f"There was no page within {PATIENCE:.0f} s.")
                time.sleep(0.02)
            return time.perf_counter() - started
        finally:
            for child in psutil.Process(process.pid).children():  # make itself ends with it
                child.terminate()


def _is_there(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
