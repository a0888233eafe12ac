"""The CI machine relies on a skipped test failing the run, and more; this holds that it does."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

SKIPS = {
    "mark": "@pytest.mark.skip\ndef test_it(): ...",
    "call": "def test_it(): pytest.skip('no browser')",
    "fixture": "@pytest.fixture\ndef browser(): pytest.skip('none')\ndef test_it(browser): ...",
    "module": "pytest.skip('none here', allow_module_level=True)",
}


def run(folder: Path, bodies: dict[str, str] | str, *options: str) -> tuple[int, str]:
    shutil.copy(Path(__file__).with_name("conftest.py"), folder)
    (folder / "test_good.py").write_text("def test_good(): ...\n")
    for name, body in (bodies if isinstance(bodies, dict) else {"it": bodies}).items():
        (folder / f"test_{name}.py").write_text(f"import pytest\n{body}\n")
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options],
        cwd=folder,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # it starts faster without
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout


def test_skipped_tests_fail_the_run_and_are_listed(tmp_path):
    code, output = run(tmp_path, SKIPS, "--fail-on-skip")
    assert code == pytest.ExitCode.TESTS_FAILED
    listed = output.partition("this run must not skip")[2]
    assert all(f"test_{name}" in listed for name in SKIPS)


def test_a_single_skip_fails_the_run(tmp_path):
    code, _ = run(tmp_path, SKIPS["call"], "--fail-on-skip")
    assert code == pytest.ExitCode.TESTS_FAILED


def test_without_the_option_it_does_not(tmp_path):
    code, _ = run(tmp_path, SKIPS["call"])
    assert code == pytest.ExitCode.OK


@pytest.mark.parametrize(
    "body", ["", "@pytest.mark.xfail\ndef test_it(): assert False"], ids=["passed", "xfailed"]
)
def test_what_did_run_is_no_skip(tmp_path, body):
    code, _ = run(tmp_path, body, "--fail-on-skip")
    assert code == pytest.ExitCode.OK


def test_a_skip_in_a_worker_fails_the_run_too(tmp_path):
    workers = ["-p", "xdist", "-n", "2", "--dist", "loadfile"]
    two = {name: SKIPS[name] for name in ("module", "fixture")}
    code, output = run(tmp_path, two, "--fail-on-skip", *workers)
    assert code == pytest.ExitCode.TESTS_FAILED
    listed = output.partition("this run must not skip")[2]
    assert all(f"test_{name}" in listed for name in two)


START = "from time import process_time"
WORK = "while process_time() < 3: ..."  # since the kernel began


@pytest.mark.notebook
def test_a_notebook_that_takes_longer_than_its_budget_fails(tmp_path):
    """Also one that is in another folder than conftest.py, as ours are."""
    cells = [nbformat.v4.new_code_cell(source) for source in (START, WORK)]
    tests, notebooks = tmp_path / "tests", tmp_path / "notebooks"
    tests.mkdir()
    notebooks.mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=cells), notebooks / "slow.ipynb")
    conftest = Path(__file__).with_name("conftest.py").read_text(encoding="utf-8")
    assert "BUDGET = 360" in conftest
    (tests / "conftest.py").write_text(conftest.replace("BUDGET = 360", "BUDGET = 2.5"))
    (tests / "test_good.py").write_text("def test_good(): ...\n")
    options = ["-p", "no:cacheprovider", "--nbval", "--nbval-current-env"]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "tests", "notebooks/slow.ipynb"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == pytest.ExitCode.TESTS_FAILED
    assert "1 failed, 2 passed" in ended.stdout
    assert "its budget is" in ended.stdout


STEPS = """
import torch

def step(size):
    weights = torch.zeros(size, requires_grad=True)
    weights.sum().backward()
    torch.optim.SGD([weights], lr=0.1).step()

def test_few(): step(10)

def test_many(): step(100_000)

@pytest.mark.training
def test_many_and_says_so(): step(100_000)
"""


@pytest.mark.training
def test_a_test_that_trains_a_network_has_to_say_so(tmp_path):
    _, output = run(tmp_path, STEPS)
    assert "FAILED test_it.py::test_many - " in output
    assert "Mark it: @pytest.mark.training" in output
    assert "1 failed, 3 passed" in output
