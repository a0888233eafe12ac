import numpy as np
import pytest

from digitlab.course.figures.averages import accuracy_against, nearest_average


def test_nearest_average_shows_the_digit_its_nearest_average_and_all_distances():
    averages = np.zeros((10, 28, 28))
    averages[range(10), range(10)] = 1  # a black row each
    picture = averages[4] * 0.5
    figure = nearest_average(picture, averages, title="Which?")
    shown, nearest, bars = figure.axes
    np.testing.assert_array_equal(shown.images[0].get_array(), picture)
    np.testing.assert_array_equal(nearest.images[0].get_array(), averages[4])
    expected = np.full(10, np.sqrt(28 * 1.25))
    expected[4] = np.sqrt(28 * 0.25)
    assert [bar.get_height() for bar in bars.patches] == pytest.approx(expected)
    colours = [bar.get_facecolor() for bar in bars.patches]
    assert colours.count(colours[4]) == 1
    assert bars.get_title() == "read as 4"
    assert "The nearest: 4" in figure.alternative_text
    assert not any(character.isdigit() for character in figure.description)


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
    with pytest.raises(ValueError, match="At most 2"):
        accuracy_against([0], {name: [0.5] for name in "abc"}, amount="n", title="t")
