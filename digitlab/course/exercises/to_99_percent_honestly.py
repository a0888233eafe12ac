"""Exercises of notebook 6: the interval of an accuracy, two networks compared, a mistake found."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from digitlab.course.exercises.checking import Sentences, exercise, judged_by
from digitlab.course.exercises.verdict import function
from digitlab.lab import wilson_interval


def _bounds(right: int, total: int, change: Any) -> tuple[float, float]:
    """The interval that a slip makes of share, middle, half width, and 1 + z² / total."""
    low, high = wilson_interval(right, total)
    middle, half = change(right / total, (low + high) / 2, (high - low) / 2, 1 + _Z**2 / total)
    return middle - half, middle + half


_Z = 1.96


@exercise
def interval(right: Any, total: Any) -> Any:
    """Return the 95 % interval of an accuracy, by Wilson."""
    return np.array(wilson_interval(right, total))


def by_luck(only_a: int, only_b: int) -> float:
    """Return how often coins fall at least so one-sidedly, to either side: McNemar's exact test.

    Parameters
    ----------
    only_a, only_b : int
        On how many digits only the one network is right, and only the other.

    Returns
    -------
    float
        A share of all cases, 0 to 1.

    Examples
    --------
    >>> by_luck(6, 0), by_luck(3, 3)
    (0.03125, 1.0)
    """
    tosses, most = only_a + only_b, max(only_a, only_b)
    ways = sum(math.comb(tosses, heads) for heads in range(most, tosses + 1))
    return min(1.0, 2 * ways / 2**tosses)


def _better(answer: Any, says: Sentences) -> None:
    for *counts, slip in better.table["cases"]:
        given, right = function(answer)(*_answers(counts)), better.right(*_answers(counts))
        shown = f'"{given[:30]}"' if isinstance(given, str) else f"a {type(given).__name__}"
        says(no_name=(not isinstance(given, str) or given not in ("A", "B", _TIE)) and shown)
        luck = f"{100 * by_luck(*counts[:2]):.1f} %"
        values = {"a": counts[0], "b": counts[1], "given": shown, "luck": luck}
        says(exchanged={given, right} == {"A", "B"} and values)
        says(**{slip: given != right and values})


_TIE = "cannot tell"


def _answers(counts: Sequence[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make answers and labels with so many digits of each kind; wrong answers differ."""
    kinds = np.repeat(range(4), counts)
    labels = np.arange(len(kinds)) % 10
    first, second = ((labels + np.take(off, kinds)) % 10 for off in ((0, 1, 0, 2), (1, 0, 0, 3)))
    return first, second, labels


@judged_by(_better)
def better(answers_a: Any, answers_b: Any, labels: Any) -> str:
    """Say which of two networks is better, or that luck would do as much."""
    right_a, right_b = answers_a == labels, answers_b == labels
    only_a, only_b = int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())
    return _TIE if by_luck(only_a, only_b) >= 0.05 else ("A" if only_a > only_b else "B")


def _confusion(is_: int, read: int, back: int, opposite: int) -> np.ndarray:
    """A matrix whose largest mistake is one way only; another pair has more in both ways."""
    confusion = np.diag(np.arange(970, 1070, 10))
    confusion[(is_ + 1) % 10, (is_ + 4) % 10] += 3
    confusion[is_, read] = 12
    confusion[read, is_] = back
    other = (opposite + 1) % 10
    confusion[opposite, other] = confusion[other, opposite] = 10
    return confusion


@exercise
def most_confused(confusion: Any) -> Any:
    """Find the most frequent mistake in a confusion matrix: what it is, what it is read as."""
    return np.array(divmod(int(np.argmax(confusion * (1 - np.eye(10, dtype=int)))), 10))
