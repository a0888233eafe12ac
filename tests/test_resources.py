import subprocess
import sys
from pathlib import Path

import pytest

from digitlab import resources
from digitlab.resources import resource


def test_what_ships_is_found():
    assert (resource("models") / "digitlab.onnx").stat().st_size > 1_000_000
    assert resource("models/digitlab.onnx").is_file()


def test_it_is_found_from_any_folder(tmp_path):
    program = "from digitlab.resources import resource; print(resource('models').is_dir())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(resources.__file__).parents[1])},
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
    monkeypatch.setattr(resources, "_ROOTS", (tmp_path / "inside", tmp_path / "around"))
    (tmp_path / "around" / "models").mkdir()
    assert resource("models") == tmp_path / "around" / "models"
    (tmp_path / "inside" / "models").mkdir()
    assert resource("models") == tmp_path / "inside" / "models"
