from functools import partial

import numpy as np
import pytest
import torch

from digitlab.course.exercises.checking import (
    Sentences,
    exercise,
    first_wrong,
    judged_by,
    matches,
    table_of,
    yours,
)
from digitlab.course.exercises.verdict import Objection

TABLE = {
    "praise": "Right.",
    "cases": ["np.array([1.0, 2.0])", "np.array([1.0, 2.0, 6.0])"],
    "total": {"wrong": "values.sum()", "says": "That is the sum of {given}."},
    "percent": {
        "wrong": ["100 * values.mean()", "-100 * values.mean()"],
        "says": "That is in percent, not {wanted}.",
    },
    "half": {"turned": "wanted / 2", "says": "That is half of {wanted}."},
    "below": {
        "when": "given.ndim == 0 and given < 0 and f'{given:g}'",
        "says": "{found} is below 0.",
    },
    "no_case": {"wrong": "values[2]", "says": "Nobody makes this."},
}


@partial(exercise, table=TABLE)
def mean(values):
    return values.mean()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda values: values.sum(), "That is the sum of 3."),
        (lambda values: -100 * values.mean(), "That is in percent, not 1.5."),
        (lambda values: values.mean() / 2, "That is half of 1.5."),
        (lambda values: -1, "-1 is below 0."),
        (lambda values: values, "One number was expected, and yours has the shape (2,)."),
        (np.median, "Yours gave 2. It should be 3."),
        (lambda values: "three", "A number was expected, and this is of type str."),
    ],
)
def test_the_slip_is_named_or_what_came_out(answer, message):
    assert mean(answer).message == f"Not yet. {message}"


def test_a_program_must_agree_with_a_slip_in_every_case_so_far():
    assert "sum" not in mean(lambda values: values.sum() if len(values) > 2 else 1.5).message


def test_one_number_may_come_in_any_wrapping():
    for wrap in (float, np.array, torch.tensor, lambda one: [one][0], lambda one: np.array([one])):
        assert mean(lambda values, wrap=wrap: wrap(values.mean())).passed


def test_what_was_given_may_not_be_changed():
    def in_place(values):
        values *= 2
        return values.mean() / 2

    assert "Change a copy" in mean(in_place).message


def test_a_slip_may_be_turned_from_what_was_right_in_the_case_before():
    half = mean(lambda values: values.mean() / (1 if len(values) == 2 else 2))
    assert half.message == "Not yet. That is half of 3."


def test_a_name_that_is_wrong_in_a_table_is_no_slip_of_the_learners():
    misspelt = {"praise": "Right.", "cases": ["1"], "same": {"wrong": "valeus", "says": "No."}}
    with pytest.raises(NameError, match="valeus"):
        exercise(lambda values: values + 1, misspelt)(lambda values: values)


def test_large_results_are_compared_place_by_place():
    @partial(exercise, table={"praise": "Right.", "cases": ["np.zeros((2, 3))"]})
    def ones(zeros):
        return zeros + 1

    assert ones(np.ones_like).passed
    assert ones(lambda zeros: np.eye(2, 3)).message.endswith(
        "At [0, 1] yours is 0.0000, and it should be 1.0000."
    )
    assert (
        "The shape (2, 3) was expected, and yours has the shape (3, 2)."
        in ones(lambda _: np.ones((3, 2))).message
    )


def test_yours_is_used_once_it_has_passed_and_the_packages_until_then(capsys):
    def average(values):
        return sum(values) / len(values)

    assert yours(average, otherwise=mean.right) is mean.right
    assert "digitlab's mean takes its place" in capsys.readouterr().out
    mean(lambda values: 0)
    assert mean(average).passed
    assert yours(average, otherwise=mean.right) is average
    assert "your average does the work" in capsys.readouterr().out
    assert yours(lambda values: 0, otherwise=mean.right) is mean.right


def test_a_judge_says_what_is_in_the_table_of_its_name():
    def judge(answer, says):
        says(odd=answer % 2 and {"n": answer})
        return {"n": answer}

    with pytest.MonkeyPatch.context() as patched:
        table = {"praise": "{n} it is.", "odd": "{n} is odd."}
        patched.setattr("digitlab.course.exercises.checking.table_of", lambda check: table)
        even = judged_by(judge)(2)
    assert (even.right, even(4).message, even(3).message) == (2, "4 it is.", "Not yet. 3 is odd.")


def test_tables_lie_beside_the_module():
    from digitlab.course.exercises import meet_the_data

    assert table_of(meet_the_data.accuracy.right)["praise"].startswith("A share from 0 to 1")


def test_the_first_slip_that_was_made_is_named_with_its_values():
    says = Sentences(one="{a} and {b}", two="{found}")
    says(one=False, two=np.False_)
    with pytest.raises(Objection, match=r"^1 and 2$"):
        says(one={"a": 1, "b": 2}, two="three")
    with pytest.raises(Objection, match=r"^three$"):
        says(one=0, two="three")


@pytest.mark.parametrize("given", [1e5 + 1, [1e5], (1e5, 1e5)])
def test_counts_and_shapes_match_exactly_unless_a_tolerance_is_given(given):
    assert not matches(given, 1e5)
    assert matches(1e5 + 1, 1e5, atol=1)


def test_the_first_wrong_place_is_found_row_by_row():
    right = np.zeros((3, 4))
    given = right.copy()
    assert first_wrong(given, right, atol=0) == (0, 0)
    given[1, 3] = given[2, 0] = 1
    assert first_wrong(given, right, atol=0.5) == (1, 3)
