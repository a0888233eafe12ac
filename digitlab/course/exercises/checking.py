"""How an answer is checked: beside the right answer lie the wrong ones that people give.

Most wrong programs go wrong in one of a few ways that a teacher knows. `exercise` decorates the
right program, and is told the wrong ones. A learner's program runs beside the right one, on a few
cases; where it differs, it is compared with the wrong ones. What is said about each is in a file
beside the module, ``to_99_percent_honestly.toml`` say: a table for each exercise, a sentence for
each slip.
"""

import copy
import functools
import sys
import tomllib
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from digitlab.course.exercises.verdict import (
    NotBegun,
    Objection,
    Verdict,
    array,
    begun,
    expect,
    function,
    number,
)


class Sentences(dict[str, str]):
    """What an exercise says, by slip; ``praise`` if the answer is right.

    Called with what was found, it objects to the first slip that was made.

    Examples
    --------
    >>> says = Sentences(double="That is the double.", below="{found} is below 0.")
    >>> says(double=-3 == 16, below=-3 < 0 and "-3")
    Traceback (most recent call last):
    digitlab.course.exercises.verdict.Objection: -3 is below 0.
    """

    def __call__(self, **made: Any) -> None:
        """Object to the first slip that was made; a mapping fills its sentence with values."""
        for slip, found in made.items():
            if found:
                values = found if isinstance(found, Mapping) else {"found": found}
                raise Objection(self[slip].format(**values))


def sentences(check: Callable[..., Any]) -> Sentences:
    """Return what is said in the exercise that a function checks or solves."""
    module = sys.modules[check.__module__]
    says = tomllib.loads(Path(str(module.__file__)).with_suffix(".toml").read_text("utf-8"))
    return Sentences(says[check.__name__.strip("_")])


class Exercise:
    """A checker: called with an answer, it returns a `Verdict`, and raises nothing.

    `exercise` and `judged_by` make one.

    Parameters
    ----------
    right : Any
        The right answer.
    check : callable
        Takes an answer and returns values for the praise, if it needs any; or raises `Objection`.
    says : Sentences
        Praise, and what is said about slips.
    slips : mapping
        As for `exercise`.
    """

    def __init__(
        self, right: Any, check: Callable[[Any], Any], says: Sentences, slips: Mapping[str, Any]
    ):
        functools.update_wrapper(self, right, updated=())
        self.right, self.says, self.slips, self._check = right, says, slips, check

    def __call__(self, answer: Any) -> Verdict:
        """Say what is right or wrong with an answer."""
        try:
            values = self._check(begun(answer)) or {}
        except Objection as objection:
            return Verdict(False, f"Not yet. {objection}")
        except NotBegun:
            dots = "put your own code in the place of the dots, and run the cell again."
            return Verdict(None, f"Not begun yet: {dots}")
        _passed.append(answer)
        return Verdict(True, self.says["praise"].format(**values))


_passed: list[Any] = []


def yours(answer: Any, *, otherwise: Any) -> Any:
    """Return the learner's answer if its check passed, and otherwise the package's.

    Parameters
    ----------
    answer : Any
        What an exercise asked for: a function, as a rule.
    otherwise : Any
        What takes its place, so that the notebook goes on where an exercise was skipped.

    Returns
    -------
    Any
        One of the two. A line is printed that says which.

    Examples
    --------
    >>> yours(..., otherwise=abs)(-3)
    Not solved yet: digitlab's abs takes its place.
    3
    """
    name = getattr(otherwise, "__name__", repr(otherwise))
    if any(answer is one for one in _passed):
        print(f"From here on, your {getattr(answer, '__name__', 'answer')} does the work.")
        return answer
    print(f"Not solved yet: digitlab's {name} takes its place.")
    return otherwise


@dataclass(frozen=True)
class when:  # noqa: N801 - it reads like a word
    """A slip that shows in what came out: ``sign(given, right, *case)`` finds something."""

    sign: Callable[..., Any]


@dataclass(frozen=True)
class turned:  # noqa: N801
    """A slip that makes something else of the right result: ``to(right)``."""

    to: Callable[[Any], Any]


Way = Callable[..., Any] | when | turned
"""How a slip shows: the wrong program itself, which takes the same arguments; or one of these."""


def exercise(
    *cases: tuple[Any, ...],
    atol: float = 1e-6,
    says: Sentences | None = None,
    **slips: Way | tuple[Way, ...],
) -> Callable[[Callable[..., Any]], Exercise]:
    """Make an exercise of the function that it asks for.

    Parameters
    ----------
    *cases : tuple
        Arguments to call the learner's function with. Each call gets copies.
    atol : float
        How far apart two numbers may be that count as equal.
    says : Sentences, optional
        Default: the table of the function's name, in the file beside its module. A sentence may
        hold ``{0}``, ``{1}`` (the arguments), ``{given}``, ``{right}`` and ``{found}``, which is
        what `when` has found. ``other`` is for answers in which no slip shows.
    **slips : callable, when, turned, or tuple of these
        How each shows. The first is named that shows, a program in this case and those before.

    Returns
    -------
    callable
        Takes the right function, returns an `Exercise`.

    Examples
    --------
    >>> says = Sentences(praise="Right.", double="That is the double.")
    >>> @exercise((8,), (5,), says=says, double=lambda n: 2 * n)
    ... def half(n):
    ...     return n / 2
    >>> half(lambda n: n * 0.5)
    ✓ Right.
    >>> half(lambda n: n + n)
    ✗ Not yet. <lambda>(8) gave 16. That is the double.
    >>> half(lambda n: n // 2)
    ✗ Not yet. <lambda>(5) gave 2. It should be 2.5.
    >>> half(lambda n: ...)
    … Not begun yet: put your own code in the place of the dots, and run the cell again.
    """

    def of(right: Callable[..., Any]) -> Exercise:
        said = sentences(right) if says is None else says

        def check(answer: Any) -> None:
            learners, seen = function(answer), []
            for case in cases:
                handed = copy.deepcopy(case)
                wanted = right(*copy.deepcopy(case))
                given = _like(wanted, learners(*handed))
                seen.append((case, given))
                wrong = not matches(given, wanted, atol=atol)
                if wrong:
                    _object(said, slips, seen, wanted, learners.__name__, atol)
                changed = "Your function changed what it was given, and whoever called it may still"
                for own, before in zip(handed, case, strict=True):
                    same = not hasattr(own, "shape") or np.array_equal(own, before)
                    expect(same, f"{changed} need that. Change a copy.")
                if wrong and "other" in said and "other" not in slips:
                    other = {"other": when(lambda *_: True)}
                    _object(said, other, seen, wanted, learners.__name__, atol)
                if wrong:
                    raise Objection(_otherwise(case, given, wanted, learners.__name__, atol))

        return Exercise(right, check, said, slips)

    return of


def judged_by(check: Callable[[Any, Sentences], Any]) -> Callable[[Any], Exercise]:
    """Make an exercise of the right answer and a function that judges others.

    Parameters
    ----------
    check : callable
        Takes an answer, and what there is to say: `Sentences`, from the table of its name.

    Returns
    -------
    callable
        Takes the right answer, a function or a value, and returns an `Exercise`.
    """
    says = sentences(check)
    return lambda right: Exercise(right, lambda answer: check(answer, says), says, {})


def matches(given: Any, other: Any, *, atol: float = 0.0) -> bool:
    """Return whether two values have the same shape and, up to `atol`, the same numbers."""
    given, other = np.asarray(given), np.asarray(other)
    return given.shape == other.shape and np.allclose(given, other, rtol=0, atol=atol)


def first_wrong(given: np.ndarray, right: Any, *, atol: float) -> tuple[int, ...]:
    """Return the first place where two arrays of one shape differ; the very first if none does."""
    differs = ~np.isclose(given, right, rtol=0, atol=atol)
    return tuple(int(place) for place in np.unravel_index(differs.argmax(), differs.shape))


def _like(wanted: Any, given: Any) -> np.ndarray:
    """Return what came out as an array; one number as one, in whatever it is wrapped."""
    if np.ndim(wanted) == 0 and np.size(getattr(given, "shape", ())) == 0:
        return np.asarray(number(given))
    values = array(given)
    return values.reshape(()) if np.ndim(wanted) == 0 and values.size == 1 else values


def _object(
    says: Sentences, slips: Mapping[str, Any], seen: list[Any], right: Any, name: str, atol: float
) -> None:
    """Object to the first slip that shows."""
    case, given = seen[-1]
    for slip, ways in slips.items():
        for way in ways if isinstance(ways, tuple) else (ways,):
            found: Any
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                if isinstance(way, when):
                    found = _sign(way, given, right, case)
                elif isinstance(way, turned):
                    found = matches(given, way.to(right), atol=atol)
                else:
                    found = all(_made(way, before, came, atol) for before, came in seen)
            if found:
                values = {"given": _shown(given), "right": _shown(right), "found": found}
                raise Objection(_said(name, case, given) + says[slip].format(*case, **values))


def _sign(way: when, given: Any, right: Any, case: tuple[Any, ...]) -> Any:
    """What a sign finds: nothing, where it takes for granted a shape that the result hasn't got."""
    try:
        return way.sign(given, right, *case)
    except (TypeError, ValueError, IndexError):
        return None


def _made(program: Any, case: tuple[Any, ...], given: Any, atol: float) -> bool:
    """Return whether a wrong program makes just this of a case."""
    try:
        return matches(given, array(program(*copy.deepcopy(case))), atol=atol)
    except Exception:  # it isn't made for this case
        return False


def _otherwise(case: tuple[Any, ...], given: Any, right: Any, name: str, atol: float) -> str:
    """Say what is wrong where no slip shows."""
    right = np.asarray(array(right))
    if given.shape != right.shape:
        words = {(): "One number was", (2,): "Two numbers were"}
        said = words.get(right.shape, f"The shape {right.shape} was")
        return f"{said} expected, and yours has the shape {given.shape}."
    if right.size > _FEW:
        at = first_wrong(given, right, atol=atol)
        return f"At {list(at)} yours is {given[at]:.4f}, and it should be {right[at]:.4f}."
    begin = _said(name, case, given) or f"Yours gave {_shown(given)}. "
    return f"{begin}It should be {_shown(right)}."


_FEW = 4  # so many numbers are shown


def _said(name: str, case: tuple[Any, ...], given: Any) -> str:
    """Say what came out of which call, if that can be said in a line."""
    if np.size(given) > _FEW or not all(isinstance(one, int | float) for one in case):
        return ""
    return f"{name}({', '.join(f'{one:g}' for one in case)}) gave {_shown(given)}. "


def _shown(value: Any) -> str:
    values = np.asarray(value, dtype=float)
    if values.ndim == 0:
        return f"{float(values):.6g}"
    if values.size > _FEW:
        return f"an array of shape {values.shape}"
    return f"({', '.join(f'{one:.6g}' for one in values.ravel())})"
