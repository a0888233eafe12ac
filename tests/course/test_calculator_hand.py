"""The hand of a pocket calculator: easy to read, always alike, and leaning as it is told."""

import numpy as np
import pytest

from digitlab.course.calculator_hand import SLANT, calculator_drawings, calculator_strokes
from digitlab.drawings.store import Drawings


def lean(strokes):
    """Units to the right with each unit up, of the long stem of a 1."""
    (x_top, y_top), (x_foot, y_foot) = strokes[0][1:]
    return (x_top - x_foot) / (y_foot - y_top)


@pytest.mark.parametrize("slant", [-0.5, 0, 0.8])
def test_it_leans_as_it_is_told(slant):
    assert lean(calculator_strokes(1, slant=slant)) == pytest.approx(slant, abs=0.01)


def test_left_to_itself_it_leans_to_the_left():
    assert lean(calculator_strokes(1)) == pytest.approx(SLANT, abs=0.01)
    assert SLANT < 0


def test_the_same_seed_writes_the_same_and_no_two_drawings_are_alike():
    first, again = (calculator_drawings(40, seed=3) for _ in range(2))
    assert [one.strokes for one in first] == [one.strokes for one in again]
    assert len({str(one.strokes) for one in first}) == 40
    assert calculator_drawings(1, seed=4)[0].strokes != first[0].strokes


def test_it_is_consistent_a_digit_is_nearest_to_the_mean_of_its_own():
    pictures = np.stack([one.picture for one in calculator_drawings(200, seed=0)])
    means = pictures[:100].reshape(10, 10, 28, 28).mean(axis=0)
    distance = ((pictures[100:, None] - means) ** 2).sum(axis=(2, 3))
    assert (distance.argmin(axis=1) == np.arange(100) % 10).mean() > 0.9


def test_every_drawing_lies_on_the_pad_and_can_be_kept(tmp_path):
    drawings = Drawings(tmp_path / "drawings.sqlite3")
    for one in calculator_drawings(20, seed=0, slant=-1):
        points = np.concatenate([np.array(stroke) for stroke in one.strokes])
        assert 0 <= points.min() <= points.max() <= 280
        drawings.add(one.strokes, size=one.size, label=one.label)
    assert [one.label for one in drawings] == [*range(10)] * 2


@pytest.mark.parametrize("digit", [-1, 10, "7"])
def test_what_is_no_digit_is_refused(digit):
    with pytest.raises(ValueError, match="0 to 9"):
        calculator_strokes(digit)
