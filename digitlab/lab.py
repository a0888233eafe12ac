"""The lab, and what to say where it is not installed."""

from collections.abc import Iterator
from contextlib import contextmanager

from digitlab.errors import LabMissingError


@contextmanager
def lab_needed() -> Iterator[None]:
    """Turn a missing dependency into the command that installs it.

    Raises
    ------
    LabMissingError
        If a module that is not digitlab's own is missing inside the block.

    Examples
    --------
    >>> with lab_needed():
    ...     import torch
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name.startswith("digitlab"):
            raise  # a broken installation, which the lab would not mend
        raise LabMissingError(
            f"This needs the lab, and {error.name} is not installed. "
            'Install it: pip install "digitlab[lab]"'
        ) from error
