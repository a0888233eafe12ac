"""Exercises of notebook 1: pictures as numbers, the average digit, the nearest one, accuracy."""

from typing import Any

import numpy as np

from digitlab.course.exercises.checking import exercise, turned, when

_SCAN = np.full((28, 28), 255, dtype=np.uint8)  # paper
_SCAN[4:24, 12:16] = 0  # a stroke, with grey at its edges
_SCAN[4:24, 11], _SCAN[4:24, 16] = 64, 204
_UINT8 = (
    "The values go from {found[0]:g} to {found[1]:g}, and should stay between 0 and 1. (In uint8, "
    "255 is followed by 0, and 0 - 1 is 255. So divide first: then the values are no longer whole "
    "numbers.)"
)


@exercise(
    (_SCAN,),
    turned_round=lambda scan: scan / 255,
    not_scaled=turned(lambda right: 255 * right),
    untouched=lambda scan: scan,
    wrapped=lambda scan: (1 - scan) / 255,
    greys_lost=when(lambda given, *_: given.shape == (28, 28) and np.isin(given, (0, 1)).all()),
    out_of_range=when(lambda given, *_: _outside(given)),
    atol=1e-4,
)
def digit_picture(scan: Any) -> Any:
    """Turn a scan, 0 to 255, black on white, into a digit picture."""
    return (255.0 - scan) / 255


def _outside(given: np.ndarray) -> Any:
    """The lowest and the highest value, if one of them is no share."""
    ends = [given.min(), given.max()] if given.size else [0, 1]
    return ends if ends[0] < 0 or ends[1] > 1 else False


_LABELS = np.random.default_rng(0).permutation(np.repeat(np.arange(10), np.arange(2, 12)))
_IMAGES = np.random.default_rng(0).random((len(_LABELS), 28, 28)) * (_LABELS[:, None, None] + 1)


def _each(rule: Any) -> Any:
    """Do something with the pictures of each digit."""
    return lambda images, labels: np.array([rule(images[labels == one]) for one in range(10)])


@exercise(
    (_IMAGES / 10, _LABELS),
    one_picture=when(lambda given, *_: given.shape == (28, 28)),
    ten_numbers=_each(np.mean),
    sums=_each(lambda own: own.sum(axis=0)),
    divided_by_all=lambda images, labels: (
        _each(lambda own: own.sum(0))(images, labels) / len(labels)
    ),
    all_alike=lambda images, _: [images.mean(axis=0)] * 10,
    medians=_each(lambda own: np.median(own, axis=0)),
    other=when(
        lambda given, right, *_: (
            given.shape == right.shape
            and np.flatnonzero(~np.isclose(given, right).all(axis=(1, 2))).tolist()
        )
    ),
)
def average_digits(images: Any, labels: Any) -> Any:
    """Average the pictures of each digit."""
    return _each(lambda own: own.mean(axis=0))(images, labels)


_AVERAGES = np.random.default_rng(0).permuted(np.tile(np.linspace(0, 1, 784), (10, 1)), axis=1)
_AVERAGES = _AVERAGES.reshape(10, 28, 28)  # all have the same ink in all
_NOISE = np.random.default_rng(1).random((28, 28))
# Fifty pixels that are half wrong are nearer than twenty that are all wrong: 12.5 against 20.
_CLOSE = np.ones((10, 28, 28))
_CLOSE[:2] = 0
_CLOSE[0, :2, :25], _CLOSE[1, 0, :20] = 0.5, 1


def _by(distance: Any, choose: Any = np.argmin) -> Any:
    """Choose among the averages by a distance."""
    return lambda picture, averages: choose([distance(picture - one) for one in averages])


def _squares(difference: Any) -> Any:
    return (difference**2).sum()


@exercise(
    *((0.75 * _AVERAGES[digit] + 0.25 * _NOISE, _AVERAGES) for digit in (3, 7, 0, 9, 4)),
    (np.zeros((28, 28)), _CLOSE),
    how_far=(_by(_squares, min), _by(np.linalg.norm, min)),
    farthest=_by(_squares, np.argmax),
    by_abs=_by(lambda difference: np.abs(difference).sum()),
    no_digit=when(lambda given, *_: given.ndim == 0 and given not in range(10)),
)
def nearest(picture: Any, averages: Any) -> Any:
    """Say which of ten averages is nearest to a picture."""
    return _by(_squares)(picture, averages)


_EIGHT = np.array([3, 3, 0, 9, 9, 5, 5, 1])


@exercise(
    (np.array([3, 8, 0, 9, 4, 5, 5, 1]), _EIGHT),
    (np.array([3, 3, 0, 9, 9, 5, 5, 7]), _EIGHT),
    (_EIGHT, _EIGHT),
    (np.array([1, 2, 3, 4]), np.array([1, 0, 0, 0])),
    how_many=lambda answers, labels: (answers == labels).sum(),
    percent=turned(lambda right: 100 * right),
    share_wrong=turned(lambda right: 1 - right),
    other=when(lambda given, right, answers, labels: f"{sum(answers == labels)} of {len(labels)}"),
    atol=5e-6,
)
def accuracy(answers: Any, labels: Any) -> Any:
    """Say which share of the answers is right."""
    return (answers == labels).mean()
