import numpy as np
import pytest

from digitlab.classifier.onnx import Classifier
from digitlab.lab.synthetic import DIGITS, NOT_DIGITS, draw, drawn_digits, drawn_others


def test_every_shape_can_be_drawn():
    random = np.random.default_rng(0)
    for shape in [*(shape for shapes in DIGITS.values() for shape in shapes), *NOT_DIGITS]:
        picture = draw(shape, random)
        assert picture.shape == (28, 28)
        assert picture.dtype == np.float32
        assert 0 <= picture.min() <= picture.max() <= 1
        assert picture.sum() > 20, shape


def test_no_two_drawings_of_a_shape_are_the_same():
    random = np.random.default_rng(0)
    first, second = draw(DIGITS[5][0], random), draw(DIGITS[5][0], random)
    assert np.abs(first - second).mean() > 0.01


def test_a_curve_goes_through_its_points():
    random = np.random.default_rng(0)
    straight = np.mean([draw(["0,0 6,5 0,10"], random) for _ in range(50)], axis=0)
    curved = np.mean([draw(["~ 0,0 6,5 0,10"], random) for _ in range(50)], axis=0)
    # Both reach the right; the curve bulges, so it is farther right at a quarter of the height.
    assert straight.sum(axis=0)[20:].sum() > 0
    columns = np.arange(28)
    quarter = slice(8, 11)
    assert np.average(columns, weights=curved[quarter].sum(axis=0)) > np.average(
        columns, weights=straight[quarter].sum(axis=0)
    )


def test_the_pen_slips_at_some_ends_of_a_stroke_and_never_in_its_middle():
    random = np.random.default_rng(0)
    columns = np.arange(28)

    def spread(rows):
        """How far the ink lies from its own middle, in pixels, in the row where it does most."""
        ink = rows.sum(axis=1) > 0.5
        middle = (rows @ columns)[ink] / rows.sum(axis=1)[ink]
        return np.sqrt(((columns - middle[:, None]) ** 2 * rows[ink]).sum(1) / rows[ink].sum(1))

    lines = [draw(["0,0 0,10"], random) for _ in range(300)]
    ends = np.array([max(spread(line[4:8]).max(), spread(line[20:24]).max()) for line in lines])
    middles = np.array([spread(line[12:16]).max() for line in lines])
    assert 0.05 < (ends > middles + 0.3).mean() < 0.5
    assert (middles > ends + 0.3).mean() < 0.02


def test_every_eighth_of_what_is_no_digit_is_a_spot_that_is_no_one():
    for picture in drawn_others(400, seed=0)[4::8]:
        ink = picture > 0
        assert ink.any(axis=0).sum() >= ink.any(axis=1).sum()
        assert len(np.unique(picture)) <= 2


def test_drawn_digits_are_what_their_labels_say():
    pictures, labels = drawn_digits(300, seed=123)
    read = Classifier.load().probabilities(pictures).argmax(axis=1)
    assert (read == labels).mean() > 0.95


def test_drawn_others_are_not_taken_for_digits():
    digits, _ = drawn_digits(300, seed=123)
    classifier = Classifier.load()
    of_digits = classifier.probabilities(digits).max(axis=1)
    of_others = classifier.probabilities(drawn_others(300, seed=123)).max(axis=1)
    assert np.median(of_others) < 0.5 < 0.95 < np.median(of_digits)


@pytest.mark.parametrize(
    "make", [lambda seed: drawn_digits(20, seed=seed)[0], lambda seed: drawn_others(20, seed=seed)]
)
def test_a_seed_decides_what_is_drawn(make):
    assert np.array_equal(make(1), make(1))
    assert not np.array_equal(make(1), make(2))


def test_none_may_be_drawn():
    pictures, labels = drawn_digits(0, seed=0)
    assert pictures.shape == drawn_others(0, seed=0).shape == (0, 28, 28)
    assert (pictures.dtype, labels.shape) == (np.float32, (0,))
