import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from digitlab.errors import NothingDrawnError
from digitlab.preprocess.samples import stored_digits
from digitlab.preprocess.segments import _STEPS, _lines_of_least_ink, segments_from_ink

PICTURES, _ = stored_digits()


def boxes(ink):
    return [[segment.box for segment in line] for line in segments_from_ink(ink)]


def blank(height=100, width=200):
    return np.zeros((height, width), np.float32)


def test_one_digit_is_one_segment_at_least_97_times_in_a_hundred():
    enlarged = [np.kron(picture, np.ones((6, 6), np.float32)) for picture in PICTURES]
    assert (
        sum(len(segments_from_ink(ink)) == len(segments_from_ink(ink)[0]) == 1 for ink in enlarged)
        >= 97
    )


def test_a_line_goes_from_left_to_right_although_it_is_skewed():
    ink = blank()
    for number in range(6):
        ink[10 + 8 * number : 40 + 8 * number, 10 + 30 * number : 16 + 30 * number] = 1
    (line,) = boxes(ink)
    assert [box[0] for box in line] == [10 + 30 * number for number in range(6)]


def test_lines_go_from_top_to_bottom():
    ink = blank()
    ink[60:90, 10:16] = ink[10:40, 100:106] = ink[62:92, 50:56] = 1
    assert boxes(ink) == [[(100, 10, 106, 40)], [(10, 60, 16, 90), (50, 62, 56, 92)]]


def test_a_five_whose_roof_is_apart_is_one_digit():
    ink = blank(100, 100)
    ink[10:16, 40:80] = 1  # the roof
    ink[20:50, 30:36] = ink[45:51, 30:70] = ink[45:90, 64:70] = ink[84:90, 30:70] = 1
    assert boxes(ink) == [[(30, 10, 80, 90)]]


def test_dirt_is_left_out():
    ink = blank()
    ink[20:80, 20:30] = ink[20:80, 100:110] = 1
    ink[5:10, 180:185] = 1
    assert boxes(ink) == [[(20, 20, 30, 80), (100, 20, 110, 80)]]


def test_a_segment_holds_no_ink_of_its_neighbour():
    ink = blank()
    for at in range(60):  # two slanted lines, whose boxes overlap
        ink[80 - at, 20 + at // 2 : 26 + at // 2] = ink[80 - at, 40 + at // 2 : 46 + at // 2] = 1
    (line,) = segments_from_ink(ink)
    assert len(line) == 2
    assert [segment.ink.sum() for segment in line] == [360, 360]


def test_cuts_part_the_ink_and_leave_all_of_it():
    ink = blank()
    ink[20:80, 20:30] = ink[70:80, 20:100] = ink[20:80, 90:100] = 1
    ((segment,),) = segments_from_ink(ink)
    first, *others = segment.cuts(60)
    assert others
    whole = first
    for part in others:
        assert part.box[0] == whole.box[2]
        whole = whole.joined(part)
    assert whole.box == segment.box
    np.testing.assert_array_equal(whole.ink, segment.ink)


def test_a_cut_goes_round_the_ink_that_a_straight_one_would_cross():
    one, other = blank(), blank()
    for at in range(60):  # two slanted lines, whose boxes overlap
        one[80 - at, 20 + at // 2 : 26 + at // 2] = other[80 - at, 46 + at // 2 : 52 + at // 2] = 1
    touching = one + other
    touching[48:52, 40:60] = 1
    ((segment,),) = segments_from_ink(touching)
    for part in segment.cuts(60):
        left, top, right, bottom = part.box
        shares = [(part.ink * line[top:bottom, left:right]).sum() for line in (one, other)]
        assert min(shares) < 0.05 * one.sum()


@given(arrays(np.float32, (5, 6), elements=st.integers(0, 3).map(np.float32)))
def test_no_line_crosses_less_ink_than_those_that_are_found(ink):
    lines, costs = _lines_of_least_ink(ink)
    height, width = ink.shape

    def cost(line):
        aside = np.abs(np.diff(line)).sum()
        return ink[range(height), list(line)].sum() + _STEPS[0] * aside

    for end in range(width):
        steps = itertools.product((-1, 0, 1), repeat=height - 1)
        all_lines = (np.cumsum([end, *step])[::-1] for step in steps)
        within = [line for line in all_lines if line.min() >= 0 and line.max() < width]
        assert costs[end] == pytest.approx(min(map(cost, within)))
        assert cost(lines[:, end]) == pytest.approx(costs[end])
    assert (np.diff(lines, axis=1) >= 0).all(), "lines cross"


def test_no_ink_is_nothing_drawn():
    with pytest.raises(NothingDrawnError, match="no ink"):
        segments_from_ink(blank())
