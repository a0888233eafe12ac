"""Checks for notebook 7: the tight box, its new size, the centre of mass, and the place for it."""

from typing import Any

import numpy as np

from digitlab.course.exercises.slips import OTHERWISE, expect_equal, matches
from digitlab.course.exercises.verdict import array, exercise, expect, function


@exercise
def tight_box(answer: Any) -> str:
    """Check a function that cuts out the tight box of all ink."""
    cut = function(answer)
    for height, width, top, left, tall, wide in ((12, 9, 3, 2, 6, 4), (8, 14, 0, 5, 8, 7)):
        ink = _ink(height, width, top, left, tall, wide)
        right = ink[top : top + tall, left : left + wide]
        given = array(cut(ink.copy()))
        said = f"A digit {tall} rows high and {wide} wide"
        came = f"{said} came out with the shape " + " x ".join(map(str, given.shape))
        missing = np.subtract(right.shape, given.shape).tolist() if given.ndim == 2 else None
        border = missing in ([2, 2], [2, 0], [0, 2])
        exchanged = given.shape in (right.T.shape, ink[left : left + wide, top : top + tall].shape)
        slips = {
            f"{said}: the box has the right size, but not its content. Were the greys changed, or "
            "is the box a pixel away from its place?": given.shape == right.shape,
            f"{said}: nothing was cut away. Paper is 0 and ink is above it; where the two are "
            "exchanged, all of the sheet is ink.": given.shape == ink.shape,
            f"{came}: the last row or column of ink is missing. A slice ends before its second "
            "number.": missing in ([1, 1], [1, 0], [0, 1]),
            f"{came}: its faint border was cut away. Grey is ink too: all that is above 0.": border,
            f"{came}: there is paper left around it.": missing in ([-2, -2], [-1, -1]),
            f"{came}: were rows and columns exchanged? axis=1 looks along each row.": exchanged,
            f"{came}.": OTHERWISE,
        }
        expect_equal(given, right, slips, atol=1e-6)
    return "Nothing but the digit, and all of it."


def _ink(height: int, width: int, top: int, left: int, tall: int, wide: int) -> np.ndarray:
    """Paper with a digit on it that has a faint border, and a hole."""
    ink = np.zeros((height, width))
    ink[top : top + tall, left : left + wide] = 0.2
    ink[top + 1 : top + tall - 1, left + 1 : left + wide - 1] = 1
    ink[top + 2, left + 1 : left + wide - 1] = 0  # a gap, as between two strokes
    return ink


@exercise
def new_size(answer: Any) -> str:
    """Check a function for the size of a box whose longer side is to be 20."""
    size_of = function(answer)
    for height, width, right in (
        (200, 100, (20, 10)),
        (90, 180, (10, 20)),
        (10, 8, (20, 16)),
        (150, 110, (20, 15)),  # 14.67
        (64, 64, (20, 20)),
        (300, 4, (20, 1)),  # 0.27
    ):
        given = array(size_of(height, width))
        said = f"For a box {height} high and {width} wide"
        expect(given.shape == (2,), f"{said}: two numbers were expected, height and width.")
        tall, wide = given
        shorter, longer = sorted(given)
        alike = "Height and width are to shrink alike."
        broken = (given != given.round()).any()
        floored = longer == 20 and shorter == min(right) - 1
        came = f"{said} came out {tall:g} x {wide:g}"
        slips = {
            f"{came}: all digits become squares like that. {alike}": (20, 20),
            f"{came}: height and width were exchanged. The height comes first, as in a "
            "shape.": right[::-1],
            f"{came}: a stroke straight down may be so thin that nothing is left of it. One pixel "
            "must remain.": shorter <= 0,
            f"{came}: it is the longer side that is to be 20, and it is the shorter one "
            "here.": shorter >= 20 and longer != 20,
            f"{came}: 28 is the whole picture; the digit has 20.": longer == 28,
            f"{came}: these are pixels, so they are to be whole numbers. Round them.": broken,
            f"{came}. The shorter side was rounded down; take the nearest whole number.": floored,
            f"{came}, and it is to be {right[0]} x {right[1]}.": OTHERWISE,
        }
        expect_equal(given, right, slips)
    return "The longer side is 20, and the digit keeps its shape."


@exercise
def centre_of_mass(answer: Any) -> str:
    """Check a function for the centre of mass of the ink: row, then column."""
    centre_of = function(answer)
    for seed, height, width in ((0, 20, 12), (1, 7, 20)):
        ink = _uneven(seed, height, width)
        given = array(centre_of(ink.copy()))
        expect(given.shape == (2,), "Two numbers were expected: the row, and the column.")
        right = _centre(ink)
        said = (
            f"For ink of {height} x {width} came out row {given[0]:.2f}, column {given[1]:.2f}, "
            f"and the centre is in row {right[0]:.2f}, column {right[1]:.2f}"
        )
        middle = np.array([height, width]) / 2
        in_middle = matches(given, middle, atol=1e-3) or matches(given, middle - 0.5, atol=1e-3)
        slips = {
            "the two are exchanged. The row comes first: it counts downwards": right[::-1],
            "that is the middle of the box, where there may be no ink at all": in_middle,
            "each pixel with ink counted the same. One with half the ink weighs half as "
            "much": _centre(ink > 0),
            "that is the centre of the paper": _centre(1 - ink),
            "rows and columns are counted from 0": right + 1,
            "that is half a pixel too far. A pixel's index is its centre here": right + 0.5,
            "the sum is still to be divided by all ink": right * ink.sum(),
        }
        slips = {f"{said}: {slip}.": shows for slip, shows in slips.items()}
        expect_equal(given, right, slips | {f"{said}.": OTHERWISE}, atol=1e-3)
    return "Row and column, each weighed by the ink."


def _uneven(seed: int, height: int, width: int) -> np.ndarray:
    """Grey ink that is heavier at the bottom and on the left, with paper in between."""
    ink = np.random.default_rng(seed).random((height, width))
    ink[ink < 0.4] = 0
    ink *= np.linspace(0.1, 1, height)[:, None] * np.linspace(1, 0.3, width)
    ink[0, -1] = ink[-1, 0] = 1
    return ink


def _centre(ink: np.ndarray) -> np.ndarray:
    return np.array([np.average(places, weights=ink) for places in np.indices(ink.shape)])


@exercise
def place(answer: Any) -> str:
    """Check a function that puts a digit with a known centre of mass where MNIST has it."""
    place_digit = function(answer)
    for seed, height, width, row, column in (
        (0, 20, 12, 10.8, 4.7),
        (1, 20, 14, 9.3, 7.6),
        (2, 11, 20, 5.7, 9.2),
    ):
        digit = _uneven(seed, height, width)
        given = array(place_digit(digit.copy(), row, column))
        said = f"A digit of {height} x {width} with its centre in row {row}, column {column}"
        came = " x ".join(map(str, given.shape))
        expect(given.shape == (28, 28), f"{said}: 28 x 28 was expected, and {came} came out.")
        found = _where(given, digit)
        lost = "it is not to be found on the picture as it was. Its pixels are to be copied"
        expect(bool(found), f"{said}: {lost}, all of them, to paper that is 0.")
        right, put_on_13_5 = ((round(at - row), round(at - column)) for at in (14, 13.5))
        middle = ((28 - height) // 2, (28 - width) // 2)
        unmoved = (round(row), round(column))
        slips = {
            "there, the box is in the middle, and not the ink": middle,
            "row and column were exchanged": right[::-1],
            "either the centre was put on 13.5 (MNIST's is on index 14), or the place was rounded "
            "down (take the nearest whole number)": put_on_13_5,
            "it was left in the corner": (0, 0),
            "there is where its centre was in the box. It is to be moved by 14 minus that": unmoved,
        }
        begins = f"{said} begins at row {found[0]}, column {found[1]}"
        slips = {f"{begins}: {slip}.": place for slip, place in slips.items()}
        otherwise = f"{begins}, and it is to begin at row {right[0]}, column {right[1]}."
        expect_equal(found, right, slips | {otherwise: OTHERWISE})
    return "There it is where all of MNIST's digits are."


def _where(picture: np.ndarray, digit: np.ndarray) -> list[int]:
    """Row and column at which the digit begins, with paper all around; empty if it is nowhere."""
    parts = np.lib.stride_tricks.sliding_window_view(picture, digit.shape)
    found = np.argwhere(np.isclose(parts, digit, atol=1e-6).all(axis=(2, 3))).tolist()
    return found[0] if found and np.isclose(picture.sum(), digit.sum()) else []
