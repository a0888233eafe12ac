import numpy as np
import pytest
import torch

from digitlab.course.exercises.verdict import (
    Objection,
    Verdict,
    array,
    exercise,
    expect,
    function,
    number,
    pair,
)


@exercise
def doubled(answer):
    """Check a function that doubles a number."""
    given = number(function(answer)(3))
    expect(given != 9, "That is the square.")
    expect(given == 6, f"doubled(3) gave {given:g}.")
    return "Well done."


def test_a_right_answer_passes():
    assert doubled(lambda n: 2 * n) == Verdict(True, "Well done.")


@pytest.mark.parametrize("stub", [None, ..., lambda n: None, lambda n: ...])
def test_a_stub_is_not_begun_and_not_wrong(stub):
    verdict = doubled(stub)
    assert verdict.passed is None
    assert "Not begun" in verdict.message


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda n: n * n, "That is the square"),
        (lambda n: n, "gave 3"),
        (lambda n: "six", "A number was expected, and this is of type str"),
        (lambda n: float("nan"), "finite"),
        (lambda n: np.zeros(3), "A number was expected"),
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
    np.testing.assert_array_equal(array(parameter, shape=(2, 3)), np.ones((2, 3)))
    assert array([[1, 2]]).shape == (1, 2)
    for wrong in ("text", [[1], [1, 2]], object(), [np.inf]):
        with pytest.raises(Objection):
            array(wrong)
    with pytest.raises(Objection, match=r"\(2, 2\) was expected, and yours has \(3,\)"):
        array([1, 2, 3], shape=(2, 2))


@pytest.mark.parametrize("answer", [(1,), (1, 2, 3), "ab", 2, {1: 2, 3: 4}])
def test_a_pair_is_two_values_in_a_list_or_tuple(answer):
    assert pair([1, "b"], "two, please") == (1, "b")
    with pytest.raises(Objection, match="two, please"):
        pair(answer, "two, please")


def test_a_mistake_in_a_checker_is_not_hidden():
    @exercise
    def broken(answer):
        return undefined  # noqa: F821

    with pytest.raises(NameError):
        broken(1)


def test_a_verdict_is_said_in_words_and_what_the_learner_made_is_escaped():
    verdict = doubled(lambda n: "<b>".fail())
    assert repr(verdict).startswith("✗ Not yet. ")
    assert 'role="status"' in verdict._repr_html_()
    html = Verdict(False, "<script>")._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
