"""`digitlab app --check`: what an operator learns before anybody comes."""

import subprocess

import pytest

from digitlab.app.kernels.manager import CAN_FORK
from tests.app.test_attacks import with_tasks
from tests.serving import TIMEOUT, command, free_port


def check(*arguments: str, before: str = "", under=()) -> subprocess.CompletedProcess:
    return subprocess.run(
        [*under, *command("--check", "--port", str(free_port()), *arguments, before=before)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def test_it_tells_what_would_be_served_and_starts_nothing():
    said = check("--max-visitors", "2", "--token", "secret", "--allow-host", "pad.example")
    assert (said.returncode, said.stderr) == (0, "")
    lines = said.stdout.splitlines()
    assert "token" in lines[2]
    assert "pad.example" in lines[3]
    assert lines[4] == "Visitors: 2 at most"
    assert [line for line in lines if "MISSING" in line] == []
    for what in ("open files", "tasks", "MB of memory", "MB for temporary files"):
        assert [line for line in lines if f" {what}: " in line]


def test_what_is_missing_is_named_with_the_way_out():
    said = check("--max-visitors", "10000000")
    assert said.returncode == 1
    [memory] = [line for line in said.stdout.splitlines() if " MB of memory: MISSING" in line]
    assert "MemoryMax" in memory


@pytest.mark.skipif(not CAN_FORK, reason="not every system has such limits")
def test_limits_of_files_and_tasks_are_seen():
    limit = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))"
    said = check(before=limit, under=with_tasks(90))
    assert said.returncode == 1
    assert "open files: MISSING, 300 left" in said.stdout
    assert "tasks: MISSING, 90 left" in said.stdout


@pytest.mark.skipif(not CAN_FORK, reason="not every system has such a folder")
def test_without_a_folder_to_write_to_it_says_so():
    closed = "import tempfile; tempfile.tempdir = '/no/such/folder'"
    said = check(before=closed)
    assert (said.returncode, said.stdout) == (1, "")
    assert "/no/such/folder" in said.stderr
    assert len(said.stderr.splitlines()) == 1
