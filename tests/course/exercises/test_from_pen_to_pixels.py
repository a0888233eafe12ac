"""The checks of notebook 7: what they say to wrong answers."""

import math

import numpy as np

from digitlab.course.exercises import from_pen_to_pixels as check
from digitlab.preprocess.geometry import centred, cut_out


def last_row_missing(ink):
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1], columns[0] : columns[-1]]


def axes_exchanged(ink):
    rows, columns = np.flatnonzero(ink.any(axis=0)), np.flatnonzero(ink.any(axis=1))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def without_greys(ink):
    rows, columns = np.flatnonzero((ink > 0.5).any(axis=1)), np.flatnonzero((ink > 0.5).any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def polarity_inverted(ink):
    rows, columns = np.flatnonzero((1 - ink).any(axis=1)), np.flatnonzero((1 - ink).any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def sized(side, *, by=max, to=round, least=1):
    def size_of(height, width):
        factor = side / by(height, width)
        return max(least, to(height * factor)), max(least, to(width * factor))

    return size_of


def centre(ink):
    rows, columns = np.indices(ink.shape)
    return np.array([(ink * rows).sum(), (ink * columns).sum()]) / ink.sum()


def placed(where):
    def place(digit, row, column):
        height, width = digit.shape
        top, left = where(row, column, height, width)
        picture = np.zeros((28, 28))
        picture[top : top + height, left : left + width] = digit
        return picture

    return place


CASES = [
    (check.tight_box, last_row_missing, "before its second number"),
    (check.tight_box, without_greys, "Grey is ink too"),
    (check.tight_box, polarity_inverted, "Nothing was cut away"),
    (check.tight_box, lambda ink: ink, "Nothing was cut away"),
    (check.tight_box, axes_exchanged, "rows and columns exchanged"),
    (check.tight_box, lambda ink: cut_out(ink).T, "rows and columns exchanged"),
    (check.tight_box, lambda ink: cut_out(ink) > 0, "but not its content"),
    (check.tight_box, lambda ink: np.pad(cut_out(ink), 1), "There is paper left"),
    (check.new_size, lambda height, width: (20, 20), "squares"),
    (check.new_size, lambda height, width: sized(20)(width, height), "were exchanged"),
    (check.new_size, lambda height, width: [20, width * 20 / height], "longer side"),
    (check.new_size, sized(20, by=min), "longer side"),
    (check.new_size, sized(28), "28 is the whole picture"),
    (check.new_size, sized(20, to=float), "whole numbers"),
    (check.new_size, sized(20, to=int), "rounded the shorter side down"),
    (check.new_size, sized(20, to=math.ceil), "should be"),
    (check.new_size, sized(20, least=0), "One pixel must remain"),
    (check.centre_of_mass, lambda ink: centre(ink)[::-1], "exchanged"),
    (check.centre_of_mass, lambda ink: np.array(ink.shape) / 2, "middle of the box"),
    (check.centre_of_mass, lambda ink: (np.array(ink.shape) - 1) / 2, "middle of the box"),
    (check.centre_of_mass, lambda ink: centre(ink > 0), "weighs half as much"),
    (check.centre_of_mass, lambda ink: centre(1 - ink), "centre of the paper"),
    (check.centre_of_mass, lambda ink: centre(ink) + 1, "counted from 0"),
    (check.centre_of_mass, lambda ink: centre(ink) + 0.5, "half a pixel"),
    (check.centre_of_mass, lambda ink: centre(ink) * ink.sum(), "divide the sum by all ink"),
    (check.centre_of_mass, lambda ink: centre(ink)[0], "Two numbers"),
    (check.place, placed(lambda y, x, h, w: (round(13.5 - y), round(13.5 - x))), "on 13.5"),
    (check.place, placed(lambda y, x, h, w: ((28 - h) // 2, (28 - w) // 2)), "and not the ink"),
    (check.place, placed(lambda y, x, h, w: (int(14 - y), int(14 - x))), "rounded down"),
    (check.place, placed(lambda y, x, h, w: (0, 0)), "in the corner"),
    (check.place, lambda digit, row, column: digit, "28 x 28 was expected"),
    (check.place, lambda digit, row, column: 1 - centred(digit), "isn't to be found"),
]


def test_row_and_column_exchanged_are_told_where_there_is_room_for_it():
    def exchanged(digit, row, column):
        return placed(lambda *_: (round(14 - column), round(14 - row)))(digit, row, column)

    verdict = check.place(exchanged)
    assert verdict.passed is False
    assert "exchanged" in verdict.message or "raised" in verdict.message


def test_a_right_answer_may_be_an_array_or_a_list():
    assert check.new_size(lambda *sides: np.array(sized(20)(*sides))).passed
    assert check.centre_of_mass(lambda ink: list(centre(ink))).passed
