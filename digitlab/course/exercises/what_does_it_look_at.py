"""Checks for notebook 8: occlusion, calibration, a threshold, and ranking digits above the rest."""

from typing import Any

import numpy as np

from digitlab.course.exercises.slips import (
    OTHERWISE,
    expect_equal,
    first_wrong,
    matches,
    rule_out,
)
from digitlab.course.exercises.verdict import array, exercise, expect, function, number


@exercise
def occlude(answer: Any) -> str:
    """Check a function that wipes a square around each pixel and notes how much less sure it is."""
    occlude = function(answer)
    picture, weights = np.random.default_rng(0).random((2, 28, 28))

    def probability(asked: np.ndarray) -> float:
        return float((array(asked, shape=(28, 28)) * weights).mean())

    given = array(occlude(probability, picture.copy(), 5), shape=(28, 28))
    worth = picture * weights / weights.size
    right = _square_sums(worth, before=2, after=2)
    pictures_wiped = worth.sum() - right
    four_wide = _square_sums(worth, before=2, after=1)
    nothing_left = matches(given[-1, -1], worth.sum(), atol=1e-8)
    only_itself = matches(given[2:-2, 2:-2], worth[2:-2, 2:-2], atol=1e-8)
    all_but_first = matches(given[2:, 2:], right[2:, 2:], atol=1e-8)
    at = first_wrong(given, right, atol=1e-8)
    slips = {
        "The sign is the other way round: the fall is the probability of the whole picture less "
        "that of the wiped one.": -right,
        "These are the probabilities of the wiped pictures. By how much did each "
        "fall?": pictures_wiped,
        "At the end nothing of the picture was left: each square was wiped out of what the one "
        "before had left. Wipe it out of a copy.": nothing_left,
        "Your square is 4 pixels wide, not 5: the end of a slice is not part of it.": four_wide,
        "Only the pixel itself was wiped, not the square around it.": only_itself,
        "All is right but in the first two rows and columns: a slice that begins at -2 begins near "
        "the far end. Let it begin at 0 there.": all_but_first,
        f"In row {at[0]}, column {at[1]} came out {given[at]:.4f}, and it is to be "
        f"{right[at]:.4f}.": OTHERWISE,
    }
    expect_equal(given, right, slips, atol=1e-8)
    return "At each pixel, by how much the probability falls without the ink around it."


def _square_sums(values: np.ndarray, *, before: int, after: int) -> Any:
    """The sum over the square around each place, which ends where the picture does."""
    wide = np.pad(values, ((before, after), (before, after)))
    side = before + after + 1
    return np.lib.stride_tricks.sliding_window_view(wide, (side, side)).sum(axis=(2, 3))


@exercise
def expected_calibration_error(answer: Any) -> str:
    """Check the mean distance of confidence from accuracy, group by group."""
    measure = function(answer)
    # Groups of different size, one that errs upwards and one downwards, and empty ones.
    sure = np.repeat([0.35, 0.62, 0.68, 0.95, 1.0], [10, 20, 20, 40, 10])
    right = np.repeat([True, False] * 5, [5, 5, 6, 14, 18, 2, 39, 1, 7, 3])
    given = number(measure(sure.copy(), right.copy(), 10))
    # A confidence of exactly 1 belongs to the last group. It is easy to lose these answers.
    groups = np.minimum(sure * 10, 9).astype(int)
    gaps, weights = _gaps(sure, right, groups)
    below = sure < 1
    forgotten = np.dot(*_gaps(sure[below], right[below], groups[below])) * below.mean()
    overall = abs(sure.mean() - right.mean())
    expected = gaps @ weights
    slips = {
        "That is in percent; a share from 0 to 1 was asked for.": 100 * expected,
        "All groups count alike in yours. A group of 40 answers has four times the weight of one "
        "of 10.": gaps.mean(),
        "The distances were added up without a weight: each counts by its share of the "
        "answers.": gaps.sum(),
        "Too sure in one group and too modest in another cancel each other in yours: take the "
        "distance, without its sign, group by group.": matches(abs(given), overall, atol=3e-6),
        "The answers with a confidence of exactly 1 are in no group of yours: they belong to the "
        "last one.": forgotten,
        f"Yours is {given:.4f}, and for these answers it is {expected:.4f}.": OTHERWISE,
    }
    expect_equal(given, expected, slips, atol=3e-6)
    expect(
        matches(number(measure(sure.copy(), right.copy(), 1)), overall, atol=3e-6),
        "With 10 groups it is right, with a single one it is not: is the number of groups fixed "
        "somewhere?",
    )
    return "Each group's distance from the diagonal, weighed by how many answers it has."


def _gaps(sure: np.ndarray, right: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each group's distance of confidence from accuracy, and its share of the answers."""
    members = [groups == group for group in np.unique(groups)]
    gaps = [abs(sure[one].mean() - right[one].mean()) for one in members]
    return np.array(gaps), np.mean(members, axis=1)


@exercise
def threshold_for(answer: Any) -> str:
    """Check a function that finds the threshold which accepts a given share of the digits."""
    find = function(answer)
    random = np.random.default_rng(1)
    for n, share in ((1000, 0.98), (501, 0.9)):
        confidence = 1 - random.random(n) ** 3 * 0.9
        threshold = number(find(confidence.copy(), share))
        accepted = float((confidence >= threshold).mean())
        said = f"Of {n} digits your threshold, {threshold:.3f}, accepts {100 * accepted:.1f} %"
        same = abs(threshold - share) <= 1e-9
        declined = abs(accepted - (1 - share)) <= 2 / n
        slips = {
            f"{said}, which is what should be declined: from which end do you count?": declined,
            f"{said}. {share:g} is the share of the digits to accept, not the threshold.": same,
            f"{said}: too many for {100 * share:g} %, it is too low.": accepted > share + 2 / n,
            f"{said}: too few for {100 * share:g} %, it is too high.": accepted < share - 2 / n,
        }
        rule_out(slips)
    return "Just that share of the digits is at least so confident."


@exercise
def ranked_right(answer: Any) -> str:
    """Check the share of pairs in which the digit is the more confident: the AUROC."""
    share = function(answer)
    digits = np.array([0.9, 0.8, 0.95, 0.6, 0.7, 0.7])
    others = np.array([0.2, 0.7, 0.85, 0.1])
    given = number(share(digits.copy(), others.copy()))
    above = float((digits[:, None] > others).mean())
    level = float((digits[:, None] == others).mean())
    expected = above + level / 2
    pairs = len(digits) * len(others)
    count, low = expected * pairs, 1 - expected
    tie = "A pair in which both are equally confident counted as {}: it counts half."
    slips = {
        tie.format("wrong"): above,
        tie.format("right"): above + level,
        "The order is the other way round: right is a pair whose digit is the more confident.": low,
        f"That is how many pairs are ranked right, of {pairs}; the share was asked for.": count,
        "Only the first digit was compared with the first other drawing, the second with the "
        "second, … Every digit makes a pair with every other "
        "drawing.": (digits[:4] > others).mean(),
        f"Yours is {given:.4f}; of these {pairs} pairs it is {expected:.4f}.": OTHERWISE,
    }
    expect_equal(given, expected, slips, atol=3e-6)
    return "0.5 would be guessing, 1 a perfect order: and no threshold had to be chosen."
