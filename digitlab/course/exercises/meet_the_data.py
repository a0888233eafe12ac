"""Exercises of notebook 1: pictures as numbers, the average digit, the nearest one, accuracy."""

from typing import Any

import numpy as np

from digitlab.course.exercises.checking import exercise

_SCAN = np.full((28, 28), 255, dtype=np.uint8)  # paper
_SCAN[4:24, 12:16] = 0  # a stroke, with grey at its edges
_SCAN[4:24, 11], _SCAN[4:24, 16] = 64, 204


@exercise
def digit_picture(scan: Any) -> Any:
    """Turn a scan, 0 to 255, black on white, into a digit picture."""
    return (255.0 - scan) / 255


_LABELS = np.random.default_rng(0).permutation(np.repeat(np.arange(10), np.arange(2, 12)))
_IMAGES = np.random.default_rng(0).random((len(_LABELS), 28, 28)) * (_LABELS[:, None, None] + 1)


@exercise
def average_digits(images: Any, labels: Any, *, average: Any = np.mean) -> Any:
    """Average the pictures of each digit, or do something else with them."""
    return np.array([average(images[labels == one], axis=0) for one in range(10)])


_AVERAGES = np.random.default_rng(0).permuted(np.tile(np.linspace(0, 1, 784), (10, 1)), axis=1)
_AVERAGES = _AVERAGES.reshape(10, 28, 28)  # all have the same ink in all
_NOISE = np.random.default_rng(1).random((28, 28))
# Fifty pixels that are half wrong are nearer than twenty that are all wrong: 12.5 against 20.
_CLOSE = np.ones((10, 28, 28))
_CLOSE[:2] = 0
_CLOSE[0, :2, :25], _CLOSE[1, 0, :20] = 0.5, 1


@exercise
def nearest(picture: Any, averages: Any, *, pick: Any = np.argmin) -> Any:
    """Say which of ten averages is nearest to a picture, or pick something else."""
    return pick(((averages - picture) ** 2).sum(axis=(1, 2)))


_EIGHT = np.array([3, 3, 0, 9, 9, 5, 5, 1])


@exercise
def accuracy(answers: Any, labels: Any) -> Any:
    """Say which share of the answers is right."""
    return (answers == labels).mean()
