import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from digitlab.errors import NothingDrawnError, StrokesError
from digitlab.preprocess.ink import ink_from_image, picture_from_image
from digitlab.preprocess.samples import stored_digits
from digitlab.preprocess.stages import stages_from_ink, stages_from_strokes, typical_digit
from digitlab.preprocess.strokes import picture_from_strokes
from tests.strokes import PAD, TEMPLATES

POINTS = st.tuples(st.floats(-80, 360), st.floats(-80, 360))


def photo(digit, *, width):
    image = Image.new("L", PAD, 220)
    for stroke in TEMPLATES[digit]:
        ImageDraw.Draw(image).line(stroke, fill=40, width=width, joint="curve")
    return image


def assert_stages(stages):
    """Each has a name, a sentence and ink on a picture that is small enough to send."""
    for stage in stages:
        assert stage.name
        assert stage.caption.endswith(".")
        assert stage.picture.dtype == np.float32
        assert stage.picture.min() >= 0
        assert 0 < stage.picture.max() <= 1
        assert max(stage.picture.shape) <= 224


def edges(picture):
    return picture[0], picture[-1], picture[:, 0], picture[:, -1]


# From strokes


@pytest.mark.parametrize("digit", TEMPLATES)
def test_strokes_are_drawn_cut_out_scaled_and_centred(digit):
    stages = stages_from_strokes(TEMPLATES[digit], size=PAD)
    assert_stages(stages)
    drawn, box, scaled, centred = (stage.picture for stage in stages)
    assert drawn.shape == (224, 224)
    assert not any(edge.any() for edge in edges(drawn))
    assert all(edge.any() for edge in edges(box))
    assert box.sum() == pytest.approx(drawn.sum())
    assert scaled.shape == (20, 20)
    np.testing.assert_array_equal(centred, picture_from_strokes(TEMPLATES[digit], size=PAD))
    assert scaled.sum() == pytest.approx(centred.sum(), rel=1e-5)


def test_the_ink_is_drawn_where_the_pen_was_and_as_thick():
    across = [[(70, 140), (210, 140)]]
    for pen_width in (10, 40):
        ink = stages_from_strokes(across, size=PAD, pen_width=pen_width)[0].picture
        rows, columns = np.nonzero(ink > 0.5)
        in_pad = 280 / 224
        assert np.ptp(rows) * in_pad == pytest.approx(pen_width, abs=2.5)
        assert rows.mean() * in_pad == pytest.approx(140, abs=2)
        assert columns.min() * in_pad == pytest.approx(70 - pen_width / 2, abs=2)
        assert columns.max() * in_pad == pytest.approx(210 + pen_width / 2, abs=2)


def test_ink_that_left_the_pad_is_shown_too():
    over_the_edge = [[(140, -60), (140, 200)]]
    drawn, box, *_ = stages_from_strokes(over_the_edge, size=PAD)
    height, width = drawn.picture.shape
    assert height > width
    assert box.picture.shape[0] == pytest.approx(height * 270 / 340, abs=2)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.lists(POINTS, min_size=1, max_size=20), min_size=1, max_size=4))
def test_any_strokes_have_stages_and_the_last_is_what_the_network_gets(strokes):
    stages = stages_from_strokes(strokes, size=PAD)
    assert_stages(stages)
    np.testing.assert_array_equal(stages[-1].picture, picture_from_strokes(strokes, size=PAD))


def test_a_dot_stays_small_when_it_is_scaled():
    *_, scaled, _ = stages_from_strokes([[(100, 100)]], size=PAD)
    assert (scaled.picture > 0).sum() < 40


def test_what_is_no_strokes_has_no_stages():
    with pytest.raises(NothingDrawnError):
        stages_from_strokes([], size=PAD)
    with pytest.raises(StrokesError):
        stages_from_strokes([[(1, 2, 3)]], size=PAD)


# From an image


@pytest.mark.parametrize("digit", TEMPLATES)
@pytest.mark.parametrize("width", [4, 24, 60])
def test_the_last_stage_of_an_image_is_what_the_network_gets(digit, width):
    stages = stages_from_ink(ink_from_image(photo(digit, width=width)))
    assert_stages(stages)
    expected = picture_from_image(photo(digit, width=width))
    np.testing.assert_array_equal(stages[-1].picture, expected)


def test_another_pen_is_a_stage_only_where_it_is_needed():
    names = {
        width: [stage.name for stage in stages_from_ink(ink_from_image(photo(2, width=width)))]
        for width in (4, 24)
    }
    assert names[24] == ["Ink found", "Cut out", "Scaled", "Centred"]
    assert names[4] == ["Ink found", "Usual pen", "Cut out", "Scaled", "Centred"]


def test_where_there_is_no_ink_there_are_no_stages():
    with pytest.raises(NothingDrawnError):
        stages_from_ink(np.zeros(PAD, np.float32))


# The typical digit


@pytest.mark.parametrize("digit", range(10))
def test_a_typical_digit_is_the_stored_one_nearest_to_the_mean(digit):
    pictures, labels = stored_digits()
    mean = sum(pictures[labels == digit]) / 10
    distances = [((picture - mean) ** 2).sum() for picture in pictures[labels == digit]]
    found = typical_digit(digit)
    assert ((found - mean) ** 2).sum() == pytest.approx(min(distances))
    assert any((found == picture).all() for picture in pictures[labels == digit])


def test_a_typical_digit_cannot_be_spoilt_for_the_next():
    with pytest.raises(ValueError, match="read-only"):
        typical_digit(3)[0, 0] = 1


@pytest.mark.parametrize("digit", [-1, 10, "3", None])
def test_there_is_no_typical_eleventh_digit(digit):
    with pytest.raises(ValueError, match="expected a digit, 0 to 9"):
        typical_digit(digit)
