"""MNIST's own geometry: cut the ink out, scale it to 20 pixels, centre its mass in 28 × 28."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import NothingDrawnError

__all__ = ["BOX_SIZE", "CENTRE", "PICTURE_SIZE", "Ink", "Picture"]
__all__ += ["centred", "cut_out", "picture_from_ink", "scaled", "stacked"]

Ink = NDArray[np.floating]
"""Where there is ink: floats, ``(height, width)``, in ``[0, 1]``, ink = 1, paper = 0."""

Picture = NDArray[np.float32]
"""A digit picture: ``(28, 28)``, in ``[0, 1]``, ink = 1, in MNIST's geometry."""

PICTURE_SIZE = 28
"""Side of a digit picture, in pixels."""

BOX_SIZE = 20
"""The longer side of the digit inside its picture, in pixels."""

CENTRE = 14.0
"""The pixel index on which the centre of mass falls. Measured on MNIST: 14.0, not 13.5."""


def picture_from_ink(ink: Ink) -> Picture:
    """Apply MNIST's three steps to an array of ink: cut out, scale to 20, centre its mass.

    Parameters
    ----------
    ink : numpy.ndarray
        Shape ``(height, width)``, values in ``[0, 1]``, ink = 1, paper = 0.

    Returns
    -------
    numpy.ndarray
        The digit picture: ``float32``, ``(28, 28)``, in ``[0, 1]``, ink = 1.

    Raises
    ------
    NothingDrawnError
        If there is no ink at all.

    Examples
    --------
    A picture that has MNIST's geometry already comes back as it is:

    >>> ink = np.zeros((28, 28), np.float32)
    >>> ink[4:24, 13:16] = 1
    >>> bool((picture_from_ink(ink) == ink).all())
    True
    """
    return centred(scaled(cut_out(ink), BOX_SIZE))


def cut_out(ink: Ink) -> Ink:
    """Cut out the tight box of all ink: MNIST's first step.

    Parameters
    ----------
    ink : numpy.ndarray
        Shape ``(height, width)``, values in ``[0, 1]``, ink = 1, paper = 0.

    Returns
    -------
    numpy.ndarray
        The part of it that has ink in its outermost rows and columns.

    Raises
    ------
    NothingDrawnError
        If there is no ink at all.

    Examples
    --------
    >>> cut_out(np.array([[0, 0, 0], [0, 1, 0], [0, 0.5, 0]]))
    array([[1. ],
           [0.5]])
    """
    return ink[box_of(ink)]


def scaled(box: Ink, side: int) -> Ink:
    """Scale a box, keeping its aspect, so that its longer side is ``side``: MNIST's second step.

    Parameters
    ----------
    box : numpy.ndarray
        ``float32``, ``(height, width)``, in ``[0, 1]``, ink = 1.
    side : int
        Length of the longer side afterwards, in pixels; MNIST's is 20.

    Returns
    -------
    numpy.ndarray
        ``float32``, each pixel the average of the area that it covers.

    Examples
    --------
    >>> scaled(np.float32([[1, 0], [0, 0]]), 1)
    array([[0.25]], dtype=float32)
    """
    scale = side / max(box.shape)
    height, width = (max(1, round(length * scale)) for length in box.shape)
    return _averaging(box.shape[0], height) @ box @ _averaging(box.shape[1], width).T


def _averaging(source: int, target: int) -> NDArray[np.float32]:
    """The matrix ``(target, source)`` that averages ``source`` pixels over ``target`` areas."""
    edges = np.arange(target + 1) * (source / target)
    # How much of each pixel lies before each edge.
    before = (edges[:, None] - np.arange(source)).clip(0, 1)
    return (np.diff(before, axis=0) * (target / source)).astype(np.float32)


def centred(digit: Ink) -> Picture:
    """Place a digit so that its centre of mass falls on pixel index 14: MNIST's third step.

    Parameters
    ----------
    digit : numpy.ndarray
        At most ``(28, 28)``, MNIST's are ``(20, 20)``; ink = 1, and there is some.

    Returns
    -------
    numpy.ndarray
        The digit picture: ``float32``, ``(28, 28)``, in ``[0, 1]``, ink = 1.

    Examples
    --------
    >>> np.argwhere(centred(np.ones((1, 1))))
    array([[14, 14]])
    """
    picture = np.zeros((PICTURE_SIZE, PICTURE_SIZE), np.float32)
    places = []
    for axis, side in enumerate(digit.shape):
        centre = digit.sum(axis=1 - axis) @ np.arange(side) / digit.sum()
        first = int(np.clip(np.rint(CENTRE - centre), 0, PICTURE_SIZE - side))
        places.append(slice(first, first + side))
    picture[tuple(places)] = digit.clip(0, 1)
    return picture


def stacked(pictures: Sequence[np.ndarray]) -> NDArray[np.float32]:
    """Put digit pictures together to a batch.

    Parameters
    ----------
    pictures : sequence of numpy.ndarray
        Each ``(28, 28)``; there may be none.

    Returns
    -------
    numpy.ndarray
        ``float32``, ``(n, 28, 28)``.

    Examples
    --------
    >>> stacked([]).shape
    (0, 28, 28)
    """
    return np.array(pictures, np.float32).reshape(-1, PICTURE_SIZE, PICTURE_SIZE)


def box_of(ink: NDArray[Any]) -> tuple[slice, slice]:
    """Return the rows and the columns of the tight box around all that is not 0.

    Raises
    ------
    NothingDrawnError
        If there is nothing.
    """
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        raise NothingDrawnError("There is no ink on it: draw a digit first.")
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def edge_of(values: Ink) -> Ink:
    """Return the outermost pixels of an image ``(height, width)``, all round."""
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])
