"""What a few corrected drawings change, and what they leave alone."""

import numpy as np
import pytest

from digitlab import Classifier
from digitlab.classifier import Taught
from digitlab.preprocess import picture_from_strokes, stored_digits
from tests.strokes import PAD, TEMPLATES

# Digits as they are written in Arabic, in boxes, or as nobody writes them: the network errs on all.
STYLES = {
    "arabic 7": (7, [[(80, 60), (140, 230), (200, 60)]]),
    "arabic 8": (8, [[(80, 230), (140, 60), (200, 230)]]),
    "arabic 2": (2, [[(95, 230), (85, 70), (120, 110), (180, 70)]]),
    "reversed 3": (3, [[(190, 60), (100, 80), (150, 135), (95, 190), (190, 228)]]),
    "square 8": (
        8,
        [[(100, 50), (190, 50), (190, 230), (95, 230), (95, 55)], [(95, 140), (190, 140)]],
    ),
    "calculator 3": (
        3,
        [
            [(90, 50), (190, 50), (190, 230), (90, 230)],
            [(90, 140), (190, 140)],
            [(90, 50), (90, 230)],
        ],
    ),
}


@pytest.fixture(scope="module")
def classifier():
    return Classifier.load()


def variants(strokes, n: int, *, seed: int) -> np.ndarray:
    """Pictures of a drawing, each time by another hand: turned, slanted, stretched and shaky."""
    random = np.random.default_rng(seed)
    pictures = []
    for _ in range(n):
        turn, slant, stretch = random.normal(0, 0.1, 3)
        rotation = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
        shape = rotation @ np.array([[np.exp(stretch), slant], [0, np.exp(-stretch)]])
        moved = [
            (np.array(stroke) - 140) @ shape.T + 140 + random.normal(0, 6, (len(stroke), 2))
            for stroke in strokes
        ]
        pictures.append(picture_from_strokes(moved, size=PAD))
    return np.stack(pictures)


def right(classifier, pictures, label) -> float:
    return float((classifier.probabilities(pictures).argmax(axis=1) == label).mean())


@pytest.mark.parametrize(("label", "strokes"), STYLES.values(), ids=STYLES)
def test_three_drawings_teach_a_style_and_leave_other_digits_alone(classifier, label, strokes):
    taught = Taught(classifier)
    held_out = variants(strokes, 40, seed=1)
    for picture in variants(strokes, 3, seed=0):
        taught.teach(picture, label)
    before, after = right(classifier, held_out, label), right(taught, held_out, label)
    assert before <= 0.3
    assert after >= 0.8
    sure = taught.probabilities(held_out).max(axis=1) >= taught.threshold
    assert sure.mean() >= 0.5
    for digit, drawn in TEMPLATES.items():
        assert (
            right(taught, variants(drawn, 10, seed=2), digit)
            >= right(classifier, variants(drawn, 10, seed=2), digit) - 0.1
        )
    stored, labels = stored_digits()
    assert (taught.probabilities(stored).argmax(1) == labels).sum() >= 99


def test_what_is_no_digit_can_be_taught(classifier):
    taught = Taught(classifier)
    four = variants(TEMPLATES[4], 1, seed=0)
    assert classifier.probabilities(four).max() > classifier.threshold
    taught.teach(four[0], None)
    assert taught.probabilities(four).max() < 0.5


def test_the_last_word_on_a_picture_counts_and_all_can_be_forgotten(classifier):
    taught = Taught(classifier)
    four, other = variants(TEMPLATES[4], 2, seed=0)
    taught.teach(four, 8)
    taught.teach(four, 9)
    assert (len(taught), int(taught.probabilities(four[None]).argmax())) == (1, 9)
    taught.teach(other, 9)
    taught.forget(four)
    assert len(taught) == 1
    taught.forget()
    np.testing.assert_array_equal(
        taught.probabilities(four[None]), classifier.probabilities(four[None])
    )


def test_it_shows_what_the_one_below_shows(classifier):
    taught, picture = Taught(classifier), variants(TEMPLATES[4], 1, seed=0)
    taught.teach(picture[0], 9)
    for own, below in zip(
        taught.feature_maps(picture), classifier.feature_maps(picture), strict=True
    ):
        np.testing.assert_array_equal(own, below)
    assert taught.kernels is classifier.kernels
    assert taught.threshold == classifier.threshold
