from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitlab import Classifier, NothingDrawnError, StrokesError
from digitlab.drawings.drawing import CorrectedDrawing, Guess
from tests.strokes import PAD, TEMPLATES

COORDINATE = st.floats(-900, 900)
STROKES = st.lists(
    st.lists(st.tuples(COORDINATE, COORDINATE), min_size=1, max_size=8), min_size=1, max_size=4
)
LINE = [[(60.0, 50.0), (60.0, 240.0)]]


def checked(strokes=LINE, size=PAD, label=1, **other) -> CorrectedDrawing:
    return CorrectedDrawing(strokes, size, label, **other).checked()


@given(STROKES)
def test_strokes_stay_where_they_were_to_a_thousandth_of_the_drawing(strokes):
    kept = checked(strokes).strokes
    assert [len(stroke) for stroke in kept] == [len(stroke) for stroke in strokes]
    before, after = (np.concatenate([np.array(stroke) for stroke in s]) for s in (strokes, kept))
    extent = np.ptp(before, axis=0).max()
    # Half a step of the grid, and the sixth digit of the largest coordinate or of the pad's side.
    allowed = extent / 2000 + 1e-5 * max(*PAD, np.abs(before).max())
    assert np.abs(after - before).max() <= allowed


@given(STROKES)
def test_what_was_checked_stays_as_it_is_when_it_is_checked_again(strokes):
    once = checked(strokes)
    again = once.checked()
    assert again.scaled == once.scaled
    assert again.scaled.strokes() == once.strokes


@given(STROKES, st.integers(0, 9) | st.none())
def test_whatever_passes_makes_a_digit_picture(strokes, label):
    picture = checked(strokes, label=label).picture
    assert (picture.shape, picture.dtype) == ((28, 28), np.float32)
    assert 0 <= picture.min() < picture.max() <= 1


@pytest.mark.parametrize("digit", TEMPLATES)
def test_the_network_sees_what_it_saw_on_the_pad(digit):
    classifier = Classifier.load()
    drawn = classifier.predict_strokes(TEMPLATES[digit], size=PAD)
    kept = checked(TEMPLATES[digit], label=digit)
    np.testing.assert_allclose(kept.picture, drawn.picture, atol=0.02)
    assert classifier.predict_strokes(kept.strokes, size=kept.size).digit == digit


def test_a_dot_stays_a_dot():
    drawing = checked([[(100, 40)]])
    assert drawing.strokes == [[(100.0, 40.0)]]
    assert np.count_nonzero(drawing.picture) < 20


def test_strokes_may_be_arrays_and_stay_plain_lists():
    drawing = checked((np.array([[1, 2], [3, 4]]), [], np.array([[5.0, 6.0]])))
    assert drawing.strokes == checked([[(1, 2), (3, 4)], [(5, 6)]]).strokes
    assert all(type(xy) is float for stroke in drawing.strokes for p in stroke for xy in p)


@pytest.mark.parametrize(
    ("strokes", "error"),
    [
        ([], NothingDrawnError),
        ([[]], NothingDrawnError),
        (None, StrokesError),
        ("two", StrokesError),
        ([[1, 2]], StrokesError),
        ([[(0, np.nan)]], StrokesError),
        ([[(0, np.inf)]], StrokesError),
        ([[(0, 1, 2)]], StrokesError),
        ([[(0, 0), (5000, 0)]], StrokesError),
    ],
)
def test_what_is_no_drawing_on_this_pad_is_refused(strokes, error):
    with pytest.raises(error):
        checked(strokes)


@pytest.mark.parametrize("size", [None, 280, (280,), (280, 0), (280, -1), (np.nan, 1), ("a", 1)])
def test_what_is_no_size_is_refused(size):
    with pytest.raises(StrokesError, match="size"):
        checked(size=size)


@pytest.mark.parametrize("label", [-1, 10, 1.0, "1", True, [1]])
def test_what_is_no_label_is_refused(label):
    with pytest.raises(ValueError, match="label"):
        checked(label=label)


def test_labels_may_be_integers_of_any_kind_or_none():
    assert [type(checked(label=label).label) for label in (7, np.int64(7))] == [int, int]
    assert checked(label=None).label is None


def test_of_a_prediction_the_digit_the_confidence_and_the_doubt_are_kept():
    prediction = Classifier.load().predict_strokes(TEMPLATES[7], size=PAD)
    guess = checked(prediction=prediction).prediction
    assert guess == Guess(7, pytest.approx(prediction.confidence, abs=1e-6), True)


def test_a_probability_that_rounding_lifted_above_one_is_one():
    lifted = np.nextafter(np.float32(1), np.float32(2))
    assert checked(prediction=Guess(3, lifted, True)).prediction.confidence == 1.0


@pytest.mark.parametrize(
    "broken", [{"confidence": np.nan}, {"confidence": 2}, {"digit": 10}, {"is_digit": "yes"}]
)
def test_what_is_no_prediction_is_refused(broken):
    prediction = SimpleNamespace(**{"digit": 3, "confidence": 0.5, "is_digit": True} | broken)
    with pytest.raises(ValueError, match=next(iter(broken)).replace("_", ".")):
        checked(prediction=prediction)


def test_times_become_utc_and_need_a_time_zone():
    noon = datetime(2025, 3, 14, 12, tzinfo=timezone(timedelta(hours=2)))
    kept = checked(time=noon).time
    assert (kept, kept.tzinfo) == (noon, UTC)
    with pytest.raises(ValueError, match="time zone"):
        checked(time=datetime(2025, 3, 14))


@pytest.mark.parametrize("name", [None, 7, "two\nlines", "\ud800", "x" * 201])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(ValueError, match="writer"):
        checked(writer=name)
