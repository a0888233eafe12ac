"""Checks for notebook 7: occlusion, calibration, a threshold, and ranking digits above the rest."""

from typing import Any

import numpy as np

from digitlab.course.exercises.verdict import array, exercise, expect, function, number


@exercise
def occlude(answer: Any) -> str:
    """Check a function that wipes a square around each pixel and notes how much less sure it is."""
    occlude = function(answer)
    random = np.random.default_rng(0)
    picture, weights = random.random((28, 28)), random.random((28, 28)) / 784
    side = 5

    def probability(asked) -> float:
        return float((array(asked, shape=(28, 28)) * weights).sum())

    given = array(occlude(probability, picture.copy(), side), shape=(28, 28))
    worth = picture * weights
    expected = _square_sums(worth, before=2, after=2)
    if np.allclose(given, expected, atol=1e-9):
        return "At each pixel, by how much the probability falls without the ink around it."
    expect(
        not np.allclose(given, -expected, atol=1e-9),
        "The sign is the other way round: the fall is the probability of the whole picture less "
        "that of the wiped one.",
    )
    expect(
        not np.allclose(given, worth.sum() - expected, atol=1e-9),
        "These are the probabilities of the wiped pictures. By how much did each fall?",
    )
    expect(
        not np.allclose(given[-1, -1], worth.sum(), atol=1e-9),
        "At the end nothing of the picture was left: each square was wiped out of what the one "
        "before had left. Wipe it out of a copy.",
    )
    expect(
        not np.allclose(given, _square_sums(worth, before=2, after=1), atol=1e-9),
        "Your square is 4 pixels wide, not 5: the end of a slice is not part of it.",
    )
    expect(
        not np.allclose(given[2:-2, 2:-2], worth[2:-2, 2:-2], atol=1e-9),
        "Only the pixel itself was wiped, not the square around it.",
    )
    expect(
        not np.allclose(given[2:, 2:], expected[2:, 2:], atol=1e-9),
        "All is right but in the first two rows and columns: a slice that begins at -2 begins "
        "near the far end. Let it begin at 0 there.",
    )
    row, column = np.argwhere(~np.isclose(given, expected, atol=1e-9))[0]
    expect(
        False,
        f"In row {row}, column {column} came out {given[row, column]:.4f}, and it is to be "
        f"{expected[row, column]:.4f}.",
    )


def _square_sums(values: np.ndarray, *, before: int, after: int) -> np.ndarray:
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
    right = np.concatenate(
        [np.arange(n) < k for n, k in ((10, 5), (20, 6), (20, 18), (40, 39), (10, 7))]
    )
    given = number(measure(sure.copy(), right.copy(), 10))
    gaps = {group: (sure[m].mean() - right[m].mean(), m.mean()) for group, m in _groups(sure, 10)}
    expected = sum(abs(gap) * share for gap, share in gaps.values())
    if np.isclose(given, expected, atol=1e-6):
        coarse = number(measure(sure.copy(), right.copy(), 1))
        expect(
            np.isclose(coarse, abs(sure.mean() - right.mean()), atol=1e-6),
            "With 10 groups it is right, with a single one it is not: is the number of groups "
            "fixed somewhere?",
        )
        return "Each group's distance from the diagonal, weighed by how many answers it has."
    expect(
        not np.isclose(given, 100 * expected, atol=1e-4),
        "That is in percent; a share from 0 to 1 was asked for.",
    )
    expect(
        not np.isclose(given, np.mean([abs(gap) for gap, _ in gaps.values()]), atol=1e-6),
        "All groups count alike in yours. A group of 40 answers has four times the weight of one "
        "of 10.",
    )
    expect(
        not np.isclose(given, sum(abs(gap) for gap, _ in gaps.values()), atol=1e-6),
        "The distances were added up without a weight: each counts by its share of the answers.",
    )
    expect(
        not np.isclose(abs(given), abs(sure.mean() - right.mean()), atol=1e-6),
        "Too sure in one group and too modest in another cancel each other in yours: take the "
        "distance, without its sign, group by group.",
    )
    expect(
        not np.isclose(given, _without_certain(sure, right), atol=1e-6),
        "The answers with a confidence of exactly 1 are in no group of yours: they belong to the "
        "last one.",
    )
    expect(False, f"Yours is {given:.4f}, and for these answers it is {expected:.4f}.")


def _groups(sure: np.ndarray, bins: int):
    place = np.minimum((sure * bins).astype(int), bins - 1)
    return [(one, place == one) for one in np.unique(place)]


def _without_certain(sure: np.ndarray, right: np.ndarray) -> float:
    """What comes out if a confidence of 1 falls out of the last group."""
    below = sure < 1
    return sum(
        abs(sure[m & below].mean() - right[m & below].mean()) * (m & below).mean()
        for _, m in _groups(sure, 10)
    )


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
        expect(
            abs(accepted - (1 - share)) > 2 / n,
            f"{said}, which is what should be declined: from which end do you count?",
        )
        expect(
            abs(threshold - share) > 1e-9,
            f"{said}. {share:g} is the share of the digits to accept, not the threshold.",
        )
        expect(accepted <= share + 2 / n, f"{said}: too many for {100 * share:g} %, it is too low.")
        expect(accepted >= share - 2 / n, f"{said}: too few for {100 * share:g} %, it is too high.")
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
    if np.isclose(given, expected, atol=1e-6):
        return "0.5 would be guessing, 1 a perfect order: and no threshold had to be chosen."
    expect(level == 0 or not np.isclose(given, above, atol=1e-6), _TIES.format("as wrong"))
    expect(level == 0 or not np.isclose(given, above + level, atol=1e-6), _TIES.format("as right"))
    expect(
        not np.isclose(given, 1 - expected, atol=1e-6),
        "The order is the other way round: right is a pair whose digit is the more confident.",
    )
    pairs = len(digits) * len(others)
    expect(
        not np.isclose(given, expected * pairs, atol=1e-6),
        f"That is how many pairs are ranked right, of {pairs}; the share was asked for.",
    )
    few = min(len(digits), len(others))
    expect(
        not np.isclose(given, (digits[:few] > others[:few]).mean(), atol=1e-6),
        "Only the first digit was compared with the first other drawing, the second with the "
        "second, … Every digit makes a pair with every other drawing.",
    )
    expect(False, f"Yours is {given:.4f}; of these {pairs} pairs it is {expected:.4f}.")


_TIES = "A pair in which both are equally confident counted {}: it counts half."
