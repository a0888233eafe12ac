import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from digitlab.pad.curve import STEP, curve

SHARES = st.floats(0, 1).map(lambda share: round(share, 3))
STROKES = st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=12)


def without_rests(points):
    return [point for n, point in enumerate(points) if n == 0 or point != points[n - 1]]


@given(STROKES.map(without_rests))
def test_a_curve_goes_through_all_its_points_in_short_pieces(points):
    drawn = curve(points, size=1)
    for point in points:
        assert np.hypot(*(drawn - point).T).min() < 1e-9
    assert np.hypot(*np.diff(drawn, axis=0).T).max() < 3 * STEP
    assert np.abs(drawn - 0.5).max() < 0.8  # it does not swing far out


def test_nine_points_are_enough_for_a_circle():
    turn = np.linspace(0, 2 * np.pi, 10)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    drawn = curve([*map(tuple, circle)], size=3)
    off = np.abs(np.hypot(*drawn.T) - 1)[len(drawn) // 9 : -len(drawn) // 9]
    assert off.max() < 0.02  # straight lines would be off by 0.06


def test_a_corner_stays_a_corner():
    drawn = curve([(0.2, 0.2), (0.7, 0.2), (0.4, 0.9)], size=1)
    on_top = np.isclose(drawn[:, 1], 0.2)
    on_leg = np.isclose((drawn[:, 0] - 0.7) * 0.7, -(drawn[:, 1] - 0.2) * 0.3)
    assert (on_top | on_leg).all()
