import numpy as np
import pytest

from digitlab.course.exercises.slips import OTHERWISE, expect_equal, first_wrong, matches, rule_out
from digitlab.course.exercises.verdict import Objection


def test_the_first_slip_that_shows_is_named():
    slips = {"double": 8, "negative": False, "odd": np.True_, "nine": 9}
    with pytest.raises(Objection, match="odd"):
        rule_out(slips, 9)
    with pytest.raises(Objection, match="double"):
        rule_out(slips, 8)
    rule_out({"double": 8, "negative": False, "a shape": (8, 8)}, 9)


def test_a_slip_that_comes_out_right_is_none():
    expect_equal(4, 4, {"the sum": 4, "the same": True, "other": OTHERWISE})


def test_what_is_none_of_the_slips_has_the_last_row():
    with pytest.raises(Objection, match="other"):
        expect_equal(5, 4, {"the double": 8, "other": OTHERWISE})


def test_a_table_without_a_last_row_lets_no_wrong_answer_pass():
    with pytest.raises(ValueError, match="OTHERWISE"):
        expect_equal(5, 4, {"the double": 8})


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
