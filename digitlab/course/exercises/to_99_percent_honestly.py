"""Checks for notebook 6: the interval of an accuracy, two networks compared, one mistake found."""

import math
from typing import Any

import numpy as np

from digitlab.course.exercises.slips import OTHERWISE, expect_equal, matches, rule_out
from digitlab.course.exercises.verdict import Objection, array, exercise, expect, function, number
from digitlab.lab import wilson_interval


@exercise
def interval(answer: Any) -> str:
    """Check a function for the 95 % interval of an accuracy: of right and total."""
    bounds_of = function(answer)
    for right, total in ((99, 100), (430, 500), (9_930, 10_000), (100, 100)):
        said = f"For {right:,} right of {total:,}"
        try:
            low, high = bounds_of(right, total)
        except (TypeError, ValueError, RuntimeError):
            raise Objection(f"{said}: two numbers were expected, low and high.") from None
        low, high = number(low), number(high)
        came = f"{said} came out {low:.4f} to {high:.4f}"
        if not matches((low, high), wilson_interval(right, total), atol=2e-5):
            _object_to_slip((low, high), right, total, came)
            raise Objection(f"{came}. Work out the middle and the half width by hand, and compare.")
    return "That is Wilson's interval, and it holds even for 100 right of 100."


def _object_to_slip(given: tuple[float, float], right: int, total: int, came: str) -> None:
    """Object to an interval that a likely slip makes of the right one."""
    share, n, z = right / total, total, 1.96
    shrink = 1 + z * z / n
    middle = (share + z * z / (2 * n)) / shrink
    inside = share * (1 - share) / n + (z / (2 * n)) ** 2
    half = z * math.sqrt(inside) / shrink
    low, high = middle - half, middle + half
    in_percent = matches(given, (100 * low, 100 * high), atol=1e-2)
    of_form = {
        f"{came}: the lower bound is to come first.": (high, low),
        f"{came}: these are percent, and shares from 0 to 1 were asked for.": in_percent,
        f"{came}: these are the middle and the half width. The bounds are middle - half and middle "
        "+ half.": (middle, half),
    }
    rule_out(of_form, given, atol=2e-5)
    slips = {
        "that is the simple formula, share ± 1.96 · √(share · (1 - share) / total). Close to 100 % "
        "it promises too much: for 100 right of 100 it is 1 to 1, no doubt left at "
        "all": (share, z * math.sqrt(share * (1 - share) / n)),
        "the middle is not the share itself, but a little nearer to one half": (share, half),
        "the square root was left out": (middle, z * inside / shrink),
        "the half width is to be multiplied by z": (middle, half / z),
        "both are to be divided by 1 + z² / total": (middle * shrink, half * shrink),
        "the middle is to be divided by 1 + z² / total": (middle * shrink, half),
        "the half width is to be divided by 1 + z² / total": (middle, half * shrink),
        "the half width was doubled": (middle, 2 * half),
    }
    bounds = {slip: (middle - half, middle + half) for slip, (middle, half) in slips.items()}
    for z in (1.0, 1.64, 1.645, 2.0, 2.576, 2.58, 3.0):
        said = f"the formula is right, but z is {z:g}. For 95 % it is 1.96"
        bounds[said] = wilson_interval(right, total, z=z)
    rule_out({f"{came}: {slip}.": its for slip, its in bounds.items()}, given, atol=2e-6)


@exercise
def better(answer: Any) -> str:
    """Check a function that compares two networks on the same digits."""
    judge = function(answer)
    for counts, but in _JUDGED.items():
        given = judge(*_answers(counts))
        only_a, only_b, *_ = counts
        expect(
            isinstance(given, str) and given in ("A", "B", "cannot tell"),
            f'One of "A", "B" and "cannot tell" was expected, and {_shown(given)} came out.',
        )
        luck = _by_luck(only_a, only_b)
        right = "cannot tell" if luck >= 0.05 else "A" if only_a > only_b else "B"
        said = f'Only A is right {only_a} times, only B {only_b} times: you say "{given}"'
        expect({given, right} != {"A", "B"}, f"{said}. Are the two exchanged?")
        coins = f". Coins fall at least so one-sidedly in {100 * luck:.1f} % of cases"
        expect(given == right, f"{said}{but or coins}.")
    return "It judges by the digits on which only one of the two is right, and knows when to stop."


def _by_luck(only_a: int, only_b: int) -> float:
    """The exact McNemar test: how often coins fall at least so one-sidedly, to either side."""
    tosses, most = only_a + only_b, max(only_a, only_b)
    ways = sum(math.comb(tosses, heads) for heads in range(most, tosses + 1))
    return min(1.0, 2 * ways / 2**tosses)


# Digits that only A reads, only B, both, neither; and what is said to a wrong answer about them.
# The exact test and the one with a correction for continuity agree about all of these.
_JUDGED = {
    (30, 2, 900, 5): "",
    (2, 30, 900, 5): "",
    (11, 9, 900, 5): ", but A is right once more and wrong once less: that is luck",
    (9, 11, 900, 5): ", but B leads by two digits: that is luck",
    (0, 0, 500, 3): ", but there is no digit on which only one of them is right",
    (50, 30, 9_900, 20): ", but coins fall at least so one-sidedly in 3.3 % of cases only. That "
    "the two intervals overlap does not matter: the digits on which only one is right count",
    (14, 2, 900, 60): ", but digits that both get wrong, each in its own way, speak for neither of "
    "them",
    (36, 20, 300, 9): ", but coins fall at least so one-sidedly in 4.4 % of cases only",
    (34, 20, 300, 9): ", but coins fall at least so one-sidedly in 7.6 % of cases. (To one side "
    "alone it is 3.8 %, but luck could have taken either.)",
    (6, 0, 300, 9): ", but six coins all fall on the same side in 3.1 % of cases only",
    (5, 0, 300, 9): ", but five coins all fall on the same side in 6.2 % of cases. 1.96 · √n is a "
    "shortcut for many digits; where they are few, count exactly",
}


def _answers(counts: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make answers and labels with so many digits of each kind; wrong answers differ."""
    kinds = np.repeat(range(4), counts)
    labels = np.arange(len(kinds)) % 10
    first, second = ((labels + np.take(off, kinds)) % 10 for off in ((0, 1, 0, 2), (1, 0, 0, 3)))
    return first, second, labels


def _shown(it: Any) -> str:
    return f'"{it[:30]}"' if isinstance(it, str) else f"a value of type {type(it).__name__}"


@exercise
def most_confused(answer: Any) -> str:
    """Check a function that finds the most frequent mistake in a confusion matrix."""
    find = function(answer)
    for is_, read, back, opposite in ((4, 9, 3, 1), (7, 2, 0, 5), (9, 4, 1, 6), (0, 8, 2, 7)):
        confusion = _confusion(is_, read, back, opposite)
        handed = confusion.copy()
        given = array(find(handed))
        of_form = {
            "Your function has changed the matrix that it was given: from then on, every accuracy "
            "worked out of it is wrong. Change a copy.": (handed != confusion).any(),
            f"One number came out, {given}, and two were expected: what the digit is, and what it "
            "is read as. A place in the flat matrix of 100 is row · 10 + "
            "column.": given.shape == (),
            f"Two numbers were expected, and yours has {given.shape}.": given.shape != (2,),
        }
        rule_out(of_form)
        row, column = given
        said = f"{is_} is read as {read} most often, and ({row:g}, {column:g}) came out"
        slips = {
            f"{said}: that is on the diagonal, where digits are read right.": row == column,
            f"{said}. Rows and columns are exchanged: the row is what the digit is.": (read, is_),
            f"{said}. That pair has the most mistakes in both directions together; asked for is "
            "the one most frequent direction.": {row, column} == {opposite, (opposite + 1) % 10},
            f"{said}.": OTHERWISE,
        }
        expect_equal(given, (is_, read), slips)
    return "Row, column, and nothing changed."


def _confusion(is_: int, read: int, back: int, opposite: int) -> np.ndarray:
    """A matrix whose largest mistake is one way only; another pair has more in both ways."""
    confusion = np.diag(np.arange(970, 1070, 10))
    confusion[(is_ + 1) % 10, (is_ + 4) % 10] += 3
    confusion[is_, read] = 12
    confusion[read, is_] = back
    other = (opposite + 1) % 10
    confusion[opposite, other] = confusion[other, opposite] = 10
    return confusion
