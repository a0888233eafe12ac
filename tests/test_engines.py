from pathlib import Path

import pytest

from tests import engines


@pytest.fixture
def path(tmp_path, monkeypatch) -> Path:
    """The only folder in which programs are found."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def put(path: Path, *names: str) -> None:
    for name in names:
        (path / name).touch(mode=0o755)


def test_debians_firefox_counts_first(path):
    assert engines.firefox() is None
    put(path, "firefox")
    assert engines.firefox() == path / "firefox"
    put(path, "firefox-esr")
    assert engines.firefox() == path / "firefox-esr"


@pytest.mark.parametrize("missing", ["WebKitWebDriver", "Xvfb"])
def test_webkit_needs_its_driver_and_a_screen(path, missing):
    put(path, *{"WebKitWebDriver", "Xvfb"} - {missing})
    assert engines.webkit() is None


def test_what_is_missing_is_said(path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["engines.py"])
    assert engines.main() == 1
    assert "sudo apt install firefox-esr webkit2gtk-driver xvfb" in capsys.readouterr().err
