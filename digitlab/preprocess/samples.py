"""A hundred MNIST digits that ship with digitlab: ten of each class, without torch."""

import functools
import operator
import random
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.places import resource
from digitlab.preprocess.geometry import PICTURE_SIZE, Picture

__all__ = ["checked_digit", "stored_digit", "stored_digits"]

SAMPLES_OF_EACH = 10
"""How many digits of each class are stored."""


def checked_digit(value: Any, what: str = "The digit") -> int:
    """Check that something is a digit.

    Parameters
    ----------
    value : int
        Any kind of whole number, numpy's too, but not a bool.
    what : str, optional
        What to call it where it is refused.

    Returns
    -------
    int
        The same, 0 to 9.

    Raises
    ------
    ValueError
        If it is not one of 0 to 9.

    Examples
    --------
    >>> checked_digit(np.int64(7))
    7
    """
    try:
        digit = -1 if isinstance(value, bool | np.bool) else operator.index(value)
    except TypeError:
        digit = -1
    if not 0 <= digit <= 9:
        raise ValueError(f"{what} is {value!r:.80}: expected a digit, 0 to 9.")
    return digit


@functools.cache
def _sheet() -> NDArray[np.float32]:
    """All of them, ``(10, 10, 28, 28)``: row r of the image holds the digit r."""
    with Image.open(resource("data/sample.png")) as image:
        values = np.asarray(image.convert("L"), np.float32) / np.float32(255)
    return values.reshape(10, PICTURE_SIZE, SAMPLES_OF_EACH, PICTURE_SIZE).swapaxes(1, 2)


def stored_digits() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
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


def stored_digit(digit: int | None = None, *, generator: random.Random | None = None) -> Picture:
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
    choose = (generator or random).randrange
    row = choose(10) if digit is None else checked_digit(digit)
    return _sheet()[row, choose(SAMPLES_OF_EACH)].copy()
