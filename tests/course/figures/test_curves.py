"""Curves: what is plotted is read back, and what is told about the loss of a training."""

import math
from itertools import pairwise

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from digitlab.course.figures.curves import (
    CEILING,
    LiveCurve,
    block_means,
    curves,
    loss_curves,
    rate_curves,
)
from digitlab.course.figures.described import BLUE

NAN, INF = math.nan, math.inf
RUNS = {0.01: [2.3, 2.3, 2.2, 2.2], 0.1: [2.3, 1.7, 1, 0], 2.0: [3, 9, NAN, INF]}


def test_losses_are_averaged_over_blocks_and_the_rest_counts_too():
    steps, means = block_means([1, 2, 3, 1, 5], 2)
    assert steps.tolist() == [1.5, 3.5, 5]
    assert means.tolist() == [1.5, 2, CEILING]


@pytest.mark.parametrize("bad", [NAN, INF, 1e30])
def test_what_is_no_number_is_drawn_at_the_ceiling(bad):
    figure = loss_curves({"ill": [2.3, 2.2, bad, bad], "healthy": [2, 1, 1, 1]}, smooth=2)
    [axes] = figure.axes
    curve, lost, healthy, nothing_lost, guessing = axes.lines
    assert curve.get_ydata().tolist() == pytest.approx([2.25, CEILING])
    assert lost.get_marker() == "^"
    assert lost.get_xydata().tolist() == [[3.5, CEILING]]
    assert healthy.get_ydata().tolist() == [1.5, 1]
    assert len(nothing_lost.get_xdata()) == 0
    assert np.allclose(guessing.get_ydata(), math.log(10))
    assert figure._repr_png_()[0]


def test_the_ending_is_told_and_the_description_holds_no_number():
    figure = loss_curves({"ill": [2.0, NAN], "healthy": [0.5] * 9}, title="Loss")
    assert "ill: ends without a number." in figure.alternative_text
    assert "healthy: ends near 0.50." in figure.alternative_text
    assert not any(character.isdigit() for character in figure.description)
    legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert legend == ["ill", "healthy", "guessing"]


def test_more_trainings_than_can_be_told_apart_are_refused():
    with pytest.raises(ValueError, match="At most 5"):
        loss_curves({name: [2.3] for name in "abcdef"})


def test_each_rate_has_a_curve_and_a_point_where_it_ended():
    left, right = rate_curves(RUNS, smooth=2).axes
    assert [line.get_ydata().tolist() for line in left.lines[:3]] == [
        [2.3, 2.2],
        [2.0, 0.5],
        [CEILING, CEILING],
    ]
    assert right.lines[0].get_xydata().tolist() == [[0.01, 2.2], [0.1, 0.5], [2, CEILING]]
    assert [text.get_text() for text in left.texts] == ["0.01", "0.1", "2"]


def test_the_one_that_is_pointed_out_stands_out_on_both_sides():
    left, right = rate_curves(RUNS, 0.1, smooth=2).axes
    blue = [line.get_color() == BLUE for line in left.lines[:3]]
    assert blue == [False, True, False]
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


def test_a_live_curve_grows_in_one_place(monkeypatch):
    messages = []
    publisher = InteractiveShell.instance().display_pub
    monkeypatch.setattr(publisher, "publish", lambda **message: messages.append(message))
    live = LiveCurve(steps=25, every=10)
    losses = np.linspace(2.3, 0.5, 25).tolist()
    for loss in losses:
        live(loss)
    assert live.losses == losses
    first, *later = messages  # after steps 10, 20 and the last
    assert len(later) == 2
    assert not first.get("update")
    for message in later:
        assert message["update"]
        assert message["transient"]["display_id"] == first["transient"]["display_id"]
        assert message["data"]["text/plain"] == first["data"]["text/plain"]  # what nbval compares
        assert message["data"]["image/png"] != first["data"]["image/png"]


def test_curves_and_points_are_drawn_where_they_are():
    x = np.linspace(0, 2, 5)
    heights = {"square": x**2, "tangent": 100 * x}
    figure = curves(x, heights, title="Two", labels=("side", "area"), points=[(1, 1), (0.5, 0.25)])
    [axes] = figure.axes
    square, tangent, points = axes.lines
    np.testing.assert_array_equal(square.get_ydata(), x**2)
    np.testing.assert_array_equal(tangent.get_ydata(), 100 * x)
    assert points.get_xydata().tolist() == [[1, 1], [0.5, 0.25]]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("side", "area")
    assert repr(figure) == "Two: area against side, for square, tangent."
    assert "The last point is at 0.50, 0.25." in figure.alternative_text


def test_a_curve_too_many_is_refused_rather_than_left_out():
    heights = {name: [0, 1] for name in "abcd"}
    with pytest.raises(ValueError, match="At most 3 curves"):
        curves([0, 1], heights, title="Four", labels=("x", "y"))


def test_a_steep_tangent_does_not_flatten_the_curve():
    figure = curves([0, 1], {"curve": [0, 1], "tangent": [-50, 50]}, title="T", labels=("x", "y"))
    low, high = figure.axes[0].get_ylim()
    assert (low, high) == pytest.approx((-0.08, 1.08))
    assert figure.axes[0].get_xlim() == (0, 1)


def test_a_flat_curve_can_be_shown():
    assert curves([0, 1], {"flat": [2, 2]}, title="Flat", labels=("x", "y"))._repr_png_()
