"""Reliability diagram and threshold: what is drawn is read back from the figure."""

import numpy as np
import pytest
import torch

from digitlab.course.figures.calibration import accepted_and_declined, reliability_diagram
from digitlab.lab.evaluation import wilson_interval


def test_each_group_stands_at_its_mean_confidence_and_accuracy_with_its_interval():
    confidence = torch.tensor([0.52, 0.58, 0.54, 0.56, 1.0, 1.0])
    right = torch.tensor([True, False, False, False, True, True])
    above, below = reliability_diagram(confidence, right).axes
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
