"""Numbers and single digits that a pen draws, stroke by stroke."""

import itertools

import numpy as np
import pytest

from digitlab import Classifier
from digitlab.lab import synthetic
from tests.strokes import PAD, TEMPLATES

HEIGHT = 110  # of a digit, in pixels of the pad


@pytest.fixture(scope="module")
def classifier():
    return Classifier.load()


def drawn(monkeypatch, shapes, *, seed):
    """Draw shapes as other hands would, and return their strokes."""
    with monkeypatch.context() as patch:
        patch.setattr(synthetic, "picture_from_strokes", lambda strokes, **_: strokes)
        random = np.random.default_rng(seed)
        return [synthetic.draw(shape, random) for shape in shapes]


def in_a_row(digits, *, gap, slant=0.0):
    """The strokes of digits side by side, with room between their paths."""
    right, row = 10.0, []
    for strokes in digits:
        corners = np.concatenate([np.asarray(stroke, float) for stroke in strokes])
        scale = HEIGHT / np.ptp(corners, axis=0).max()
        placed = [(np.asarray(stroke, float) - corners.min(axis=0)) * scale for stroke in strokes]
        for stroke in placed:
            stroke[:, 0] -= slant * stroke[:, 1]
        left = min(stroke[:, 0].min() for stroke in placed)
        row += [np.add(stroke, (right - left, 80)) for stroke in placed]
        right = max(stroke[:, 0].max() for stroke in row) + gap
    return [stroke.tolist() for stroke in row]


@pytest.mark.parametrize("slant", [0.0, 0.3])
def test_digits_may_be_as_close_as_the_pen_is_thick(classifier, slant):
    for one in TEMPLATES:
        for other in TEMPLATES:
            row = in_a_row([TEMPLATES[one], TEMPLATES[other]], gap=15, slant=slant)
            assert classifier.read_strokes(row, size=PAD).text == f"{one}{other}"


def test_the_strokes_of_a_digit_need_not_touch(classifier):
    five = [
        [(90, 60), (84, 120), (130, 128), (150, 170), (120, 220), (80, 210)],
        [(96, 56), (160, 50)],
    ]
    four = [[(90, 60), (70, 150), (140, 150)], [(150, 90), (146, 220)]]
    row = in_a_row([five, four, five], gap=20)
    assert classifier.read_strokes(row, size=PAD).text == "545"


@pytest.mark.parametrize(
    ("shapes", "most"),
    [
        pytest.param([*itertools.chain(*synthetic.DIGITS.values())], 0.01, id="digit"),
        pytest.param(synthetic.NOT_DIGITS, 0.02, id="letter"),
    ],
)
def test_what_is_one_in_several_strokes_is_no_number(classifier, monkeypatch, shapes, most):
    shapes = [shape for shape in shapes if len(shape) > 1]
    readings = [
        classifier.read_strokes(in_a_row([strokes], gap=0), size=PAD)
        for strokes in drawn(monkeypatch, 5 * shapes, seed=0)
    ]
    assert sum(len(reading.digits) > 1 for reading in readings) <= most * len(readings)


SIGNS = {
    "+": [[(0, 30), (60, 30)], [(30, 0), (30, 60)]],
    "-": [[(0, 30), (60, 30)]],
    "x": [[(0, 0), (60, 60)], [(60, 0), (0, 60)]],
    "=": [[(0, 15), (60, 15)], [(0, 45), (60, 45)]],
}


def sum_of(text, digits, *, gap):
    """The strokes of a sum; a sign is half as tall as a digit, and in the middle."""
    right, strokes = 0.0, []
    for character in text:
        shape = [np.asarray(stroke, float) for stroke in SIGNS.get(character) or digits(character)]
        corners = np.concatenate(shape)
        scale = HEIGHT / (2 * 60 if character in SIGNS else np.ptp(corners, axis=0).max())
        down = HEIGHT / 4 if character in SIGNS else 0.0
        strokes += [(s - corners.min(axis=0)) * scale + (right, down) for s in shape]
        right = max(stroke[:, 0].max() for stroke in strokes) + gap
    larger = max(stroke.max() for stroke in strokes)
    return [(stroke * (260 / larger) + 10).tolist() for stroke in strokes]


@pytest.mark.parametrize("text", ["2+3=5", "9-4=5", "7+6=13", "6-6=0", "4x2=8", "3x8=24"])
@pytest.mark.parametrize("gap", [30, 40])
def test_of_a_sum_the_digits_are_read_and_the_signs_are_none(classifier, text, gap):
    drawn_sum = sum_of(text, lambda digit: TEMPLATES[int(digit)], gap=gap)
    reading = classifier.read_strokes(drawn_sum, size=PAD)
    assert reading.text == "".join(filter(str.isdigit, text))
    believed = [found.prediction.is_digit for found in reading.digits]
    assert believed == [character.isdigit() for character in text]


def test_most_sums_are_read_whoever_writes_them(classifier, monkeypatch):
    """Digits that code draws in many styles: 16 of 200 sums were read when signs cost as digits."""
    random, right = np.random.default_rng(1), 0
    for _ in range(60):
        one, other = random.integers(1, 10, 2)
        text = f"{one}+{other}={one + other}"

        def digits(character):
            styles = synthetic.DIGITS[int(character)]
            shape = styles[random.integers(len(styles))]
            return drawn(monkeypatch, [shape], seed=int(random.integers(1 << 30)))[0]

        reading = classifier.read_strokes(sum_of(text, digits, gap=30), size=PAD)
        right += reading.text == text.replace("+", "").replace("=", "")
    assert right >= 48


def test_who_draws_many_strokes_is_not_writing_a_number(classifier):
    strokes = [[(x, 40 + x % 7), (x + 4, 240)] for x in range(20, 260, 6)]
    assert len(classifier.read_strokes(strokes, size=PAD).digits) == 1
