"""Exercises of notebook 8: occlusion, calibration, a threshold, ranking digits above the rest."""

from typing import Any

import numpy as np

from digitlab.course.exercises.checking import Sentences, exercise, judged_by
from digitlab.course.exercises.verdict import function, number

_PICTURE, _WEIGHTS = np.random.default_rng(0).random((2, 28, 28))


@exercise
def occlude(probability: Any, picture: Any, side: Any, *, copied: bool = True) -> Any:
    """Say for each pixel how much the probability falls without the square around it."""
    fall, sure = np.zeros(picture.shape), probability(picture)
    for row, column in np.ndindex(picture.shape):
        wiped = picture.copy() if copied else picture
        top, left = row - side // 2, column - side // 2
        wiped[max(0, top) : top + side, max(0, left) : left + side] = 0
        fall[row, column] = sure - probability(wiped)
    return fall


# Groups of different size, one that errs upwards and one downwards, and empty ones.
_SURE = np.repeat([0.35, 0.62, 0.68, 0.95, 1.0], [10, 20, 20, 40, 10])
_RIGHT = np.repeat([True, False] * 5, [5, 5, 6, 14, 18, 2, 39, 1, 7, 3])


@exercise
def expected_calibration_error(
    confidence: Any, right: Any, bins: Any = 10, *, weigh: Any = np.dot, last: bool = True
) -> Any:
    """Return the mean distance of confidence from accuracy, by groups; each part can be wrong."""
    place = (confidence * bins).astype(int)
    place = np.minimum(place, bins - 1) if last else np.where(place < bins, place, -1)
    members = [place == group for group in np.unique(place[place >= 0])]
    gaps = [abs(confidence[one].mean() - right[one].mean()) for one in members]
    return weigh(np.array(gaps), np.mean(members, axis=1))


def _threshold_for(answer: Any, says: Sentences) -> None:
    random = np.random.default_rng(1)
    for n, share in ((1000, 0.98), (501, 0.9)):
        confidence = 1 - random.random(n) ** 3 * 0.9
        threshold = number(function(answer)(confidence.copy(), share))
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


@exercise
def ranked_right(digits: Any, others: Any, *, tie: float = 0.5) -> Any:
    """Return the share of pairs in which the digit is the more confident: the AUROC."""
    return (digits[:, None] > others).mean() + tie * (digits[:, None] == others).mean()
