import sys

import pytest

from tests.chromium import find


@pytest.fixture
def program(tmp_path):
    path = tmp_path / ("chromium.exe" if sys.platform == "win32" else "chromium")
    path.touch(mode=0o755)
    return path


def test_the_environment_decides(program, monkeypatch):
    monkeypatch.setenv("DIGITLAB_BROWSER", str(program))
    assert find() == program


def test_a_wrong_name_in_the_environment_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGITLAB_BROWSER", str(tmp_path / "netscape"))
    with pytest.raises(FileNotFoundError, match=r"DIGITLAB_BROWSER names .*netscape"):
        find()


def test_an_installed_browser_is_found_on_the_path(program, monkeypatch):
    monkeypatch.delenv("DIGITLAB_BROWSER", raising=False)
    monkeypatch.setenv("PATH", str(program.parent))
    assert find() == program
