"""Exercises of notebook 8: occlusion, calibration, a threshold, ranking digits above the rest."""

from typing import Any

import numpy as np

from digitlab.course.exercises.checking import (
    Sentences,
    exercise,
    judged_by,
    turned,
    when,
)
from digitlab.course.exercises.verdict import function, number

_PICTURE, _WEIGHTS = np.random.default_rng(0).random((2, 28, 28))


def _probability(asked: Any) -> float:
    return float((np.asarray(asked) * _WEIGHTS).mean())


def _occluding(
    *, before: int = 2, after: int = 2, sign: int = 1, copied: bool = True, whole: bool = True
) -> Any:
    """Wipe a square out around each pixel; each part can be wrong."""

    def occlude(probability: Any, picture: Any, side: int) -> Any:
        fall = np.zeros(picture.shape)
        sure = probability(picture) if whole else 0
        for row, column in np.ndindex(picture.shape):
            wiped = picture.copy() if copied else picture
            top, left = max(0, row - before), max(0, column - before)
            wiped[top : row + after + 1, left : column + after + 1] = 0
            fall[row, column] = sign * (sure - probability(wiped))
        return fall

    return occlude


@exercise(
    (_probability, _PICTURE, 5),
    sign=turned(np.negative),
    probabilities=_occluding(sign=-1, whole=False),
    no_copy=_occluding(copied=False),
    four_wide=_occluding(after=1),
    one_pixel=_occluding(before=0, after=0),
    wraps_round=when(
        lambda given, right, *_: (
            given.shape == right.shape
            and np.allclose(given[2:, 2:], right[2:, 2:], rtol=0, atol=1e-8)
        )
    ),
    atol=1e-8,
)
def occlude(probability: Any, picture: Any, side: Any) -> Any:
    """Say for each pixel how much the probability falls without the square around it."""
    return _occluding(before=side // 2, after=side // 2)(probability, picture, side)


# Groups of different size, one that errs upwards and one downwards, and empty ones.
_SURE = np.repeat([0.35, 0.62, 0.68, 0.95, 1.0], [10, 20, 20, 40, 10])
_RIGHT = np.repeat([True, False] * 5, [5, 5, 6, 14, 18, 2, 39, 1, 7, 3])


def _error(weigh: Any = np.dot, *, last: bool = True, distance: Any = abs) -> Any:
    """The mean distance of confidence from accuracy, group by group; each part can be wrong."""

    def measure(confidence: Any, right: Any, bins: int = 10) -> Any:
        place = (confidence * bins).astype(int)
        place = np.minimum(place, bins - 1) if last else np.where(place < bins, place, -1)
        members = [place == group for group in np.unique(place[place >= 0])]
        gaps = [distance(confidence[one].mean() - right[one].mean()) for one in members]
        return weigh(np.array(gaps), np.mean(members, axis=1))

    return measure


@exercise(
    (_SURE, _RIGHT, 10),
    (_SURE, _RIGHT, 1),
    percent=turned(lambda right: 100 * right),
    alike=_error(lambda gaps, weights: gaps.mean()),
    unweighed=_error(lambda gaps, weights: gaps.sum()),
    cancelling=(
        _error(distance=float),
        lambda *given: abs(_error(distance=float)(*given)),
    ),
    last_lost=_error(last=False),
    fixed_bins=when(lambda given, right, sure, of, bins: bins == 1),
    atol=3e-6,
)
def expected_calibration_error(confidence: Any, right: Any, bins: Any = 10) -> Any:
    """Return the mean distance of confidence from accuracy, group by group."""
    return _error()(confidence, right, bins)


def _threshold_for(answer: Any, says: Sentences) -> None:
    find = function(answer)
    random = np.random.default_rng(1)
    for n, share in ((1000, 0.98), (501, 0.9)):
        confidence = 1 - random.random(n) ** 3 * 0.9
        threshold = number(find(confidence.copy(), share))
        accepted = float((confidence >= threshold).mean())
        values = {"n": n, "threshold": threshold, "accepted": 100 * accepted, "share": share}
        says(
            other_end=abs(accepted - (1 - share)) <= 2 / n and values,
            the_share=abs(threshold - share) <= 1e-9 and values,
            too_low=accepted > share + 2 / n and values,
            too_high=accepted < share - 2 / n and values,
        )


@judged_by(_threshold_for)
def threshold_for(confidence: Any, accepted: Any = 0.98) -> Any:
    """Find the threshold that accepts a share of the digits."""
    return np.quantile(confidence, 1 - accepted)


def _pairs(tie: float) -> Any:
    """The share of pairs in which the digit is the more confident; a tie counts so much."""
    return lambda digits, others: (
        (digits[:, None] > others).mean() + tie * (digits[:, None] == others).mean()
    )


@exercise(
    (np.array([0.9, 0.8, 0.95, 0.6, 0.7, 0.7]), np.array([0.2, 0.7, 0.85, 0.1])),
    ties_wrong=_pairs(0),
    ties_right=_pairs(1),
    turned_round=turned(lambda right: 1 - right),
    how_many=lambda *given: given[0].size * given[1].size * _pairs(0.5)(*given),
    in_pairs=lambda digits, others: (digits[: len(others)] > others).mean(),
    atol=3e-6,
)
def ranked_right(digits: Any, others: Any) -> Any:
    """Return the share of pairs in which the digit is the more confident: the AUROC."""
    return _pairs(0.5)(digits, others)
