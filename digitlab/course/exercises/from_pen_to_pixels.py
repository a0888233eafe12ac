"""Exercises of notebook 7: the tight box, its new size, the centre of mass and its place."""

from typing import Any

import numpy as np

from digitlab.course.exercises.checking import exercise, matches
from digitlab.preprocess import cut_out


def _ink(height: int, width: int, top: int, left: int, tall: int, wide: int) -> np.ndarray:
    """Paper with a digit on it that has a faint border, and a hole."""
    ink = np.zeros((height, width))
    ink[top : top + tall, left : left + wide] = 0.2
    ink[top + 1 : top + tall - 1, left + 1 : left + wide - 1] = 1
    ink[top + 2, left + 1 : left + wide - 1] = 0  # a gap, as between two strokes
    return ink


def _turned_box(ink: Any) -> Any:
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (0, 1))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


@exercise
def tight_box(ink: Any) -> Any:
    """Cut out the tight box of all ink."""
    return cut_out(ink)


@exercise
def new_size(height: Any, width: Any, *, side: int = 20, to: Any = round) -> Any:
    """Return the size of a box whose longer side becomes 20; each part can be wrong."""
    factor = side / max(height, width)
    return np.array([max(1, to(height * factor)), max(1, to(width * factor))])


def _uneven(seed: int, height: int, width: int) -> np.ndarray:
    """Grey ink that is heavier at the bottom and on the left, with paper in between."""
    ink = np.random.default_rng(seed).random((height, width))
    ink[ink < 0.4] = 0
    ink *= np.linspace(0.1, 1, height)[:, None] * np.linspace(1, 0.3, width)
    ink[0, -1] = ink[-1, 0] = 1
    return ink


@exercise
def centre_of_mass(ink: Any) -> Any:
    """Return the centre of mass of the ink: row, then column."""
    return np.array([np.average(places, weights=ink) for places in np.indices(ink.shape)])


def _found(given: np.ndarray, digit: np.ndarray) -> bool:
    """Whether the digit is on the picture, with paper all around."""
    parts = np.lib.stride_tricks.sliding_window_view(given, digit.shape)
    there = np.isclose(parts, digit, atol=1e-6).all(axis=(2, 3)).any()
    return bool(there) and matches(given.sum(), digit.sum(), atol=1e-4)


@exercise
def place(digit: Any, row: Any, column: Any, *, middle: float = 14, to: Any = round) -> Any:
    """Put a digit with a known centre of mass where MNIST has it; each part can be wrong."""
    height, width = digit.shape
    top, left = to(middle - row), to(middle - column)
    picture = np.zeros((28, 28))
    picture[top : top + height, left : left + width] = digit
    return picture
