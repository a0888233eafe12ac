import math
from itertools import pairwise

from digitlab.course.figures.described import VERMILION
from digitlab.course.figures.losses import CEILING
from digitlab.course.figures.rates import rate_curves

RUNS = {0.01: [2.3, 2.3, 2.2, 2.2], 0.1: [2.3, 1.7, 1, 0], 2.0: [3, 9, math.nan, math.inf]}


def test_each_rate_has_a_curve_and_a_point_where_it_ended():
    left, right = rate_curves(RUNS, smooth=2).axes
    assert [line.get_ydata().tolist() for line in left.lines[:3]] == [
        [2.3, 2.2],
        [2.0, 0.5],
        [CEILING, CEILING],
    ]
    assert right.lines[0].get_xydata().tolist() == [[0.01, 2.2], [0.1, 0.5], [2, CEILING]]
    assert [text.get_text() for text in left.texts] == ["0.01", "0.1", "2"]


def test_the_one_that_is_pointed_out_is_red_on_both_sides():
    left, right = rate_curves(RUNS, 0.1, smooth=2).axes
    red = [line.get_color() == VERMILION for line in left.lines[:3]]
    assert red == [False, True, False]
    assert right.lines[1].get_xydata().tolist() == [[0.1, 0.5]]
    assert left.get_title() == "Training at learning rate 0.1"


def test_what_cannot_be_seen_is_told():
    text = rate_curves(RUNS, smooth=2).alternative_text
    assert "Rate 0.1 ends near 0.50." in text
    assert "Rate 2 ends near 4.00." in text


def test_no_name_is_written_upon_another():
    left, _ = rate_curves({rate: [2.3] for rate in (0.1, 0.2, 0.3)}).axes
    heights = sorted(text.get_position()[1] for text in left.texts)
    assert all(high - low > 0.2 for low, high in pairwise(heights))
