import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


class Clone:
    """A folder with the Makefile, and an environment whose programs only note what is asked."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.programs = folder / ".venv" / "bin"
        self.programs.mkdir(parents=True)
        for name in ("Makefile", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, folder)
        (folder / ".venv" / ".created").touch()

    def put(self, name: str, *, code: int) -> None:
        program = self.programs / name
        program.write_text(f'#!/bin/sh\necho "$@" >> {self.folder}/{name}.told\nexit {code}\n')
        program.chmod(0o755)

    def told(self, name: str) -> list[str]:
        said = self.folder / f"{name}.told"
        return said.read_text().splitlines() if said.exists() else []

    def make(self, stamp: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            ["make", f".venv/{stamp}"],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )

    def has(self, stamp: str) -> bool:
        return (self.folder / ".venv" / stamp).exists()


@pytest.fixture
def clone(tmp_path) -> Clone:
    return Clone(tmp_path)


@pytest.mark.parametrize(("stamp", "what"), [(".light", "."), (".full", ".[test]")])
def test_uv_installs_the_versions_that_were_tested(clone, stamp, what):
    clone.put("uv", code=0)
    clone.put("python", code=1)
    assert clone.make(stamp).returncode == 0
    [said] = clone.told("uv")
    assert said.startswith("pip install --python .venv --constraint constraints.txt ")
    assert said.endswith(f" --editable {what}")
    assert clone.told("python") == []
    assert clone.has(stamp)


@pytest.mark.parametrize("has_uv", [True, False], ids=["uv fails", "no uv"])
def test_where_uv_cannot_pip_installs_the_same(clone, has_uv):
    if has_uv:
        clone.put("uv", code=2)
    clone.put("python", code=0)
    assert "Now pip" in clone.make(".light").stdout
    [said] = clone.told("python")
    assert said.startswith("-m pip install ")
    assert said.endswith(" --constraint constraints.txt --quiet --no-compile --editable .")
    assert clone.has(".light")


def test_what_could_not_be_installed_is_tried_again_next_time(clone):
    clone.put("uv", code=2)
    clone.put("python", code=1)
    assert clone.make(".full").returncode != 0
    assert not clone.has(".full")
    clone.put("python", code=0)
    assert clone.make(".full").returncode == 0
    assert clone.has(".full")
    assert clone.has(".light")  # which is part of it


def test_quick_leaves_out_what_the_tests_say_they_need(pytestconfig):
    made = subprocess.run(
        ["make", "--dry-run", "quick"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    left_out = re.search(r"-m 'not \((.+?)\)'", made.stdout)[1].split(" or ")
    markers = {line.partition(":")[0] for line in pytestconfig.getini("markers")}
    assert left_out
    assert set(left_out) <= markers
