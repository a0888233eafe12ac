"""Exercises of notebook 7: the tight box, its new size, the centre of mass and its place."""

import math
from typing import Any

import numpy as np

from digitlab.course.exercises.checking import exercise, matches, turned, when
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


def _smaller_by(*differences: tuple[int, int]) -> when:
    """Whether so many rows and columns are missing."""
    return when(
        lambda given, right, ink: (
            given.ndim == 2 and tuple(np.subtract(right.shape, given.shape)) in differences
        )
    )


@exercise(
    (_ink(12, 9, 3, 2, 6, 4),),
    (_ink(8, 14, 0, 5, 8, 7),),
    content=when(lambda given, right, ink: given.shape == right.shape),
    nothing_cut=when(lambda given, right, ink: given.shape == ink.shape),
    last_missing=_smaller_by((1, 1), (1, 0), (0, 1)),
    greys_lost=_smaller_by((2, 2), (2, 0), (0, 2)),
    paper_left=_smaller_by((-2, -2), (-1, -1)),
    exchanged=(_turned_box, turned(np.transpose)),
)
def tight_box(ink: Any) -> Any:
    """Cut out the tight box of all ink."""
    return cut_out(ink)


def _sized(side: int, *, to: Any = round, least: int = 1) -> Any:
    """Scale so that the longer side is 20; each part can be wrong."""

    def size_of(height: int, width: int) -> Any:
        factor = side / max(height, width)
        return max(least, to(height * factor)), max(least, to(width * factor))

    return size_of


@exercise(
    (200, 100),
    (90, 180),
    (10, 8),
    (150, 110),
    (64, 64),
    (300, 4),
    squares=lambda *sides: (
        20,
        20,
    ),
    exchanged=turned(lambda right: right[::-1]),
    nothing_left=when(lambda given, *_: given.shape == (2,) and given.min() <= 0),
    by_shorter=when(lambda given, *_: given.min() >= 20 < given.max()),
    whole_picture=_sized(28),
    broken=when(lambda given, *_: (given % 1).any()),
    floored=_sized(20, to=math.floor),
)
def new_size(height: Any, width: Any) -> Any:
    """Return the size of a box whose longer side becomes 20."""
    return np.array(_sized(20)(height, width))


def _uneven(seed: int, height: int, width: int) -> np.ndarray:
    """Grey ink that is heavier at the bottom and on the left, with paper in between."""
    ink = np.random.default_rng(seed).random((height, width))
    ink[ink < 0.4] = 0
    ink *= np.linspace(0.1, 1, height)[:, None] * np.linspace(1, 0.3, width)
    ink[0, -1] = ink[-1, 0] = 1
    return ink


def _centre(ink: Any) -> Any:
    return np.array([np.average(places, weights=ink) for places in np.indices(ink.shape)])


_CAME = "{given} came out, and the centre of mass is at {right}"


@exercise(
    (_uneven(0, 20, 12),),
    (_uneven(1, 7, 20),),
    exchanged=turned(lambda right: right[::-1]),
    middle=(
        lambda ink: np.array(ink.shape) / 2,
        lambda ink: (np.array(ink.shape) - 1) / 2,
    ),
    unweighed=lambda ink: _centre(ink > 0),
    paper=lambda ink: _centre(1 - ink),
    from_one=turned(lambda right: right + 1),
    half_a_pixel=turned(lambda right: right + 0.5),
    undivided=lambda ink: _centre(ink) * ink.sum(),
    atol=1e-3,
)
def centre_of_mass(ink: Any) -> Any:
    """Return the centre of mass of the ink: row, then column."""
    return _centre(ink)


def _placed(where: Any) -> Any:
    """Copy a digit to where a function of its centre and size says."""

    def place(digit: Any, row: float, column: float) -> Any:
        height, width = digit.shape
        top, left = where(row, column, height, width)
        picture = np.zeros((28, 28))
        picture[top : top + height, left : left + width] = digit
        return picture

    return place


def _found(given: np.ndarray, digit: np.ndarray) -> bool:
    """Whether the digit is on the picture, with paper all around."""
    parts = np.lib.stride_tricks.sliding_window_view(given, digit.shape)
    there = np.isclose(parts, digit, atol=1e-6).all(axis=(2, 3)).any()
    return bool(there) and matches(given.sum(), digit.sum(), atol=1e-4)


@exercise(
    (_uneven(0, 12, 10), 4.3, 6.6),  # all slips differ, and have room
    (_uneven(0, 20, 12), 10.8, 4.7),
    (_uneven(1, 20, 14), 9.3, 7.6),
    (_uneven(2, 11, 20), 5.7, 9.2),
    other_size=when(lambda given, *_: given.shape != (28, 28) and str(given.shape)),
    not_found=when(lambda given, right, digit, *_: not _found(given, digit)),
    box_in_middle=_placed(lambda y, x, h, w: ((28 - h) // 2, (28 - w) // 2)),
    exchanged=_placed(lambda y, x, h, w: (round(14 - x), round(14 - y))),
    off_by_half=(
        _placed(lambda y, x, h, w: (round(13.5 - y), round(13.5 - x))),
        _placed(lambda y, x, h, w: (int(14 - y), int(14 - x))),
    ),
    corner=_placed(lambda y, x, h, w: (0, 0)),
    unmoved=_placed(lambda y, x, h, w: (round(y), round(x))),
    other=when(lambda given, right, digit, *_: "{} x {}".format(*digit.shape)),
)
def place(digit: Any, row: Any, column: Any) -> Any:
    """Put a digit with a known centre of mass where MNIST has it."""
    return _placed(lambda y, x, h, w: (round(14 - y), round(14 - x)))(digit, row, column)
