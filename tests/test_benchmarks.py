"""The benchmarks as one command: `make bench`."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent / "benchmarks"


@pytest.fixture
def bench(monkeypatch):
    spec = importlib.util.spec_from_file_location("bench", BENCHMARKS / "__main__.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.syspath_prepend(BENCHMARKS)  # it prepends another, which goes away with this one
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def started(bench, monkeypatch) -> list[list[str]]:
    """The commands that would have run; `writers` fails."""
    commands = []

    def run(command, *, check):
        commands.append([str(part) for part in command[1:]])
        return subprocess.CompletedProcess(command, int("writers" in commands[-1][0]))

    monkeypatch.setattr(bench.subprocess, "run", run)
    return commands


def folder_with(path: Path, name: str) -> Path:
    path.mkdir()
    (path / name).touch()
    return path


def test_it_knows_every_benchmark(bench):
    assert set(bench.BENCHMARKS) == {path.stem for path in BENCHMARKS.glob("[a-z]*.py")}


def test_what_cannot_be_run_is_named_with_what_it_lacks(bench, started, capsys, tmp_path):
    assert bench.main(["recognition", "--strokes", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert f"skipped: no digits.jsonl.gz in {tmp_path}; name its folder with --strokes DIR" in said
    assert started == []


def test_a_missing_browser_is_named_with_the_command_that_brings_it(
    bench, started, capsys, monkeypatch
):
    monkeypatch.setattr(bench.chromium, "find", lambda: None)
    assert bench.main(["pad", "speed"]) == 0
    assert "skipped: Chromium isn't here; python tests/chromium.py" in capsys.readouterr().out
    assert [command[0] for command in started] == [str(BENCHMARKS / "speed.py")]


def test_a_folder_goes_to_whoever_takes_it_and_options_to_the_one_that_is_named(
    bench, started, tmp_path
):
    strokes = folder_with(tmp_path / "strokes", "digits.jsonl.gz")
    bench.main(["recognition", "--every", "6", "--strokes", str(strokes)])
    bench.main(["speed", "--strokes", str(strokes)])
    assert started == [
        [str(BENCHMARKS / "recognition.py"), "--strokes", str(strokes), "--every", "6"],
        [str(BENCHMARKS / "speed.py")],
    ]


@pytest.mark.parametrize(
    "arguments", [["--visits", "3"], ["pad", "rivals", "--visits", "3"], ["x"]]
)
def test_an_option_for_nobody_and_an_unknown_name_are_refused(bench, started, arguments):
    with pytest.raises(SystemExit):
        bench.main(arguments)
    assert started == []


def test_one_that_fails_stops_no_other_and_is_told(bench, started, tmp_path, capsys):
    labels = folder_with(tmp_path / "labels", "qmnist-train-labels.tsv.gz")
    assert bench.main(["writers", "speed", "--qmnist", str(labels)]) == 1
    assert len(started) == 2
    assert "Not as it should be: writers" in capsys.readouterr().err


def test_the_list_runs_nothing():
    told = subprocess.run(
        [sys.executable, BENCHMARKS, "--list"], capture_output=True, text=True, check=True
    )
    assert told.stdout.count(" needs ") == len(list(BENCHMARKS.glob("[a-z]*.py")))
    assert " took " not in told.stdout
