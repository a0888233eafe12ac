"""What the tests of the running app share."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder like tmp_path, with a name that leaves room for a socket's: it has 107 bytes."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
