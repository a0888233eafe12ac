from functools import partial

import numpy as np
import pytest
import torch

from digitlab.course.exercises.checking import Exercise, exercise
from digitlab.course.exercises.verdict import (
    Objection,
    Verdict,
    array,
    pair,
)

SQUARE = {"wrong": "n * n", "says": "That is the square."}


@partial(exercise, table={"praise": "Well done.", "cases": ["3"], "square": SQUARE})
def doubled(n):
    """Double a number."""
    return 2 * n


def test_a_right_answer_passes():
    assert doubled(lambda n: 2 * n) == Verdict(True, "Well done.")


def stub(n): ...


def stub_with_a_docstring(n):
    """Double a number."""


def half_a_stub(n):
    m = ...
    return m


@pytest.mark.parametrize(
    "stub", [..., lambda n: None, lambda n: ..., stub, stub_with_a_docstring, half_a_stub]
)
def test_a_stub_is_not_begun_and_not_wrong(stub):
    verdict = doubled(stub)
    assert verdict.passed is None
    assert "Not begun" in verdict.message


def without_return(n):
    m = 2 * n  # noqa: F841


def with_print(n):
    print(2 * n)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (without_return, "without_return returned nothing. Does its last line lack a return?"),
        (with_print, "with_print returned nothing. print shows a result"),
        (print, "print returned nothing"),
        (None, "what print and a missing return leave"),
    ],
)
def test_a_forgotten_return_is_not_taken_for_a_stub(answer, said):
    verdict = doubled(answer)
    assert verdict.passed is False
    assert said in verdict.message


def fails_below(n):
    m = n + 1
    return int("one very long text that nobody would want to read to its endthree" * m)


def calls_another(n):
    return fails_below(n)


def test_of_an_error_the_learners_line_is_shown_and_shortened():
    for fails in (fails_below, calls_another):
        message = doubled(fails).message
        line = message.partition("\nIt was this line: ")[2]
        assert line.startswith('return int("one very long text')
        assert line.endswith("…")
        assert len(line) <= 80
        assert len(message) < 400
    # The error came about in a library: the line that called it counts.
    assert doubled(lambda n: np.ones(3) @ np.ones(4)).message.endswith(
        "assert doubled(lambda n: np.ones(3) @ np.ones(4)).message.endswith("
    )
    # The call itself failed, in none of the learner's lines.
    assert "It was this line" not in doubled(lambda: 6).message


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda n: n * n, "That is the square"),
        (lambda n: n, "gave 3"),
        (lambda n: "six", "A number was expected, and this is of type str"),
        (lambda n: float("nan"), "finite"),
        (lambda n: np.zeros(3), "One number was expected"),
        (lambda n: 1 / 0, "raised ZeroDivisionError"),
        (lambda: 6, "raised TypeError"),
        ("six", "A function was expected"),
        (6, "A function was expected"),
    ],
)
def test_a_wrong_answer_is_told_what_is_wrong_and_never_a_traceback(answer, said):
    verdict = doubled(answer)
    assert verdict.passed is False
    assert said in verdict.message


def test_arrays_and_tensors_are_arrays_and_other_things_are_not():
    parameter = torch.nn.Parameter(torch.ones(2, 3))
    np.testing.assert_array_equal(array(parameter), np.ones((2, 3)))
    assert array([[1, 2]]).shape == (1, 2)
    for wrong in ("text", [[1], [1, 2]], object(), [np.inf]):
        with pytest.raises(Objection):
            array(wrong)


@pytest.mark.parametrize("answer", [(1,), (1, 2, 3), "ab", 2, {1: 2, 3: 4}])
def test_a_pair_is_two_values_in_a_list_or_tuple(answer):
    assert pair([1, "b"], "two, please") == (1, "b")
    with pytest.raises(Objection, match="two, please"):
        pair(answer, "two, please")


def test_a_mistake_in_a_checker_is_not_hidden():
    def broken(answer, says):
        return undefined  # noqa: F821

    with pytest.raises(NameError):
        Exercise(1, broken, {})(1)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda n: [1, 2] - [n], "Make an array of it first"),
        (lambda n: 2 * n if np.zeros(2) == 0 else n, "a whole array of yes and no"),
        (lambda n: float(np.zeros(2)), "Is a sum or a mean missing?"),
        (lambda n: torch.ones(()).backward(), "nothing to go back along"),
        (lambda n: np.ones(3) + np.ones(4), "print(a.shape, b.shape)"),
    ],
)
def test_of_a_usual_error_the_verdict_says_what_it_means(answer, said):
    assert said in doubled(answer).message


def test_a_verdict_is_said_in_words_and_what_the_learner_made_is_escaped():
    verdict = doubled(lambda n: "<b>".fail())
    assert repr(verdict).startswith("✗ Not yet. ")
    assert 'role="status"' in verdict._repr_html_()
    html = Verdict(False, "<script>")._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
