"""What an evaluation tells: what is drawn is read back from the figure."""

import numpy as np
import pytest
import torch

from digitlab.course.figures.evaluation import (
    accepted_and_declined,
    best_of_many,
    confusion_matrix,
    reliability_diagram,
)
from digitlab.lab.evaluation import wilson_interval


def test_confusion_matrix_counts_all_and_colours_the_mistakes(report):
    figure = confusion_matrix(report)
    axes = figure.axes[0]
    counts = np.array([int(text.get_text() or 0) for text in axes.texts]).reshape(10, 10)
    expected = np.zeros((10, 10), int)
    expected[[3, 4, 1, 6], [3, 9, 1, 0]] = 1
    assert counts.tolist() == expected.tolist()
    coloured = np.argwhere(np.asarray(axes.images[0].get_array()))
    assert coloured.tolist() == [[4, 9], [6, 0]]
    assert axes.get_ylabel().startswith("is")
    assert axes.get_xlabel().startswith("read as")
    assert "4 read as 9, 1 times" in figure.alternative_text


def test_each_group_stands_at_its_mean_confidence_and_accuracy_with_its_interval():
    confidence = torch.tensor([0.52, 0.58, 0.54, 0.56, 1.0, 1.0])
    right = torch.tensor([True, False, False, False, True, True])
    above, below = reliability_diagram(confidence, right, title="Sure").axes
    _diagonal, interval, dot, *_ = above.get_lines()
    assert dot.get_xydata() == pytest.approx(np.array([[55, 25]]))
    assert interval.get_ydata() == pytest.approx(100 * np.array(wilson_interval(1, 4)))
    assert [bar.get_height() for bar in below.patches] == [0, 0, 0, 0, 0, 4, 0, 0, 0, 2]


def test_what_is_more_confident_than_the_threshold_or_just_as_confident_is_accepted():
    figure = accepted_and_declined([0.5, 0.6, 0.9, 0.9], [0.1, 0.5], thresholds=[0.5, 0.6])
    first, second = figure.axes
    assert first.get_title() == (
        "threshold 0.5\n100 % of digits accepted,\n50 % of others declined"
    )
    assert "75 % of digits accepted,\n100 % of others declined" in second.get_title()
    assert "cut at 0.5, 0.6" in repr(figure)
    assert "%" not in repr(figure)


def test_digits_are_drawn_upwards_and_others_downwards_in_shares():
    [axes] = accepted_and_declined([0.99] * 3, [0.01] * 5, thresholds=[0.5]).axes
    heights = {
        (round(bar.get_x()), round(bar.get_height())) for bar in axes.patches if bar.get_height()
    }
    assert {(98, 100), (0, -100)} <= heights


def test_each_guesser_is_counted_once_and_the_best_is_marked():
    shares = np.array([0.05, 0.1, 0.1, 0.105, 0.11, 0.185])
    figure = best_of_many(shares, fresh=0.09)
    (axes,) = figure.axes
    counts = {round(bar.get_x() + 0.25): bar.get_height() for bar in axes.patches}
    assert sum(counts.values()) == len(shares)
    assert counts[5] == 1
    assert counts[10] == 3  # 10.5 belongs to the bar of 10
    assert counts[11] == 1
    chosen, fresh = axes.lines
    assert chosen.get_xdata()[0] == pytest.approx(18.5)
    assert fresh.get_xdata()[0] == pytest.approx(9)
    assert "18.5 % where it was chosen, 9 % on others" in figure.alternative_text
    assert not any(character.isdigit() for character in figure.description)
