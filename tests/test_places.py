import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from digitlab import places
from digitlab.places import data_path, resource

VARIABLE = "DIGITLAB_PLACE"


def test_the_environment_has_the_first_word(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "here"))
    assert data_path("name", variable=VARIABLE) == tmp_path / "here"


def test_a_home_and_a_relative_path_are_made_whole(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(VARIABLE, "~/here")
    assert data_path(variable=VARIABLE) == tmp_path / "here"
    monkeypatch.setenv(VARIABLE, "there")
    assert data_path(variable=VARIABLE) == tmp_path / "there"


def test_in_a_checkout_it_is_the_folder_data(monkeypatch):
    monkeypatch.setenv(VARIABLE, "")
    top = Path(__file__).parents[1]
    assert data_path(variable=VARIABLE) == top / "data"
    assert data_path("a", "b", variable=VARIABLE) == top / "data" / "a" / "b"


def test_text_is_read_as_utf_8_whatever_the_system_usually_has():
    program = """
import warnings
warnings.filterwarnings("error", category=EncodingWarning, module="digitlab")
from digitlab import DigitPad
import digitlab.app.server, digitlab.cli
DigitPad(teach=False)
"""
    subprocess.run([sys.executable, "-X", "warn_default_encoding", "-c", program], check=True)


def test_elsewhere_it_is_the_users_data_folder(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(places, "_PACKAGE", tmp_path / "digitlab")
    users = Path(platformdirs.user_data_dir("digitlab", appauthor=False))
    assert data_path("name", variable=VARIABLE) == users / "name"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such list of users")
@pytest.mark.parametrize("named", ["", "~/here"])
def test_where_there_is_no_home_folder_it_says_what_to_do(tmp_path, monkeypatch, named):
    import pwd

    def nobody(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.setenv(VARIABLE, named)
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    monkeypatch.setattr(places, "_PACKAGE", tmp_path / "digitlab")
    with pytest.raises(FileNotFoundError, match=f"no home folder.*set HOME.*{VARIABLE}"):
        data_path("name", variable=VARIABLE)


def test_what_ships_is_found():
    assert (resource("models") / "digitlab.onnx").stat().st_size > 1_000_000
    assert resource("models/digitlab.onnx").is_file()


def test_it_is_found_from_any_folder(tmp_path):
    program = "from digitlab.places import resource; print(resource('models').is_dir())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(places.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "True\n"


def test_what_is_missing_is_named_with_the_places_looked_at():
    with pytest.raises(FileNotFoundError, match=r"no/such\.file is neither at .* nor "):
        resource("no/such.file")


def test_what_a_wheel_carries_goes_first(tmp_path, monkeypatch):
    (tmp_path / "inside").mkdir()
    (tmp_path / "around").mkdir()
    monkeypatch.setattr(places, "_ROOTS", (tmp_path / "inside", tmp_path / "around"))
    (tmp_path / "around" / "models").mkdir()
    assert resource("models") == tmp_path / "around" / "models"
    (tmp_path / "inside" / "models").mkdir()
    assert resource("models") == tmp_path / "inside" / "models"
