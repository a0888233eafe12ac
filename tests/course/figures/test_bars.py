"""Bars: their lengths, their order, and what is written beside them."""

import numpy as np
import pytest

from digitlab.classifier import Prediction
from digitlab.course.figures.bars import (
    nearest_average,
    probability_bars,
    share_bars,
)

SEVEN = [[(60, 50), (200, 50), (110, 240)]]


def names_and_lengths(figure):
    axes = figure.axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    return dict(zip(names, [bar.get_width() for bar in axes.patches], strict=True))


def test_shares_are_bars_in_percent_with_the_share_at_their_end():
    figure = share_bars({"ill": 0.1, "cured": 0.934}, title="Digits read right", guessing=0.1)
    assert names_and_lengths(figure) == pytest.approx({"ill": 10, "cured": 93.4})
    [axes] = figure.axes
    assert [text.get_text() for text in axes.texts] == ["10 %", "93.4 %"]
    assert axes.lines[0].get_xdata() == pytest.approx([10, 10])
    assert axes.yaxis_inverted()  # the first is on top
    assert figure.findings == "ill 10 %, cured 93.4 %."


def test_bars_go_from_the_first_step_at_the_top():
    figure = share_bars({"naive": 0.55, "all": 0.992}, title="What each step brings", guessing=0.1)
    [axes] = figure.axes
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([55, 99.2])
    assert [text.get_text() for text in axes.texts] == ["55 %", "99.2 %"]
    assert axes.yaxis_inverted()
    assert "naive, all" in figure.description
    assert "55" not in figure.description


def test_nearest_average_shows_the_digit_its_nearest_average_and_all_distances():
    averages = np.zeros((10, 28, 28))
    averages[range(10), range(10)] = 1  # a black row each
    picture = averages[4] * 0.5
    figure = nearest_average(picture, averages)
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


def test_probability_bars_are_as_high_as_the_probabilities(prediction):
    _, picture, bars = probability_bars(prediction, strokes=SEVEN).axes
    assert np.array_equal(picture.images[0].get_array(), prediction.picture)
    heights = [bar.get_height() for bar in bars.patches]
    assert heights == pytest.approx(100 * prediction.probabilities)
    colours = [bar.get_facecolor() for bar in bars.patches]
    assert colours.count(colours[7]) == 1
    assert bars.get_title() == "read as 7"


def test_what_is_declined_is_not_said_to_be_read(prediction):
    unsure = Prediction(np.full(10, 0.1, np.float32), prediction.picture, 0.5)
    *_, bars = probability_bars(unsure, strokes=SEVEN).axes
    assert bars.get_title() == "declined"


def test_strokes_are_shown_as_they_were_drawn(prediction):
    figure = probability_bars(prediction, strokes=[*SEVEN, [(20, 30)]])
    path, dot = figure.axes[0].lines
    assert path.get_xydata().tolist() == [[60, 50], [200, 50], [110, 240]]
    assert (path.get_marker(), path.get_markevery()) == ("o", 3)  # where it starts
    assert dot.get_xydata().tolist() == [[20, 30]]
    bottom, top = figure.axes[0].get_ylim()
    assert bottom > top  # y counts downwards
    assert "path of the pen" in figure.description
