"""A hundred MNIST digits that travel with digitlab: ten of each class, without torch."""

import functools
import random

import numpy as np
from PIL import Image

from digitlab.places import resource
from digitlab.preprocess.geometry import PICTURE_SIZE

SAMPLES_OF_EACH = 10
"""How many digits of each class are stored."""


@functools.cache
def _sheet() -> np.ndarray:
    """All of them, ``(10, 10, 28, 28)``: row r of the image holds the digit r."""
    with Image.open(resource("data/sample.png")) as image:
        values = np.asarray(image.convert("L"), np.float32) / 255
    rows = values.reshape(10, PICTURE_SIZE, SAMPLES_OF_EACH, PICTURE_SIZE)
    sheet = rows.swapaxes(1, 2)
    sheet.flags.writeable = False  # it is shared by all who ask
    return sheet


def stored_digits() -> tuple[np.ndarray, np.ndarray]:
    """Return the stored digits and what they are.

    Returns
    -------
    pictures : numpy.ndarray
        ``float32``, ``(100, 28, 28)``, in ``[0, 1]``, ink = 1: the first ten digits of each class
        in MNIST's training part.
    labels : numpy.ndarray
        ``int64``, ``(100,)``: ten times 0, ten times 1, …

    Examples
    --------
    >>> pictures, labels = stored_digits()
    >>> pictures.shape, labels[:12].tolist()
    ((100, 28, 28), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1])
    """
    pictures = _sheet().reshape(-1, PICTURE_SIZE, PICTURE_SIZE).copy()
    return pictures, np.repeat(np.arange(10), SAMPLES_OF_EACH)


def stored_digit(digit: int | None = None, *, generator: random.Random | None = None) -> np.ndarray:
    """Return one stored digit, drawn by chance.

    Parameters
    ----------
    digit : int, optional
        Which digit it shall be, 0 to 9; any if not given.
    generator : random.Random, optional
        Where chance comes from; it is asked twice if no digit is given, else once.

    Returns
    -------
    numpy.ndarray
        A digit picture: ``float32``, ``(28, 28)``, in ``[0, 1]``, ink = 1.

    Raises
    ------
    ValueError
        If ``digit`` is not one of 0 to 9.

    Examples
    --------
    >>> stored_digit(3).shape
    (28, 28)
    """
    if digit is not None and digit not in range(10):
        raise ValueError(f"A digit is one of 0 to 9, not {digit!r}.")
    choose = (generator or random).randrange
    row = choose(10) if digit is None else digit
    return _sheet()[row, choose(SAMPLES_OF_EACH)].copy()
