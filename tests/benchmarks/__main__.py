"""Say what each benchmark needs, run those that can be run here, and name the others.

    python tests/benchmarks                          # all
    python tests/benchmarks pad visitors             # these
    python tests/benchmarks pad --visits 3           # one, with options of its own
    python tests/benchmarks --strokes ../pen-strokes # a folder goes to whoever takes it

`make bench BENCH_FLAGS="pad --visits 3"` does the same.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))  # this folder is run as a program

from tests import chromium, nginx  # noqa: E402

BENCHMARKS = {
    "recognition": ("--strokes",),
    "real_images": ("--images", "--odd"),
    "forms": ("MNIST",),
    "writers": ("MNIST", "--qmnist"),
    "speed": ("MNIST",),
    "pad": ("Chromium",),
    "rivals": ("Chromium", "a package index"),
    "start": ("Linux", "a package index"),
    "visitors": ("Linux",),
    "deploy": ("nginx",),
    "soak": ("Linux",),
}
"""What each needs: a folder to be named, or something to be there."""

FOLDERS = {
    "--strokes": ("pen-strokes", "digits.jsonl.gz"),
    "--images": ("real-images", "manifest.jsonl"),
    "--odd": ("odd-images", "expected.jsonl"),
    "--qmnist": ("qmnist", "qmnist-train-labels.tsv.gz"),
}
"""Where we have the folders that aren't in the repository, and a file that tells them."""

HOW = {
    "Chromium": "python tests/chromium.py --install",
    "nginx": "python tests/nginx.py --install",
    "Linux": "another machine",
}
"""What helps where something is missing."""


def main(arguments: list[str] | None = None) -> int:
    """Run them, and return 1 if one failed."""
    parser = argparse.ArgumentParser(
        description="Measure what can be measured here.",
        epilog="Any other option goes to the one benchmark that you name.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}")
    parser.add_argument("--list", action="store_true", help="only say what would be run")
    for option, (folder, _) in FOLDERS.items():
        default = ROOT.parent / "shared" / folder
        parser.add_argument(option, type=Path, default=default, metavar="DIR")
    options, passed_on = parser.parse_known_args(arguments)
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(unknown)}, only {', '.join(BENCHMARKS)}")
    if passed_on and len(options.names) != 1:
        parser.error(f"name the one benchmark that {' '.join(passed_on)} is for")

    folders = {name: getattr(options, name[2:]) for name in FOLDERS}
    chosen = {name: missing(name, folders) for name in options.names or BENCHMARKS}
    for name, lacks in chosen.items():
        needs = ", ".join(BENCHMARKS[name])
        print(f"{name:12} needs {needs:25} {f'skipped: {lacks}' if lacks else 'runs'}")
    print("speed trains for some minutes, soak takes half an hour. Name those that you want.")
    failed = []
    for name in [name for name, lacks in chosen.items() if not (lacks or options.list)]:
        print(f"\n## {name}\n", flush=True)
        given = [
            part for need in BENCHMARKS[name] if need in folders for part in (need, folders[need])
        ]
        begun = time.monotonic()
        if subprocess.run(
            [sys.executable, HERE / f"{name}.py", *given, *passed_on], check=False
        ).returncode:
            failed.append(name)
        print(f"\n{name} took {time.monotonic() - begun:.0f} s.")
    if failed:
        print(f"\nNot as it should be: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


def missing(name: str, folders: dict[str, Path]) -> str:
    """Say what a benchmark lacks here and what helps; nothing if it lacks nothing."""
    there = {
        "Chromium": chromium.find,
        "nginx": nginx.find,
        "Linux": lambda: sys.platform == "linux",
    }
    for need in BENCHMARKS[name]:
        if need in folders and not (folders[need] / FOLDERS[need][1]).is_file():
            return f"no {FOLDERS[need][1]} in {folders[need]}; name its folder with {need} DIR"
        if need in there and not there[need]():
            return f"{need} isn't here; {HOW[need]}"
    return ""


if __name__ == "__main__":
    sys.exit(main())
