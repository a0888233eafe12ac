import math

import numpy as np
import pytest

from digitlab.course.figures.losses import CEILING, block_means, loss_curves

NAN, INF = math.nan, math.inf


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
