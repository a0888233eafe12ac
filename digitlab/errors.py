"""What can go wrong, by name.

Every error that digitlab raises on purpose derives from `DigitlabError`, and from the
built-in exception a caller would expect, so both of these work::

    except digitlab.DigitlabError: ...   # anything that digitlab refuses
    except ValueError: ...               # the usual Python way

- `DigitlabError`
    - `ImageError` (also `ValueError`): this is not a picture that can be read
    - `StrokesError` (also `ValueError`): these are not pen strokes
    - `NothingDrawnError` (also `ValueError`): readable, but there is no ink on it
    - `WeightsError` (also `ValueError`): the weights are missing, damaged or of another network
    - `DataError` (also `RuntimeError`): MNIST could not be found, fetched or verified
    - `DrawingsError` (also `RuntimeError`): the file of corrected drawings cannot be used
    - `LabMissingError` (also `ImportError`): this needs the lab, and only the pad is installed
"""

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["DataError", "DigitlabError", "DrawingsError", "ImageError", "LabMissingError"]
__all__ += ["NothingDrawnError", "StrokesError", "WeightsError"]


class DigitlabError(Exception):
    """The root of all errors that digitlab raises on purpose."""


class ImageError(DigitlabError, ValueError):
    """Something is not a picture that can be read; the message says why, and what would be."""


class StrokesError(DigitlabError, ValueError):
    """Something is not pen strokes; the message says what was found and what was expected."""


class NothingDrawnError(DigitlabError, ValueError):
    """The picture or the strokes are readable, but hold no ink."""


class WeightsError(DigitlabError, ValueError):
    """The weights are missing, damaged, or belong to another network."""


class DataError(DigitlabError, RuntimeError):
    """MNIST could not be found, fetched or verified; the message lists what was tried."""


class DrawingsError(DigitlabError, RuntimeError):
    """The file of corrected drawings cannot be used; the message says why, and what to do."""


class LabMissingError(DigitlabError, ImportError):
    """A part of the lab was asked for where only the pad is installed."""


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
        if error.name is None or error.name.startswith("digitlab"):
            raise  # a broken installation, which the lab would not mend
        raise LabMissingError(
            f"This needs the lab, and {error.name} is not installed. "
            'Install it: pip install "digitlab[lab]"'
        ) from error
