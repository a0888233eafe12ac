"""Checks for notebook 1: pictures as numbers, the average digit, the nearest one, accuracy."""

import operator
from typing import Any

import numpy as np

from digitlab.course.exercises.slips import OTHERWISE, expect_equal, matches, rule_out
from digitlab.course.exercises.verdict import array, exercise, expect, function, number


@exercise
def digit_picture(answer: Any) -> str:
    """Check a function that turns a scan, 0 to 255, black on white, into a digit picture."""
    convert = function(answer)
    scan = np.full((28, 28), 255, dtype=np.uint8)  # paper
    scan[4:24, 12:16] = 0  # a stroke, with grey at its edges
    scan[4:24, 11], scan[4:24, 16] = 64, 204
    given = array(convert(scan.copy()), shape=(28, 28))
    ink = np.array([[(255 - int(grey)) / 255 for grey in row] for row in scan])
    low, high = given.min(), given.max()
    wrong = np.unravel_index(np.abs(given - ink).argmax(), ink.shape)
    only_two = np.isin(given, (0, 1)).all()
    slips = {
        "The scale is right, but ink and paper are the wrong way round: paper came out as 1, and "
        "is to be 0.": 1 - ink,
        "Ink and paper are right, but full ink came out as 255, and is to be 1.": 255 * ink,
        "That is the scan as it was: neither turned nor scaled.": scan,
        "Only 0 and 1 came out: the grey at the edges of the stroke was lost.": only_two,
        f"The values reach from {low:g} to {high:g}, and are to stay between 0 and 1. (Arithmetic "
        "in uint8 begins anew at 0 above 255: divide first, then the values are no longer "
        "whole.)": low < 0 or high > 1,
        f"A pixel of {scan[wrong]} in the scan became {given[wrong]:.4f}, and is to be "
        f"{ink[wrong]:.4f}.": not matches(given, ink, atol=1e-4),
    }
    rule_out(slips, given, atol=1e-4)
    return "Ink is 1, paper is 0, and grey lies between. Now it is a digit picture."


@exercise
def average_digits(answer: Any) -> str:
    """Check a function that averages the pictures of each digit."""
    average = function(answer)
    generator = np.random.default_rng(0)
    labels = generator.permutation(np.repeat(np.arange(10), np.arange(2, 12)))  # 2 zeros, 3 ones…
    images = generator.random((len(labels), 28, 28)) * (labels[:, None, None] + 1) / 10
    sums = np.array([images[labels == digit].sum(axis=0) for digit in range(10)])
    right = sums / np.arange(2, 12)[:, None, None]
    given = array(average(images.copy(), labels.copy()))
    of_shape = {
        "One picture came out. There are to be ten, one for each digit, so that the shape is "
        "(10, 28, 28).": (28, 28),
        "Ten numbers came out, which is one for each digit: was the mean taken over the pixels "
        "too? It is to run over the pictures only, axis=0.": (10,),
        f"The shape is {given.shape}, and is to be (10, 28, 28): ten pictures.": OTHERWISE,
    }
    expect_equal(given.shape, (10, 28, 28), of_shape)
    wrong = np.flatnonzero(~np.isclose(given, right).all(axis=(1, 2))).tolist()
    medians = [np.median(images[labels == digit], axis=0) for digit in range(10)]
    slips = {
        "These are the sums of the pictures. How many were there?": sums,
        "Each sum was divided by the number of all pictures, not by how many there are of that "
        "digit.": sums / len(labels),
        "All ten pictures are the same, the average of everything: were the pictures of each digit "
        "picked out first, with labels == digit?": [images.mean(axis=0)] * 10,
        "These are medians, and the mean was asked for.": medians,
        f"The average picture is not the right one for {wrong}.": OTHERWISE,
    }
    expect_equal(given, right, slips, atol=1e-6)
    return "Ten average digits, each over its own pictures only."


@exercise
def nearest(answer: Any) -> str:
    """Check a function that says which of ten averages is nearest to a picture."""
    read = function(answer)
    generator = np.random.default_rng(0)
    averages = generator.permuted(np.tile(np.linspace(0, 1, 784), (10, 1)), axis=1)
    averages = averages.reshape(10, 28, 28)  # all have the same ink in all
    for digit in (3, 7, 0, 9, 4):
        picture = 0.75 * averages[digit] + 0.25 * generator.random((28, 28))
        distances = [float(np.linalg.norm(picture - one)) for one in averages]
        given = number(read(picture.copy(), averages.copy()))
        _expect_digit(given, digit, distances)
    # Fifty pixels that are half wrong are nearer than twenty that are all wrong: 12.5 against 20.
    picture, averages = np.zeros((28, 28)), np.ones((10, 28, 28))
    averages[:2] = 0
    averages[0, :2, :25], averages[1, 0, :20] = 0.5, 1
    given = number(read(picture, averages))
    expect(
        given != 1,
        "Right for the first five, but not where it is close: were the differences made positive "
        "by abs? They are to be squared, so that one large difference weighs more than two of half "
        "its size.",
    )
    _expect_digit(given, 0, [12.5**0.5])
    return "The nearest average it is."


def _expect_digit(given: float, digit: int, distances: list[float]) -> None:
    how_far = np.isclose(given, [min(distances), min(distances) ** 2]).any()
    farthest = np.argmax(distances)
    slips = {
        f"{given:g} came out, which is how far the nearest average is. Which one is it? argmin "
        "says where the smallest is, min how small.": how_far,
        f"{given:g} came out, which is the average farthest away: argmin, not argmax?": farthest,
        f"{given:g} came out, and a digit is 0 to 9. Is there one distance for each average? "
        "Differences are summed over both axes of a picture, not over the "
        "ten.": given not in range(10),
        f"{given:g} came out, and average {digit} is nearest. Were the differences squared before "
        "they were summed? Without, those above and those below 0 cancel.": OTHERWISE,
    }
    expect_equal(given, digit, slips)


@exercise
def accuracy(answer: Any) -> str:
    """Check a function that says which share of the answers is right."""
    share = function(answer)
    eight = [3, 3, 0, 9, 9, 5, 5, 1]
    for answers, labels in (
        ([3, 8, 0, 9, 4, 5, 5, 1], eight),
        ([3, 3, 0, 9, 9, 5, 5, 7], eight),
        (eight, eight),
        ([1, 2, 3, 4], [1, 0, 0, 0]),  # in case 8 was written into the function
    ):
        given = number(share(np.array(answers), np.array(labels)))
        right, total = sum(map(operator.eq, answers, labels)), len(labels)
        said = f"{right} of {total} were right, and {given:g} came out"
        slips = {
            f"{said}: that is how many, not which share.": right,
            f"{said}: that is in percent. A share lies between 0 and 1.": 100 * right / total,
            f"{said}: that is the share of the wrong ones.": 1 - right / total,
            f"{said}, not {right / total:g}.": OTHERWISE,
        }
        expect_equal(given, right / total, slips, atol=5e-6)
    return "A share from 0 to 1, for however many digits."
