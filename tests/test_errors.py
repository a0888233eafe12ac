import sys

import pytest

from digitlab import LabMissingError
from digitlab.errors import lab_needed


def test_what_is_there_is_imported():
    with lab_needed():
        import torch
    assert torch.__name__ == "torch"


def test_what_is_missing_is_named_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with (
        pytest.raises(LabMissingError, match=r'matplotlib.*pip install "digitlab\[lab\]"'),
        lab_needed(),
    ):
        import matplotlib  # noqa: F401


def test_a_part_of_digitlab_that_is_missing_is_not_blamed_on_the_lab():
    with pytest.raises(ModuleNotFoundError) as caught, lab_needed():
        import digitlab.no_such_module  # noqa: F401
    assert not isinstance(caught.value, LabMissingError)
