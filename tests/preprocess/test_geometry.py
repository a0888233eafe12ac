from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from PIL import Image, ImageDraw

from digitlab.classifier.onnx import Classifier
from digitlab.errors import DigitlabError, NothingDrawnError, StrokesError
from digitlab.preprocess.geometry import centred, cut_out, picture_from_ink, scaled
from digitlab.preprocess.ink import ink_from_image, picture_from_image
from digitlab.preprocess.strokes import digit_from_strokes, picture_from_strokes
from digitlab.preprocess.thickness import with_usual_pen
from tests.strokes import PAD, TEMPLATES

DIGITS = sorted(TEMPLATES)


@pytest.fixture(scope="module")
def mnist_digits():
    """The first 1,000 of the MNIST test digits: nobody's approximation of MNIST's geometry."""
    pytest.importorskip("torch")  # the light floor is tested without it, too
    from digitlab.lab.data import load_mnist

    return load_mnist().test.images[:1000].numpy()


@pytest.fixture(scope="module")
def classifier():
    return Classifier.load()


def drawn(strokes, *, width=14, size=PAD, ink=0, paper=255, scale=1.0, shift=(0, 0)):
    """What a person would see: strokes drawn with a round pen, smooth as on a screen."""
    fine = 4
    image = Image.new("L", (size[0] * fine, size[1] * fine), paper)
    draw = ImageDraw.Draw(image)
    radius = width * fine / 2
    for stroke in strokes:
        points = [((x * scale + shift[0]) * fine, (y * scale + shift[1]) * fine) for x, y in stroke]
        draw.line(points, fill=ink, width=round(2 * radius))
        for x, y in points:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=ink)
    return image.reduce(fine)


def centre_of_mass(picture):
    rows, columns = np.indices(picture.shape)
    return (rows * picture).sum() / picture.sum(), (columns * picture).sum() / picture.sum()


def tight_box(picture):
    """The tight box of all ink, line by line from each side."""
    for _ in range(4):
        while not picture[0].any():
            picture = picture[1:]
        picture = np.rot90(picture)
    return picture


def assert_digit_picture(picture):
    assert picture.shape == (28, 28)
    assert picture.dtype == np.float32
    assert np.isfinite(picture).all()
    assert picture.min() >= 0
    assert picture.max() <= 1
    assert picture.sum() > 0


# MNIST's own digits as the oracle


def test_a_raw_mnist_digit_comes_back_as_itself(mnist_digits):
    for digit in mnist_digits:
        np.testing.assert_allclose(picture_from_ink(digit), digit, atol=1e-6)


def enlarged(digit, factor, *, random, inverted=False):
    """A MNIST digit as blocks of pixels somewhere on a larger sheet."""
    before, after = random.integers(1, 100, size=(2, 2))
    grey = np.kron(digit, np.ones((factor, factor)))
    grey = np.pad(grey, ((before[0], after[0]), (before[1], after[1])))
    return Image.fromarray(np.uint8(np.rint(255 * (1 - grey if inverted else grey))))


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("factor", [1, 2, 7])
def test_a_mnist_digit_enlarged_and_moved_comes_back_as_itself(mnist_digits, factor, inverted):
    # Within 1/20 at each pixel: what is fainter than that may count as paper. Where such faint
    # ink makes the edge of the box, the rest moves by part of a pixel: one digit in fifty.
    random = np.random.default_rng(factor)
    same = 0
    for digit in mnist_digits[:200]:
        ink = ink_from_image(enlarged(digit, factor, random=random, inverted=inverted))
        same += np.abs(picture_from_ink(ink) - digit).max() < 1 / 20
    assert same >= 0.98 * 200


def test_a_mnist_digit_as_an_image_comes_back_as_itself_or_with_a_more_usual_pen(mnist_digits):
    random = np.random.default_rng(0)
    changes = []
    for digit in mnist_digits[:100]:
        picture = picture_from_image(enlarged(digit, 5, random=random))
        changes.append(np.abs(picture - digit).mean())
    assert np.median(changes) < 0.005
    assert np.quantile(changes, 0.98) < 0.1  # as much as a pen of one pixel more


def test_a_mnist_digit_smoothly_enlarged_gets_the_same_answer(mnist_digits, classifier):
    answers = classifier.probabilities(mnist_digits[:50]).argmax(axis=1)
    same = 0
    for digit, answer in zip(mnist_digits[:50], answers, strict=True):
        small = Image.fromarray(np.uint8(np.rint(255 * digit)))
        large = small.resize((200, 200), Image.Resampling.BICUBIC)
        same += classifier.predict(large).digit == answer
    assert same >= 49


def slow_average(box):
    """Scale to 20 with area averaging, one pixel and one fraction at a time."""
    longer = max(box.shape)
    height, width = (max(1, round(side * 20 / longer)) for side in box.shape)

    def overlaps(source, target):
        """For each target pixel, which source pixels it covers, and how much of each."""
        step = Fraction(source, target)
        for i in range(target):
            start, stop = i * step, (i + 1) * step
            yield [
                (j, float((min(stop, j + 1) - max(start, j)) / step))
                for j in range(source)
                if min(stop, j + 1) > max(start, j)
            ]

    result = np.zeros((height, width))
    for i, in_rows in enumerate(overlaps(box.shape[0], height)):
        for j, in_columns in enumerate(overlaps(box.shape[1], width)):
            result[i, j] = sum(a * b * box[y, x] for y, a in in_rows for x, b in in_columns)
    return result


@settings(deadline=None, max_examples=60)
@given(
    npst.arrays(
        np.float32,
        npst.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=45),
        elements=st.floats(0.125, 1, width=32),
    )
)
def test_scaling_averages_over_areas(box):
    picture = picture_from_ink(np.pad(box, ((3, 0), (1, 9))))
    np.testing.assert_allclose(tight_box(picture), slow_average(box), atol=1e-5)


def test_an_integer_factor_is_the_mean_of_blocks():
    box = np.random.default_rng(0).uniform(0.1, 1, size=(120, 60)).astype(np.float32)
    blocks = box.reshape(20, 6, 10, 6).mean(axis=(1, 3))
    np.testing.assert_allclose(tight_box(picture_from_ink(box)), blocks, atol=1e-6)


# The geometry of what people draw


@pytest.mark.parametrize("digit", DIGITS)
def test_a_drawn_digit_has_the_geometry_of_mnist(digit):
    strokes = TEMPLATES[digit]
    for picture in (
        picture_from_strokes(strokes, size=PAD),
        picture_from_image(drawn(strokes)),
        picture_from_image(drawn(strokes, width=30, ink=200, paper=30)),
    ):
        assert_digit_picture(picture)
        assert max(tight_box(picture).shape) == 20
        assert centre_of_mass(picture) == pytest.approx((14, 14), abs=0.51)


def test_centres_of_mass_scatter_around_14_and_not_13_5():
    pictures = [picture_from_strokes(strokes, size=PAD) for strokes in TEMPLATES.values()]
    centres = [centre_of_mass(picture) for picture in pictures]
    assert np.mean(centres) == pytest.approx(14, abs=0.2)


def test_drawn_strokes_have_the_ink_of_mnist(mnist_digits):
    pictures = np.stack([picture_from_strokes(s, size=PAD) for s in TEMPLATES.values()])
    assert pictures.mean() == pytest.approx(mnist_digits.mean(), rel=0.15)
    assert (pictures > 0).mean() == pytest.approx((mnist_digits > 0).mean(), rel=0.15)


@pytest.mark.parametrize("digit", DIGITS)
def test_shift_and_scale_of_strokes_change_no_pixel(digit):
    strokes = [np.array(stroke, float) for stroke in TEMPLATES[digit]]
    picture = picture_from_strokes(strokes)
    for scale, shift in ((1, (55, -30)), (3, (0, 0)), (0.01, (0, 0)), (40, (-7000, 900))):
        moved = [stroke * scale + shift for stroke in strokes]
        np.testing.assert_allclose(picture_from_strokes(moved), picture, atol=2e-3)


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize(
    "how",
    [
        pytest.param({}, id="as it is"),
        pytest.param({"shift": (40, -35)}, id="moved to a corner"),
        pytest.param({"scale": 0.3, "shift": (180, 20), "width": 5}, id="small"),
        pytest.param({"scale": 3, "width": 40, "size": (840, 840)}, id="large"),
        pytest.param({"width": 6}, id="fine pen"),
        pytest.param({"width": 24}, id="broad pen"),
        pytest.param({"ink": 255, "paper": 0}, id="light on dark"),
        pytest.param({"ink": 150, "paper": 220}, id="pencil on grey"),
        pytest.param({"size": (900, 300), "shift": (400, 10)}, id="wide paper"),
    ],
)
def test_place_size_polarity_and_pen_do_not_change_the_answer(classifier, digit, how):
    assert classifier.predict(drawn(TEMPLATES[digit], **how)).digit == digit


def test_polarity_changes_no_pixel():
    for strokes in TEMPLATES.values():
        image = drawn(strokes)
        inverted = Image.fromarray(255 - np.asarray(image))
        np.testing.assert_allclose(
            picture_from_image(inverted), picture_from_image(image), atol=1e-5
        )


def test_the_same_image_is_the_same_picture_wherever_it_lies_in_memory():
    images = [drawn(strokes, width=60) for strokes in TEMPLATES.values()]
    pictures = [picture_from_image(image).tobytes() for image in images]
    for size in range(0, 4000, 200):
        between = [np.empty(size + step, np.uint8) for step in range(8)]  # moves what comes next
        assert [picture_from_image(image).tobytes() for image in images] == pictures
        del between


# Step by step


@pytest.mark.parametrize("digit", DIGITS)
def test_the_three_steps_one_by_one_make_the_picture(digit):
    ink = with_usual_pen(ink_from_image(drawn(TEMPLATES[digit], width=40)))
    box = cut_out(ink)
    np.testing.assert_array_equal(box, tight_box(ink))
    small = scaled(box, 20)
    assert max(small.shape) == 20
    picture = centred(small)
    np.testing.assert_array_equal(picture, picture_from_image(drawn(TEMPLATES[digit], width=40)))


@pytest.mark.parametrize("digit", DIGITS)
def test_drawn_strokes_are_centred_last(digit):
    small = digit_from_strokes(TEMPLATES[digit], size=PAD)
    picture = picture_from_strokes(TEMPLATES[digit], size=PAD)
    assert max(small.shape) == 20
    np.testing.assert_array_equal(small.astype(np.float32), tight_box(picture))
    np.testing.assert_array_equal(centred(small), picture)


def test_a_usual_pen_is_left_alone_and_an_unusual_one_replaced():
    usual, thin, thick = (ink_from_image(drawn(TEMPLATES[3], width=width)) for width in (26, 4, 60))
    assert with_usual_pen(usual) is usual
    for ink in (thin, thick):
        share = (tight_box(with_usual_pen(ink)) > 0.5).mean()
        assert share == pytest.approx((tight_box(usual) > 0.5).mean(), rel=0.3)


@pytest.mark.parametrize("width", [4, 6, 8, 10, 12])
@pytest.mark.parametrize("tilt", [0, 3, 6, 10, 20])
def test_a_straight_line_gets_the_usual_pen_however_thin_and_upright(width, tilt):
    image = Image.new("F", (120, 330))
    ImageDraw.Draw(image).line([(50, 50), (50 + tilt, 280)], fill=1, width=width)
    picture = picture_from_ink(with_usual_pen(np.asarray(image)))
    assert 35 < picture.sum() < 65  # 20 pixels long, and 2.6 wide


# Drawing


def supersampled(strokes, pen_width):
    """The strokes as Pillow draws them in the box of 20 x 20, sixteen times as fine."""
    fine = 16
    points = np.concatenate(strokes)
    corner, extent = points.min(axis=0), np.ptp(points, axis=0).max()
    scale = (20 - pen_width) / extent
    image = Image.new("L", (20 * fine, 20 * fine))
    draw, radius = ImageDraw.Draw(image), pen_width / 2 * fine
    for stroke in strokes:
        path = [
            tuple(p) for p in ((np.array(stroke) - corner) * scale + pen_width / 2) * fine - 0.5
        ]
        draw.line(path, fill=255, width=round(2 * radius))
        for x, y in path:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(image.reduce(fine), float) / 255


def difference(picture, expected):
    """Share of the ink that differs; which way centring rounds, a pixel more or less, is no
    difference."""
    return min(
        np.abs(picture - np.roll(expected, (down, right), axis=(0, 1))).sum() / expected.sum()
        for down in (-1, 0, 1)
        for right in (-1, 0, 1)
    )


@pytest.mark.parametrize("pen_width", [1.5, 2.6, 4.0])
@pytest.mark.parametrize("digit", DIGITS)
def test_strokes_are_drawn_as_a_finer_drawing_averages_out(digit, pen_width):
    picture = picture_from_strokes(TEMPLATES[digit], pen_width=pen_width)
    expected = picture_from_ink(supersampled(TEMPLATES[digit], pen_width).round(3))
    assert difference(picture, expected) < 0.08


@pytest.mark.parametrize("digit", DIGITS)
def test_strokes_and_their_image_give_nearly_the_same_picture(digit):
    strokes = TEMPLATES[digit]
    extent = np.ptp(np.concatenate(strokes), axis=0).max()
    # The pen that is to the digit on the pad what 2.6 pixels are to the box of 20.
    image = drawn(strokes, width=extent * 2.6 / (20 - 2.6))
    assert difference(picture_from_strokes(strokes), picture_from_image(image)) < 0.2


def test_a_thicker_pen_draws_more_ink():
    inks = [picture_from_strokes(TEMPLATES[3], pen_width=width).sum() for width in (1, 2, 3, 5)]
    assert inks == sorted(inks)
    assert inks[-1] > 2 * inks[0]


def test_many_points_on_the_same_path_change_nothing():
    zigzag = np.array([(10.0, 20.0), (200.0, 60.0), (40.0, 250.0)])
    along = np.linspace(0, 2, 5_001)
    dense = np.stack([np.interp(along, [0, 1, 2], zigzag[:, axis]) for axis in (0, 1)], axis=1)
    change = np.abs(picture_from_strokes([dense]) - picture_from_strokes([zigzag]))
    assert change.max() < 0.2
    assert change.mean() < 0.005


def test_the_gap_between_two_strokes_stays_a_gap():
    two_bars = [[(0, 0), (0, 100)], [(60, 0), (60, 100)]]
    assert picture_from_strokes(two_bars)[14, 12:16].max() == 0


# Odd strokes

NUMBERS = st.one_of(
    st.integers(-300, 600),
    st.floats(-300, 600),
    st.floats(-1e8, 1e8),
    st.floats(-1e-6, 1e-6),
)
POINTS = st.tuples(NUMBERS, NUMBERS)
STROKE = st.one_of(
    st.lists(POINTS, max_size=30),
    st.lists(POINTS, max_size=30).map(tuple),
    st.lists(POINTS, min_size=1, max_size=5).map(np.array),
    st.tuples(POINTS, st.integers(1, 50)).map(lambda pair: [pair[0]] * pair[1]),  # one point, often
    st.tuples(NUMBERS, st.lists(NUMBERS, min_size=1, max_size=20)).map(
        lambda pair: [(pair[0], y) for y in pair[1]]  # a line of no width
    ),
)


@settings(deadline=None, max_examples=300)
@given(st.lists(STROKE, max_size=6), st.sampled_from([None, PAD, (1, 1), (4000.0, 30.0)]))
@example([[(7, 7)]], None)
@example([[(1e-320, 0), (0, 0)]], None)
@example([[(-50, -50), (900, 900)]], PAD)
def test_any_strokes_give_a_picture_or_there_are_none(strokes, size):
    if any(len(stroke) for stroke in strokes):
        assert_digit_picture(picture_from_strokes(strokes, size=size))
    else:
        with pytest.raises(NothingDrawnError, match="no stroke"):
            picture_from_strokes(strokes, size=size)


@settings(deadline=None, max_examples=200)
@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.dictionaries(st.text(max_size=2), inner, max_size=2),
            st.tuples(inner, inner),
        ),
        max_leaves=12,
    )
)
@example(5)
@example(None)
@example([[(10**400, 1)]])
def test_whatever_is_no_stroke_is_refused_by_name(whatever):
    try:
        picture = picture_from_strokes(whatever)
    except DigitlabError:
        return
    assert_digit_picture(picture)


@pytest.mark.parametrize(
    ("strokes", "message"),
    [
        ([[(1, 2, 3)]], "Stroke 1 is not a list of points"),
        ([[(1, 2)], [(1, 2), (3,)]], "Stroke 2 is not a list of points"),
        ([(1, 2), (3, 4)], r"expected \[\(x, y\), …\], got \(1, 2\)"),
        (["draw"], "Stroke 1 is not a list of points"),
        ([np.array([[1j, 2], [3, 4]])], "Stroke 1 is not a list of points"),
        ([[(1, float("nan"))]], "not a finite number"),
        ([[(1, 2)], [(float("inf"), 2)]], "Stroke 2 holds a point that is not a finite number"),
        (None, "Expected strokes"),
        (7, "Expected strokes"),
    ],
)
def test_what_is_wrong_with_strokes_is_said(strokes, message):
    with pytest.raises(StrokesError, match=message):
        picture_from_strokes(strokes)


@pytest.mark.parametrize("strokes", [[], [[]], [[], []], np.zeros((0, 2)), ()])
def test_no_stroke_is_nothing_drawn(strokes):
    with pytest.raises(NothingDrawnError):
        picture_from_strokes(strokes)


def test_strokes_may_be_a_generator_arrays_or_tensors():
    torch = pytest.importorskip("torch")
    expected = picture_from_strokes(TEMPLATES[2])
    arrays = [np.array(stroke, np.uint16) for stroke in TEMPLATES[2]]
    for strokes in (
        (stroke for stroke in TEMPLATES[2]),
        tuple(tuple(stroke) for stroke in TEMPLATES[2]),
        arrays,
        [torch.tensor(stroke) for stroke in TEMPLATES[2]],
    ):
        np.testing.assert_array_equal(picture_from_strokes(strokes), expected)


def test_strokes_are_left_as_they_were():
    stroke = np.array(TEMPLATES[7][0], float)
    before = stroke.copy()
    picture_from_strokes([stroke], size=PAD)
    np.testing.assert_array_equal(stroke, before)


def test_a_hundred_thousand_points_are_drawn():
    scribble = np.random.default_rng(0).uniform(0, 280, size=(100_000, 2))
    picture = picture_from_strokes([scribble], size=PAD)
    assert_digit_picture(picture)
    assert picture[9:19, 9:19].min() == 1


def test_a_dot_on_the_pad_stays_a_dot():
    for dot in ([[(140, 140)]], [[(140, 140), (141, 140)]]):
        assert max(tight_box(picture_from_strokes(dot, size=PAD)).shape) <= 5


def test_a_dot_without_a_pad_is_a_dot_too():
    picture = picture_from_strokes([[(140, 140)]])
    assert_digit_picture(picture)
    assert max(tight_box(picture).shape) <= 5


def test_the_size_may_be_an_array():
    np.testing.assert_array_equal(
        picture_from_strokes(TEMPLATES[4], size=np.array(PAD)),
        picture_from_strokes(TEMPLATES[4], size=PAD),
    )


@pytest.mark.parametrize("pen_width", [0, -1, 20, 300, float("nan")])
def test_a_pen_that_fits_no_box_is_refused(pen_width):
    with pytest.raises(ValueError, match="pen"):
        picture_from_strokes(TEMPLATES[1], pen_width=pen_width)


# Odd ink


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (3, 1024), (28, 28)])
def test_a_bar_of_any_proportion_fits(shape):
    picture = picture_from_ink(np.ones(shape, np.float32))
    assert_digit_picture(picture)
    assert max(tight_box(picture).shape) == 20


@pytest.mark.parametrize("corner", [(0, 0), (0, -1), (-1, 0), (-1, -1)])
def test_a_heavy_corner_does_not_push_the_digit_off_the_picture(corner):
    ink = np.full((20, 20), 1e-3, np.float32)
    ink[corner] = 1
    picture = picture_from_ink(ink)
    np.testing.assert_allclose(tight_box(picture), ink)


def test_no_ink_is_nothing_drawn():
    with pytest.raises(NothingDrawnError, match="no ink"):
        picture_from_ink(np.zeros((28, 28)))
