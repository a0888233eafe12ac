"""Accuracies: curves against what was done, and intervals that are what `wilson_interval` says."""

import pytest

from digitlab.course.figures.accuracy import (
    accuracy_against,
    accuracy_intervals,
    repeated_tests,
)
from digitlab.lab.evaluation import wilson_interval


def test_accuracy_against_plots_a_curve_for_each_and_the_line_of_guessing():
    curves = {"right": [0.5, 0.8, 0.6], "down": [0.2, 0.8, 0.3]}
    figure = accuracy_against([-1, 0, 1], curves, amount="shift (pixels)", title="Moved")
    (axes,) = figure.axes
    right, down, guessing = axes.lines
    assert right.get_xydata().tolist() == [[-1, 50], [0, 80], [1, 60]]
    assert list(down.get_ydata()) == pytest.approx([20, 80, 30])
    assert set(guessing.get_ydata()) == {10}
    assert right.get_marker() != down.get_marker()
    assert axes.get_xlabel() == "shift (pixels)"
    assert "down from 20 % to 80 %" in figure.alternative_text
    assert figure.description == "Moved: accuracy against the shift (pixels): right, down."


def test_more_curves_than_can_be_told_apart_are_refused():
    with pytest.raises(ValueError, match="At most 3"):
        accuracy_against([0], {name: [0.5] for name in "abcd"}, amount="n", title="t")


def test_each_accuracy_has_its_dot_and_its_line():
    figure = accuracy_intervals({"one": (4960, 5000), "other": (99, 100)}, target=0.99, title="Two")
    [axes] = figure.axes
    line, dot, other_line, _, target = axes.lines
    low, high = wilson_interval(4960, 5000)
    assert list(line.get_xdata()) == pytest.approx([100 * low, 100 * high])
    assert list(dot.get_xdata()) == pytest.approx([99.2])
    assert list(other_line.get_ydata()) == [1, 1]
    assert list(target.get_xdata()) == [99, 99]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["one", "other"]
    assert "one: 99.2 %" in figure.findings
    assert "99" not in figure.description


def test_so_many_miss_as_are_drawn_dashed():
    figure = repeated_tests([100, 10_000], tests=40)
    curve, *panels = figure.axes
    assert len(panels) == 2
    marked = [line.get_xdata()[0] for line in curve.lines[1:]]
    assert marked == [100, 10_000]
    for axes in panels:
        *intervals, truth = axes.lines
        missed = [line for line in intervals if line.get_linestyle() == "--"]
        assert len(intervals) == 40
        assert f"{len(missed)} miss the truth" in axes.get_title()
        for line in missed:
            low, high = line.get_xdata()
            assert not low <= truth.get_xdata()[0] <= high


def test_the_interval_misses_about_one_time_in_twenty_and_shrinks():
    figure = repeated_tests([1000, 10_000], tests=400)
    curve, *panels = figure.axes
    for axes in panels:
        missed = sum(line.get_linestyle() == "--" for line in axes.lines)
        assert 4 <= missed <= 40
    _, wide, narrow = curve.lines
    assert wide.get_ydata() / narrow.get_ydata() == pytest.approx(10**0.5, rel=0.2)


def test_the_same_tests_are_drawn_each_time():
    first, again = (repeated_tests([300]).findings for _ in range(2))
    assert first == again
    assert first.startswith("Of 300 digits:")
