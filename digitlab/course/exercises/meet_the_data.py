"""Checks for notebook 1: pictures as numbers, the average digit, the nearest one, accuracy."""

from typing import Any

import numpy as np

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
    expect(
        not np.allclose(given, 1 - ink),
        "The scale is right, but ink and paper are the wrong way round: paper came out as 1, "
        "and is to be 0.",
    )
    expect(
        not np.allclose(given, 255 * ink),
        "Ink and paper are right, but full ink came out as 255, and is to be 1.",
    )
    expect(
        not np.array_equal(given, scan), "That is the scan as it was: neither turned nor scaled."
    )
    expect(
        not np.isin(given, (0, 1)).all(),
        "Only 0 and 1 came out: the grey at the edges of the stroke was lost.",
    )
    low, high = given.min(), given.max()
    expect(
        low >= 0 and high <= 1,
        f"The values reach from {low:g} to {high:g}, and are to stay between 0 and 1. (Arithmetic "
        "in uint8 begins anew at 0 above 255: divide first, then the values are no longer whole.)",
    )
    wrong = np.unravel_index(np.abs(given - ink).argmax(), ink.shape)
    expect(
        np.allclose(given, ink, atol=1e-4),
        f"A pixel of {scan[wrong]} in the scan became {given[wrong]:.4f}, and is to be "
        f"{ink[wrong]:.4f}.",
    )
    return "Ink is 1, paper is 0, and grey lies between. Now it is a digit picture."


@exercise
def average_digits(answer: Any) -> str:
    """Check a function that averages the pictures of each digit."""
    average = function(answer)
    generator = np.random.default_rng(0)
    labels = generator.permutation(np.repeat(np.arange(10), np.arange(2, 12)))  # 2 zeros, 3 ones…
    images = generator.random((len(labels), 28, 28)) * (labels[:, None, None] + 1) / 10
    sums = np.zeros((10, 28, 28))
    for image, label in zip(images, labels, strict=True):
        sums[label] += image
    counts = np.arange(2, 12)[:, None, None]
    given = array(average(images.copy(), labels.copy()))
    expect(
        given.shape != (28, 28),
        "One picture came out. There are to be ten, one for each digit, so that the shape is "
        "(10, 28, 28).",
    )
    expect(
        given.shape != (10,),
        "Ten numbers came out, which is one for each digit: was the mean taken over the pixels "
        "too? It is to run over the pictures only, axis=0.",
    )
    expect(
        given.shape == (10, 28, 28),
        f"The shape is {given.shape}, and is to be (10, 28, 28): ten pictures.",
    )
    expect(not np.allclose(given, sums), "These are the sums of the pictures. How many were there?")
    expect(
        not np.allclose(given, sums / len(labels)),
        "Each sum was divided by the number of all pictures, not by how many there are of that "
        "digit.",
    )
    expect(
        not np.allclose(given, images.mean(axis=0)),
        "All ten pictures are the same, the average of everything: were the pictures of each "
        "digit picked out first, with labels == digit?",
    )
    medians = np.array([np.median(images[labels == digit], axis=0) for digit in range(10)])
    expect(not np.allclose(given, medians), "These are medians, and the mean was asked for.")
    wrong = [digit for digit in range(10) if not np.allclose(given[digit], (sums / counts)[digit])]
    expect(not wrong, f"The average picture is not the right one for {wrong}.")
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
        _object_to_answer(given, digit, distances)
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
    _object_to_answer(given, 0, [12.5**0.5])
    return "The nearest average it is."


def _object_to_answer(given: float, digit: int, distances: list[float]) -> None:
    """Say what is wrong with an answer, if it is wrong."""
    if given == digit:
        return
    shortest = min(distances)
    expect(
        not np.isclose(given, [shortest, shortest**2]).any(),
        f"{given:g} came out, which is how far the nearest average is. Which one is it? argmin "
        "says where the smallest is, min how small.",
    )
    expect(
        given != np.argmax(distances),
        f"{given:g} came out, which is the average farthest away: argmin, not argmax?",
    )
    expect(
        given in range(10),
        f"{given:g} came out, and a digit is 0 to 9. Is there one distance for each average? "
        "Differences are summed over both axes of a picture, not over the ten.",
    )
    expect(
        False,
        f"{given:g} came out, and average {digit} is nearest. Were the differences squared before "
        "they were summed? Without, those above and those below 0 cancel.",
    )


@exercise
def accuracy(answer: Any) -> str:
    """Check a function that says which share of the answers is right."""
    share = function(answer)
    labels = np.array([3, 3, 0, 9, 9, 5, 5, 1])
    for answers in (
        np.array([3, 8, 0, 9, 4, 5, 5, 1]),
        np.array([3, 3, 0, 9, 9, 5, 5, 7]),
        labels.copy(),
    ):
        right = sum(int(one == other) for one, other in zip(answers, labels, strict=True))
        _object_to_share(number(share(answers, labels.copy())), right, 8)
    # Of another number of digits, in case 8 was written into the function.
    _object_to_share(number(share(np.array([1, 2, 3, 4]), np.array([1, 0, 0, 0]))), 1, 4)
    return "A share from 0 to 1, for however many digits."


def _object_to_share(given: float, right: int, total: int) -> None:
    """Say what is wrong with a share, if it is wrong."""
    if np.isclose(given, right / total):
        return
    said = f"{right} of {total} were right, and {given:g} came out"
    expect(given != right, f"{said}: that is how many, not which share.")
    expect(
        not np.isclose(given, 100 * right / total),
        f"{said}: that is in percent. A share lies between 0 and 1.",
    )
    expect(
        not np.isclose(given, 1 - right / total), f"{said}: that is the share of the wrong ones."
    )
    expect(False, f"{said}, not {right / total:g}.")
