"""Curves: what is plotted is read back, and the picture keeps the size that the first one needs."""

import numpy as np
import pytest

from digitlab.course.figures.curves import curves


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


def test_a_steep_tangent_does_not_flatten_the_curve():
    figure = curves([0, 1], {"curve": [0, 1], "tangent": [-50, 50]}, title="T", labels=("x", "y"))
    low, high = figure.axes[0].get_ylim()
    assert (low, high) == pytest.approx((-0.08, 1.08))
    assert figure.axes[0].get_xlim() == (0, 1)


def test_a_flat_curve_can_be_shown():
    assert curves([0, 1], {"flat": [2, 2]}, title="Flat", labels=("x", "y"))._repr_png_()
