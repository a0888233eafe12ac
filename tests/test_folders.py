from pathlib import Path

import platformdirs

from digitlab import folders
from digitlab.folders import data_path

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


def test_elsewhere_it_is_the_users_data_folder(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(folders, "__file__", str(tmp_path / "digitlab" / "folders.py"))
    users = Path(platformdirs.user_data_dir("digitlab", appauthor=False))
    assert data_path("name", variable=VARIABLE) == users / "name"
