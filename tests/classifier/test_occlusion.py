import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digitlab.classifier.occlusion import occlusion_map
from digitlab.classifier.onnx import Classifier
from digitlab.classifier.wrappers import as_classifier
from tests.strokes import PAD, TEMPLATES


class Looker:
    """Finds a 7 to the degree that there is ink in one region, and a 1 otherwise."""

    def __init__(self, rows, columns):
        self.region = (slice(None), slice(*rows), slice(*columns))
        self.calls = []

    def __call__(self, pictures):
        self.calls.append(pictures)
        seven = 0.01 + 0.9 * pictures[self.region].mean(axis=(1, 2))
        probabilities = np.zeros((len(pictures), 10))
        probabilities[:, 7], probabilities[:, 1] = seven, 1 - seven
        return probabilities


@pytest.fixture
def bar():
    """A bar of ink, three pixels wide, from the top to the bottom."""
    picture = np.zeros((28, 28), np.float32)
    picture[4:24, 13:16] = 1
    return picture


def test_only_ink_whose_square_touches_what_is_looked_at_matters(bar):
    relevance = occlusion_map(as_classifier(Looker((6, 9), (12, 17))), bar, digit=7)
    assert relevance.shape == (28, 28)
    assert relevance.dtype == np.float32
    near = np.zeros((28, 28), bool)
    near[4:11, 13:16] = True  # two pixels further than the region, and only ink
    assert (relevance[near] > 0).all()
    assert (relevance[~near] == 0).all()


def test_the_value_is_the_fall_of_the_log_odds_when_the_square_is_wiped_out(bar):
    looker = Looker((6, 12), (0, 28))
    relevance = occlusion_map(as_classifier(looker), bar, digit=7)
    expected = np.zeros((28, 28))
    for row, column in np.argwhere(bar):
        wiped = bar.copy()
        for y in range(28):
            for x in range(28):
                if max(abs(y - row), abs(x - column)) <= 2:
                    wiped[y, x] = 0
        before, after = (looker(picture[None])[0, 7] for picture in (bar, wiped))
        expected[row, column] = np.log(before / (1 - before)) - np.log(after / (1 - after))
    np.testing.assert_allclose(relevance, expected, atol=1e-4)


def test_ink_that_speaks_against_a_digit_is_below_0(bar):
    looker = as_classifier(Looker((6, 12), (0, 28)))
    for_seven = occlusion_map(looker, bar, digit=7)
    for_one = occlusion_map(looker, bar, digit=1)
    np.testing.assert_allclose(for_one, -for_seven, atol=1e-4)
    assert for_one.min() < 0


def test_the_answer_is_followed_if_no_digit_is_named(bar):
    looker = as_classifier(Looker((4, 24), (13, 16)))
    assert looker.probabilities(bar[None])[0].argmax() == 7
    np.testing.assert_array_equal(occlusion_map(looker, bar), occlusion_map(looker, bar, digit=7))


def test_one_batch_is_asked_and_the_picture_is_left_as_it_was(bar):
    looker, before = Looker((6, 9), (12, 17)), bar.copy()
    occlusion_map(as_classifier(looker), bar)
    assert len(looker.calls) == 1
    assert looker.calls[0].shape == (61, 28, 28)
    np.testing.assert_array_equal(bar, before)


def test_a_classifier_without_any_doubt_has_a_finite_map(bar):
    def certain(pictures):
        return np.eye(10)[np.where(pictures.sum(axis=(1, 2)) > 50, 7, 1)]

    relevance = occlusion_map(as_classifier(certain), bar)
    assert relevance.max() == pytest.approx(2 * np.log(1e6), rel=1e-3)


def test_an_empty_picture_has_an_empty_map():
    relevance = occlusion_map(as_classifier(Looker((6, 9), (12, 17))), np.zeros((28, 28)))
    assert not relevance.any()


@pytest.fixture(scope="module")
def classifier():
    return Classifier.load()


@settings(deadline=None, max_examples=20)
@given(st.sampled_from(sorted(TEMPLATES)))
def test_of_the_shipped_network_too_the_map_is_finite_and_on_the_ink(classifier, digit):
    picture = classifier.predict_strokes(TEMPLATES[digit], size=PAD).picture
    relevance = occlusion_map(classifier, picture)
    assert np.isfinite(relevance).all()
    assert (relevance[picture == 0] == 0).all()
    assert np.abs(relevance).max() <= 27.7


def test_what_is_no_digit_is_refused(classifier, bar):
    with pytest.raises(ValueError, match="0 to 9"):
        occlusion_map(classifier, bar, digit=10)


@pytest.mark.parametrize("picture", [np.zeros((1, 28, 28)), np.full((28, 28), 2.0), np.ones(784)])
def test_what_is_no_picture_is_refused(classifier, picture):
    with pytest.raises(ValueError, match=r"28, 28\)|\[0, 1\]"):
        occlusion_map(classifier, picture)
