"""Checks for notebook 6: the tight box, its new size, the centre of mass, and the place for it."""

from typing import Any

import numpy as np

from digitlab.course.exercises.verdict import Objection, array, exercise, expect, function


@exercise
def tight_box(answer: Any) -> str:
    """Check a function that cuts out the tight box of all ink."""
    cut = function(answer)
    for height, width, top, left, tall, wide in ((12, 9, 3, 2, 6, 4), (8, 14, 0, 5, 8, 7)):
        ink = _ink(height, width, top, left, tall, wide)
        expected = _boxed(ink, _rows_with_ink(ink), _rows_with_ink(ink.T))
        given = array(cut(ink.copy()))
        said = f"A digit {tall} rows high and {wide} wide"
        came = "came out with the shape " + " x ".join(map(str, given.shape))
        if given.shape == expected.shape:
            expect(
                bool(np.allclose(given, expected, atol=1e-6)),
                f"{said}: the box has the right size, but not its content. "
                "Were the greys changed, or is the box a pixel away from its place?",
            )
            continue
        expect(
            given.shape != ink.shape,
            f"{said}: nothing was cut away. Paper is 0 and ink is above it; where the two are "
            "exchanged, all of the sheet is ink.",
        )
        expect(
            given.shape not in {(tall - 1, wide - 1), (tall - 1, wide), (tall, wide - 1)},
            f"{said} {came}: the last row or column of ink is missing. A slice ends before its "
            "second number.",
        )
        expect(
            given.shape not in {(tall - 2, wide - 2), (tall - 2, wide), (tall, wide - 2)},
            f"{said} {came}: its faint border was cut away. Grey is ink too: all that is above 0.",
        )
        expect(
            given.shape not in {(tall + 2, wide + 2), (tall + 1, wide + 1)},
            f"{said} {came}: there is paper left around it.",
        )
        expect(
            given.shape not in {(wide, tall), _shape_of_exchanged(ink)},
            f"{said} {came}: were rows and columns exchanged? axis=1 looks along each row.",
        )
        raise Objection(f"{said} {came}.")
    return "Nothing but the digit, and all of it."


def _ink(height: int, width: int, top: int, left: int, tall: int, wide: int) -> np.ndarray:
    """Paper with a digit on it that has a faint border, and a hole."""
    ink = np.zeros((height, width))
    ink[top : top + tall, left : left + wide] = 0.2
    ink[top + 1 : top + tall - 1, left + 1 : left + wide - 1] = 1
    ink[top + 2, left + 1 : left + wide - 1] = 0  # a gap, as between two strokes
    return ink


def _rows_with_ink(ink: np.ndarray) -> list[int]:
    return [row for row, pixels in enumerate(ink.tolist()) if any(value > 0 for value in pixels)]


def _boxed(ink: np.ndarray, rows: list[int], columns: list[int]) -> np.ndarray:
    lines = ink.tolist()
    return np.array(
        [
            [lines[row][column] for column in range(columns[0], columns[-1] + 1)]
            for row in range(rows[0], rows[-1] + 1)
        ]
    )


def _shape_of_exchanged(ink: np.ndarray) -> tuple[int, int]:
    """The shape that comes out where rows and columns change their parts."""
    rows, columns = _rows_with_ink(ink), _rows_with_ink(ink.T)
    return ink[columns[0] : columns[-1] + 1, rows[0] : rows[-1] + 1].shape


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
        came = f"{said} came out {tall:g} x {wide:g}"
        if (tall, wide) == right:
            continue
        expect(
            (tall, wide) != (20, 20),
            f"{came}: all digits become squares like that. Height and width are to shrink alike.",
        )
        expect(
            (tall, wide) != right[::-1],
            f"{came}: height and width were exchanged. The height comes first, as in a shape.",
        )
        expect(
            min(tall, wide) > 0,
            f"{came}: a stroke straight down may be so thin that nothing is left of it. One pixel "
            "must remain.",
        )
        expect(
            min(tall, wide) < 20 or max(tall, wide) == 20,
            f"{came}: it is the longer side that is to be 20, and it is the shorter one here.",
        )
        expect(max(tall, wide) != 28, f"{came}: 28 is the whole picture; the digit has 20.")
        expect(
            tall == int(tall) and wide == int(wide),
            f"{came}: these are pixels, so they are to be whole numbers. Round them.",
        )
        expect(
            max(tall, wide) != 20 or min(tall, wide) != min(right) - 1,
            f"{came}. The shorter side was rounded down; take the nearest whole number.",
        )
        raise Objection(f"{came}, and it is to be {right[0]} x {right[1]}.")
    return "The longer side is 20, and the digit keeps its shape."


@exercise
def centre_of_mass(answer: Any) -> str:
    """Check a function for the centre of mass of the ink: row, then column."""
    centre_of = function(answer)
    for seed, height, width in ((0, 20, 12), (1, 7, 20)):
        ink = _uneven(seed, height, width)
        given = array(centre_of(ink.copy()))
        expect(given.shape == (2,), "Two numbers were expected: the row, and the column.")
        right = np.array(_centre(ink))
        if np.allclose(given, right, atol=1e-3):
            continue
        said = (
            f"For ink of {height} x {width} came out row {given[0]:.2f}, column {given[1]:.2f}, "
            f"and the centre is in row {right[0]:.2f}, column {right[1]:.2f}"
        )
        for other, slip in (
            (right[::-1], "the two are exchanged. The row comes first: it counts downwards"),
            (
                np.array([(height - 1) / 2, (width - 1) / 2]),
                "that is the middle of the box, where there may be no ink at all",
            ),
            (
                np.array([height / 2, width / 2]),
                "that is the middle of the box, where there may be no ink at all",
            ),
            (
                np.array(_centre(ink > 0)),
                "each pixel with ink counted the same. One with half the ink weighs half as much",
            ),
            (np.array(_centre(1 - ink)), "that is the centre of the paper"),
            (right + 1, "rows and columns are counted from 0"),
            (right + 0.5, "that is half a pixel too far. A pixel's index is its centre here"),
            (right * ink.sum(), "the sum is still to be divided by all ink"),
        ):
            expect(not np.allclose(given, other, atol=1e-3), f"{said}: {slip}.")
        raise Objection(f"{said}.")
    return "Row and column, each weighed by the ink."


def _uneven(seed: int, height: int, width: int) -> np.ndarray:
    """Grey ink that is heavier at the bottom and on the left, with paper in between."""
    ink = np.random.default_rng(seed).random((height, width))
    ink[ink < 0.4] = 0
    ink *= np.linspace(0.1, 1, height)[:, None] * np.linspace(1, 0.3, width)
    ink[0, -1] = ink[-1, 0] = 1
    return ink


def _centre(ink: np.ndarray) -> tuple[float, float]:
    """Weigh pixel by pixel."""
    mass = down = across = 0.0
    for row, pixels in enumerate(np.asarray(ink, float).tolist()):
        for column, value in enumerate(pixels):
            mass += value
            down += value * row
            across += value * column
    return down / mass, across / mass


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
        expect(
            found is not None,
            f"{said}: it is not to be found on the picture as it was. Its pixels are to be copied, "
            "all of them, to paper that is 0.",
        )
        top, left = found
        right = (round(14 - row), round(14 - column))
        if (top, left) == right:
            continue
        begins = f"{said} begins at row {top}, column {left}"
        middle = ((28 - height) // 2, (28 - width) // 2)
        for other, slip in (
            (middle, "there, the box is in the middle, and not the ink"),
            ((round(14 - column), round(14 - row)), "row and column were exchanged"),
            (
                (round(13.5 - row), round(13.5 - column)),
                "either the centre was put on 13.5 (MNIST's is on index 14), or the place was "
                "rounded down (take the nearest whole number)",
            ),
            ((0, 0), "it was left in the corner"),
            (
                (round(row), round(column)),
                "there is where its centre was in the box. It is to be moved by 14 minus that",
            ),
        ):
            expect((top, left) != other, f"{begins}: {slip}.")
        raise Objection(f"{begins}, and it is to begin at row {right[0]}, column {right[1]}.")
    return "There it is where all of MNIST's digits are."


def _where(picture: np.ndarray, digit: np.ndarray) -> tuple[int, int] | None:
    """Look for the digit on the picture, with paper all around."""
    height, width = digit.shape
    for top in range(28 - height + 1):
        for left in range(28 - width + 1):
            part = picture[top : top + height, left : left + width]
            if np.allclose(part, digit, atol=1e-6) and np.isclose(picture.sum(), digit.sum()):
                return top, left
    return None
