"""`make release`, in a clone that it may change."""

import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]
    ended = subprocess.run(
        ["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return ended.stdout.strip()


@pytest.fixture
def clone(tmp_path) -> Path:
    """What git would keep of the working tree, with a history of one commit."""
    folder = tmp_path / "digitlab"
    names = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    for name in names:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    git(folder.parent, "init", "--quiet", "--initial-branch", "main", str(folder))
    git(folder, "config", "user.name", "Somebody")
    git(folder, "config", "user.email", "somebody@example.org")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "All of it")
    return folder


def release(clone: Path, *version: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, clone / ".ci" / "release", *version]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_release_is_a_version_a_dated_changelog_a_tag_and_two_files(clone):
    # The build's own environment would be fetched anew; the one of the tests has all it takes.
    script = (clone / ".ci" / "release").read_text()
    (clone / ".ci" / "release").write_text(script.replace('"build", "', '"build", "-n", "'))
    git(clone, "commit", "--quiet", "--all", "--message", "Build here")
    ended = release(clone, "7.8.9")
    assert ended.returncode == 0, ended.stderr
    assert git(clone, "describe", "--exact-match") == "v7.8.9"
    assert git(clone, "status", "--porcelain") == ""
    assert re.search(
        r"^## Unreleased\n\n## 7\.8\.9, \d{4}-\d\d-\d\d$",
        (clone / "CHANGELOG.md").read_text(),
        re.MULTILINE,
    )
    assert "\nversion: 7.8.9\n" in (clone / "CITATION.cff").read_text()
    assert {path.name for path in (clone / "dist").iterdir()} == {
        "digitlab-7.8.9.tar.gz",
        "digitlab-7.8.9-py3-none-any.whl",
    }
    with tarfile.open(clone / "dist" / "digitlab-7.8.9.tar.gz") as archive:
        assert "digitlab-7.8.9/CHANGELOG.md" in archive.getnames()
    assert "already" in release(clone, "7.8.9").stderr


@pytest.mark.parametrize("version", [(), ("seven",), ("1.2",)])
def test_without_a_version_it_asks_for_one(clone, version):
    assert "Say which version" in release(clone, *version).stderr


def test_with_changes_that_nobody_committed_it_stops(clone):
    (clone / "README.md").write_text("half a sentence")
    ended = release(clone, "7.8.9")
    assert ended.returncode != 0
    assert "Commit them" in ended.stderr
    assert git(clone, "tag") == ""
