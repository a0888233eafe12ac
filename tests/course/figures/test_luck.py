import numpy as np
import pytest

from digitlab.course.figures.luck import best_of_many


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
