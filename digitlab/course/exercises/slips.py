"""Which slip it was: most wrong answers go wrong in one of a few ways that a teacher knows.

A table of slips says of each what the learner is told, and how the slip shows. `rule_out` looks
through such a table, and `expect_equal` does so where an answer is not the right one.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from digitlab.course.exercises.verdict import expect

Slips = Mapping[str, Any]
"""From what is said about a slip to how it shows. That is either whether it was made, a `bool`, or
the value that comes of it, which is compared with the one that came out."""

OTHERWISE = True
"""How the last row of a table shows, the one for all other answers."""


def rule_out(slips: Slips, given: Any = None, *, atol: float = 0.0) -> None:
    """Object to the first slip that was made.

    Parameters
    ----------
    slips : Slips
        What is said, and how it shows.
    given : array_like, optional
        What came out.
    atol : float
        How far apart two numbers may be that count as equal. As it is, not at all.

    Raises
    ------
    Objection
        With what is said about the first slip that shows.

    Examples
    --------
    >>> rule_out({"That is the double.": 16, "It is negative.": -3 < 0}, -3)
    Traceback (most recent call last):
    digitlab.course.exercises.verdict.Objection: It is negative.
    """
    for objection, slip in slips.items():
        made = slip if isinstance(slip, bool | np.bool_) else matches(given, slip, atol=atol)
        expect(not made, objection)


def expect_equal(given: Any, right: Any, slips: Slips, *, atol: float = 0.0) -> None:
    """Object unless what came out is right, and say which slip it was.

    Parameters
    ----------
    given, right : array_like
        What came out and what should have: numbers, shapes, arrays.
    slips : Slips
        As for `rule_out`; the last is `OTHERWISE`. None of them counts where the answer is right.
    atol : float
        As for `rule_out`.

    Raises
    ------
    Objection
        If the two are not equal.
    ValueError
        If the table has nothing to say about it.

    Examples
    --------
    >>> expect_equal(16, 4, {"That is the double.": 16, "It should be 4.": OTHERWISE})
    Traceback (most recent call last):
    digitlab.course.exercises.verdict.Objection: That is the double.
    """
    if not matches(given, right, atol=atol):
        rule_out(slips, given, atol=atol)
        raise ValueError("The table has no row for this answer: its last is to be OTHERWISE.")


def matches(given: Any, other: Any, *, atol: float = 0.0) -> bool:
    """Return whether two values have the same shape and, up to `atol`, the same numbers."""
    given, other = np.asarray(given), np.asarray(other)
    return given.shape == other.shape and np.allclose(given, other, rtol=0, atol=atol)


def first_wrong(given: np.ndarray, right: np.ndarray, *, atol: float) -> tuple[int, ...]:
    """Return the first place where two arrays of one shape differ; the very first if none does."""
    differs = ~np.isclose(given, right, rtol=0, atol=atol)
    return tuple(int(place) for place in np.unravel_index(differs.argmax(), differs.shape))
