"""What a checker says, and how it takes a learner's answer: a function, a number, an array.

Whatever is wrong with an answer is an `Objection`: a sentence to the learner, never a traceback.
"""

import dis
import functools
import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from types import CodeType
from typing import Any

import numpy as np

from digitlab.places import beside

_MARKS = {True: "✓", False: "✗", None: "…"}
_COLOURS = {True: "#009E73", False: "#D55E00", None: "#8C8C8C"}
# What a function does that hands back a constant and nothing else, in any Python.
_IDLE = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"}
# What the usual errors mean, by what their message says.
_HINTS = beside(__file__, "verdict.json")


@dataclass(frozen=True)
class Verdict:
    """What a checker says of an answer.

    Parameters
    ----------
    passed : bool or None
        None where the exercise hasn't been begun.
    message : str
        A sentence or two to the learner, in plain text.
    """

    passed: bool | None
    message: str

    def __repr__(self) -> str:
        """Return mark and message, which is what a notebook keeps."""
        return f"{_MARKS[self.passed]} {self.message}"

    def _repr_html_(self) -> str:
        colour = _COLOURS[self.passed]
        style = f"border-left: 0.3em solid {colour}; padding: 0.3em 0.8em; white-space: pre-wrap"
        return f'<div role="status" style="{style}">{escape(repr(self))}</div>'


class Objection(Exception):  # noqa: N818 - it is no error of the program
    """What is wrong with an answer, said to the one who gave it."""


class NotBegun(Exception):  # noqa: N818
    """The answer is still the stub's."""


def expect(condition: bool | np.bool_, objection: str) -> None:
    """Object unless something holds.

    Raises
    ------
    Objection
        With that sentence.
    """
    if not condition:
        raise Objection(objection)


def function(answer: Any) -> Callable[..., Any]:
    """Return the learner's function, so wrapped that its errors are objections.

    Raises
    ------
    Objection
        If the answer is no function; later, when it is called and fails.
    """
    name = getattr(answer, "__name__", "your function")
    code = getattr(answer, "__code__", None)
    expect(callable(answer), f"A function was expected; this is of type {type(answer).__name__}.")

    @functools.wraps(answer, updated=())
    def careful(*arguments: Any, **options: Any) -> Any:
        try:
            returned = answer(*arguments, **options)
        except Exception as error:
            said = f"{name} raised {type(error).__name__}: {_short(str(error), 200)}"
            raise Objection(said + _where(error, code) + _hint(error)) from error
        if returned is None and not _idle(code):
            printed = "print shows a result, and return hands it back."
            forgotten = "Does its last line lack a return?"
            uses_print = code is not None and "print" in code.co_names
            raise Objection(f"{name} returned nothing. {printed if uses_print else forgotten}")
        return begun(... if returned is None else returned)

    return careful


def number(answer: Any) -> float:
    """Return the learner's number as a float.

    Raises
    ------
    Objection
        If it is not one finite number.
    """
    value = _made(float, answer, "A number")
    expect(bool(np.isfinite(value)), f"A finite number was expected, and this is {value}.")
    return value


def pair(answer: Any, objection: str) -> tuple[Any, Any]:
    """Return the two values of a list or tuple.

    Raises
    ------
    Objection
        With that sentence, if there are not two or it is another thing.
    """
    expect(isinstance(answer, list | tuple) and len(answer) == 2, objection)
    return answer[0], answer[1]


def array(answer: Any) -> np.ndarray:
    """Return the learner's array or tensor as a NumPy array of floats.

    Parameters
    ----------
    answer : Any
        An array, a tensor, nested lists. Of any shape: a checker looks at it itself.

    Raises
    ------
    Objection
        If it is nothing of the kind, or not finite.
    """
    if hasattr(answer, "detach"):
        answer = answer.detach().cpu()
    elif isinstance(answer, list) and any(getattr(one, "requires_grad", False) for one in answer):
        held = "Each holds on to all that it was computed from, and memory runs full."
        raise Objection(f"Your list has tensors in it. {held} Keep numbers: loss.item().")
    values = _made(functools.partial(np.asarray, dtype=float), answer, "An array")
    expect(bool(np.isfinite(values).all()), "Some values in your array aren't finite numbers.")
    return values


def like(wanted: Any, answer: Any) -> np.ndarray:
    """Return the learner's answer as an array; one number as one, in whatever it is wrapped.

    Parameters
    ----------
    wanted : Any
        The right answer: a number, or an array.
    answer : Any
        The learner's.

    Raises
    ------
    Objection
        If it is no number where one is wanted, or no array; or if it is not finite.
    """
    if np.ndim(wanted) == 0 and np.size(getattr(answer, "shape", ())) == 0:
        return np.asarray(number(answer))
    values = array(answer)
    return values.reshape(()) if np.ndim(wanted) == 0 and values.size == 1 else values


def _made(kind: Callable[[Any], Any], answer: Any, what: str) -> Any:
    """Make one kind of thing of an answer, or object."""
    try:
        return kind(answer)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        said = f"{what} was expected, and this is of type {type(answer).__name__}."
        raise Objection(said) from None


def begun(answer: Any) -> Any:
    """Return the answer if it is one.

    Raises
    ------
    NotBegun
        If it is the dots of the stub.
    Objection
        If it is None.
    """
    if answer is ...:
        raise NotBegun
    expect(answer is not None, "It is None, which is what print and a missing return leave.")
    return answer


def _idle(code: CodeType | None) -> bool:
    """Return whether a function does nothing: a stub's body is dots, perhaps below a docstring."""
    return code is not None and {step.opname for step in dis.get_instructions(code)} <= _IDLE


def _where(error: Exception, code: CodeType | None) -> str:
    """Say which of the learner's lines raised an error; nothing if it was none of them."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.line for frame in frames if code and frame.filename == code.co_filename]
    return f"\nIt was this line: {_short(lines[-1], 80)}" if lines and lines[-1] else ""


def _hint(error: Exception) -> str:
    """Say what a usual error means; nothing of any other."""
    hints = [hint for words, hint in _HINTS.items() if re.search(words, str(error))]
    return f"\n{hints[0]}" if hints else ""


def _short(text: str, most: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"
