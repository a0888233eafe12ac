"""How an answer is checked: beside the right answer lie the wrong ones that people give.

Most wrong programs go wrong in one of a few ways that a teacher knows. `exercise` decorates the
right program. What it is tried on, how wrong answers come about and what is said about them is in a
file beside the module, ``to_99_percent_honestly.toml`` say, with a table for each exercise::

    [half]
    praise = "Right."
    cases = ["8", "5"]

    [half.doubled]
    wrong = "2 * n"
    says = "That is the double."

A learner's program runs beside the right one, on each of the cases; where it differs, it is
compared with the wrong ones. What isn't a sentence is an expression in Python. It may use
the names of the topic's module and of this one, and the right program's arguments.
"""

import copy
import functools
import inspect
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from digitlab.course.exercises.verdict import NotBegun, Objection, Verdict, begun, function, like
from digitlab.places import beside

Table = Mapping[str, Any]
"""What lies beside an exercise: sentences, and how slips show. `exercise` says what it may hold."""


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


def table_of(program: Callable[..., Any]) -> Table:
    """Return the table of the exercise that a function checks or solves."""
    module = sys.modules[program.__module__]
    tables = beside(str(module.__file__), f"{module.__name__.rpartition('.')[2]}.toml")
    return tables[program.__name__.strip("_")]


class Exercise:
    """A checker: called with an answer, it returns a `Verdict`, and raises nothing.

    `exercise` and `judged_by` make one.

    Parameters
    ----------
    right : Any
        The right answer.
    check : callable
        Takes an answer and the sentences. It raises `Objection`, or returns the values that the
        praise needs, if any.
    table : mapping
        What lies beside it.
    """

    def __init__(self, right: Any, check: Callable[[Any, Sentences], Any], table: Table):
        functools.update_wrapper(self, right, updated=())
        self.right, self.table, self._check = right, table, check
        slips = {slip: entry["says"] for slip, entry in table.items() if isinstance(entry, Mapping)}
        self.says = Sentences({**table, **slips})

    def __call__(self, answer: Any) -> Verdict:
        """Say what is right or wrong with an answer."""
        try:
            values = self._check(begun(answer), self.says) or {}
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


def exercise(right: Any, table: Table | None = None) -> Exercise:
    """Make an exercise of the function that it asks for.

    Parameters
    ----------
    right : callable
        The right program. With options that it takes by keyword alone, the table makes wrong ones
        of it: ``half.right(n, up=True)``.
    table : mapping, optional
        Default: that of the function's name, in the file beside its module. It holds

        - ``praise``: what is said to a right answer;
        - ``cases``: arguments to call the learner's function with, as they are written in a call.
          Each call gets copies;
        - ``atol``: how far apart two numbers may be that count as equal, 1e-6 by default;
        - for each slip a table with a sentence, ``says``, and how it shows. Either it is ``wrong``:
          what a wrong program makes of the arguments, in this case and those before (or a list of
          such). Or ``turned``: what it makes of the right result, ``wanted``, in this case. Or
          ``when``: a sign that is found in this case, in ``wanted`` and in what came out,
          ``given``. The first slip is named that shows;
        - ``other``: a sentence for answers in which no slip shows.

        A sentence may hold ``{0}``, ``{1}`` (the arguments), ``{given}``, ``{wanted}`` and
        ``{found}``, which is what ``when`` has found.

    Returns
    -------
    Exercise
        The checker.

    Examples
    --------
    >>> def half(n):
    ...     return n / 2
    >>> double = {"wrong": "2 * n", "says": "That is the double."}
    >>> check = exercise(half, {"praise": "Right.", "cases": ["8", "5"], "double": double})
    >>> check(lambda n: n * 0.5)
    ✓ Right.
    >>> check(lambda n: n + n)
    ✗ Not yet. <lambda>(8) gave 16. That is the double.
    >>> check(lambda n: n // 2)
    ✗ Not yet. <lambda>(5) gave 2. It should be 2.5.
    >>> check(lambda n: ...)
    … Not begun yet: put your own code in the place of the dots, and run the cell again.
    """
    table = table_of(right) if table is None else table
    atol = table.get("atol", 1e-6)
    cases = [eval(f"({arguments},)", right.__globals__) for arguments in table["cases"]]

    def check(answer: Any, says: Sentences) -> None:
        learners, seen = function(answer), []
        for case in cases:
            handed = copy.deepcopy(case)
            wanted = right(*copy.deepcopy(case))
            given = like(wanted, learners(*handed))
            arguments = inspect.signature(right).bind(*case).arguments
            seen.append({**arguments, "given": given, "wanted": wanted, "atol": atol})
            said = _said(learners.__name__, case, given)
            values = {"given": _shown(given), "wanted": _shown(wanted)}
            wrong = not matches(given, wanted, atol=atol)
            for slip, entry in table.items() if wrong else ():
                if isinstance(entry, Mapping) and (found := _found(entry, seen, right)):
                    raise Objection(said + says[slip].format(*case, found=found, **values))
            changed = "Your function changed what it was given, and whoever called it may still"
            for own, before in zip(handed, case, strict=True):
                if hasattr(own, "shape") and not np.array_equal(own, before):
                    raise Objection(f"{changed} need that. Change a copy.")
            if wrong and isinstance(table.get("other"), str):
                raise Objection(said + says["other"].format(*case, **values))
            if wrong:
                raise Objection(_otherwise(said, given, wanted, atol))

    return Exercise(right, check, table)


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
    return lambda right: Exercise(right, check, table_of(check))


def matches(given: Any, other: Any, *, atol: float = 0.0) -> bool:
    """Return whether two values have the same shape and, up to `atol`, the same numbers."""
    given, other = np.asarray(given), np.asarray(other)
    return given.shape == other.shape and np.allclose(given, other, rtol=0, atol=atol)


def first_wrong(given: np.ndarray, right: Any, *, atol: float) -> tuple[int, ...]:
    """Return the first place where two arrays of one shape differ; the very first if none does."""
    differs = ~np.isclose(given, right, rtol=0, atol=atol)
    return tuple(int(place) for place in np.unravel_index(differs.argmax(), differs.shape))


def _found(entry: Table, seen: Sequence[Mapping[str, Any]], right: Any) -> Any:
    """What shows of a slip: what its sign finds, or whether it makes just what came out."""
    if "when" in entry:
        return _value(entry["when"], seen[-1], right)
    if "turned" in entry:
        return _value(f"matches(given, ({entry['turned']}), atol=atol)", seen[-1], right)
    ways = [entry["wrong"]] if isinstance(entry["wrong"], str) else entry["wrong"]
    same = [f"matches(given, ({way}), atol=atol)" for way in ways]
    return any(all(_value(one, facts, right) for facts in seen) for one in same)


def _value(expression: str, facts: Mapping[str, Any], right: Any) -> Any:
    """Evaluate an expression; nothing comes of one that isn't made for such a case or result."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return eval(expression, {**globals(), **right.__globals__, **copy.deepcopy(facts)})
        except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError):
            return None


def _otherwise(said: str, given: np.ndarray, wanted: Any, atol: float) -> str:
    """Say what is wrong where no slip shows."""
    wanted = np.asarray(wanted, float)
    if given.shape != wanted.shape:
        words = {(): "One number was", (2,): "Two numbers were"}
        asked = words.get(wanted.shape, f"The shape {wanted.shape} was")
        return f"{asked} expected, and yours has the shape {given.shape}."
    if wanted.size > _FEW:
        at = first_wrong(given, wanted, atol=atol)
        return f"At {list(at)} yours is {given[at]:.4f}, and it should be {wanted[at]:.4f}."
    return f"{said or f'Yours gave {_shown(given)}. '}It should be {_shown(wanted)}."


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
