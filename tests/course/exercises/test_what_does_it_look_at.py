"""What the checkers of notebook 8 say to wrong answers."""

import numpy as np
import pytest

from digitlab.course.exercises import what_does_it_look_at as check


def occluding(*, sign=1, half=2, end=1, from_zero=True, copied=True, whole=True):
    """Return an occlusion in loops that can be wrong in many ways."""

    def occlude(probability, picture, side):
        fall = np.zeros(picture.shape)
        sure = probability(picture) if whole else 0
        for row, column in np.ndindex(picture.shape):
            wiped = picture.copy() if copied else picture
            top, left = row - half, column - half
            if from_zero:
                top, left = max(0, top), max(0, left)
            wiped[top : row + half + end, left : column + half + end] = 0
            fall[row, column] = sign * (sure - probability(wiped))
        return fall

    return occlude


def calibration_error(*, weigh=True, distance=abs, bins=None, last=True, factor=1, empty=True):
    """Return an expected calibration error that can be wrong in many ways."""

    def measure(confidence, right, asked):
        groups = bins or asked
        place = (confidence * groups).astype(int)
        if last:
            place = np.minimum(place, groups - 1)
        error = 0
        for one in range(groups):
            here = place == one
            if here.any() or not empty:
                gap = distance(confidence[here].mean() - right[here].mean())
                error += gap * (here.mean() if weigh else 1)
        return factor * error

    return measure


def gaps_alike(confidence, right, bins):
    gaps = [
        abs(confidence[here].mean() - right[here].mean())
        for one in range(bins)
        if (here := np.minimum((confidence * bins).astype(int), bins - 1) == one).any()
    ]
    return np.mean(gaps)


def pairs(tie=0.5):
    return lambda digits, others: float(
        (digits[:, None] > others).mean() + tie * (digits[:, None] == others).mean()
    )


CASES = [
    (check.occlude, occluding(sign=-1), "the other way round"),
    (check.occlude, occluding(sign=-1, whole=False), "probabilities of the wiped pictures"),
    (check.occlude, occluding(copied=False), "Wipe it out of a copy"),
    (check.occlude, occluding(end=0), "4 pixels wide"),
    (check.occlude, occluding(half=0), "Only the pixel itself"),
    (check.occlude, occluding(from_zero=False), "begins at -2"),
    (check.occlude, occluding(half=3), "it should be"),
    (check.occlude, lambda probability, picture, side: picture[2:-2, 2:-2], "(24, 24)"),
    (check.expected_calibration_error, calibration_error(factor=100), "in percent"),
    (check.expected_calibration_error, gaps_alike, "count alike"),
    (check.expected_calibration_error, calibration_error(weigh=False), "without a weight"),
    (check.expected_calibration_error, calibration_error(distance=float), "without its sign"),
    (check.expected_calibration_error, calibration_error(last=False), "exactly 1"),
    (check.expected_calibration_error, calibration_error(bins=10), "number of groups"),
    (check.expected_calibration_error, calibration_error(bins=15), "Yours gave"),
    (check.threshold_for, lambda confidence, share: np.quantile(confidence, share), "which end"),
    (check.threshold_for, lambda confidence, share: share, "not the threshold"),
    (check.threshold_for, lambda confidence, share: confidence.min(), "too low"),
    (check.threshold_for, lambda confidence, share: np.median(confidence), "too high"),
    (check.ranked_right, pairs(tie=0), "counted as wrong"),
    (check.ranked_right, pairs(tie=1), "counted as right"),
    (check.ranked_right, lambda digits, others: 1 - pairs()(digits, others), "other way round"),
    (check.ranked_right, lambda digits, others: 24 * pairs()(digits, others), "the share was"),
    (check.ranked_right, lambda digits, others: (digits[:4] > others).mean(), "only the first"),
    (check.ranked_right, lambda digits, others: digits.mean() - others.mean(), "Yours gave"),
]


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value")
@pytest.mark.parametrize(("checker", "wrong", "words"), CASES)
def test_a_wrong_answer_is_told_what_is_wrong(checker, wrong, words):
    verdict = checker(wrong)
    assert verdict.passed is False
    assert words in verdict.message


def test_right_answers_pass_in_any_form():
    assert check.occlude(occluding()).passed
    assert check.expected_calibration_error(calibration_error()).passed
    assert check.ranked_right(pairs()).passed
    for method in ("linear", "lower", "higher", "nearest"):
        found = check.threshold_for(
            lambda confidence, share, method=method: np.quantile(
                confidence, 1 - share, method=method
            )
        )
        assert found.passed, method
