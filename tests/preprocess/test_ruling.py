import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from digitlab.preprocess import stored_digits
from digitlab.preprocess.ink import ink_from_image
from digitlab.preprocess.ruling import without_ruling

TALL = 70  # pixels, of the digits


def digits_in_a_row(numbers, *, step=80, margin=60):
    """Stored digits side by side, ink = 1, each a little higher or lower than the last."""
    pictures, _ = stored_digits()
    ink = np.zeros((TALL + 2 * margin, len(numbers) * step + 2 * margin), np.float32)
    for place, number in enumerate(numbers):
        large = cv2.resize(
            pictures[number][4:24, 4:24], (TALL, TALL), interpolation=cv2.INTER_CUBIC
        )
        top, left = margin + 12 * (place % 3 - 1), margin + place * step
        ink[top : top + TALL, left : left + TALL] = (large > 0.5).astype(np.float32)
    return ink


def lines_of(form, shape, *, n, step=80, margin=60, width=3):
    """The lines that these digits lie across, ink = 1."""
    lines = np.zeros(shape, np.float32)
    height, wide = shape
    top, bottom, left, right = margin - 4, margin + TALL + 4, margin - 5, margin + n * step - 5
    if form == "base":
        cv2.line(lines, (left, bottom - 8), (right, bottom - 8), 1, width)
    elif form == "boxes":
        for place in range(n):
            corner = left + place * step
            cv2.rectangle(lines, (corner, top), (corner + step - 8, bottom), 1, width)
    elif form == "row":
        cv2.rectangle(lines, (left, top), (right, bottom), 1, width)
        for place in range(1, n):
            x = left + place * step - 9  # across the digit to the left
            cv2.line(lines, (x, top), (x, bottom), 1, width)
    else:
        for y in range(20, height, 45):
            cv2.line(lines, (0, y), (wide - 1, y), 1, width)
        for x in range(20, wide if form == "squared" else 0, 45):
            cv2.line(lines, (x, 0), (x, height - 1), 1, width)
    return lines


def ink_on(image):
    """The ink that is found on an image, ink = 1."""
    return ink_from_image(Image.fromarray((255 * (1 - image)).astype(np.uint8)))


@pytest.mark.parametrize("gap", [10, 25, 40])
def test_boxes_that_strokes_join_are_one_row(gap):
    lines, strokes = np.zeros((2, 160, 500), np.float32)
    for place in range(4):
        left = 30 + 110 * place
        cv2.rectangle(lines, (left, 30), (left + 110 - gap, 130), 1, 4)
        if place:
            cv2.line(strokes, (left - gap - 30, 65 + 10 * place), (left + 30, 95), 1, 6)
    found = ink_on(np.maximum(lines, strokes)) > 0.5
    beside_strokes = cv2.dilate(strokes, np.ones((15, 15), np.uint8)) > 0
    assert found[(lines > 0) & ~beside_strokes].mean() < 0.02
    beside_lines = cv2.dilate(lines, np.ones((5, 5), np.uint8)) > 0
    assert found[(strokes > 0) & ~beside_lines].all()


@pytest.mark.parametrize("width", [2, 4])
@pytest.mark.parametrize("thick", [5, 9])
def test_a_stroke_may_run_along_more_than_half_of_a_line(width, thick):
    lines, strokes = np.zeros((2, 160, 160), np.float32)
    cv2.rectangle(lines, (30, 20), (120, 140), 1, width)
    cv2.polylines(strokes, [np.array([(38, 26), (100, 24), (60, 120)])], False, 1, thick)  # a 7
    found = ink_on(np.maximum(lines, strokes)) > 0.5
    beside_strokes = cv2.dilate(strokes, np.ones((15, 15), np.uint8)) > 0
    assert found[(lines > 0) & ~beside_strokes].mean() < 0.02
    beside_lines = cv2.dilate(lines, np.ones((5, 5), np.uint8)) > 0
    assert found[(strokes > 0) & ~beside_lines].mean() > 0.98


def turned(ink, degrees):
    height, width = ink.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return cv2.warpAffine(ink, turn, (width, height))


@pytest.mark.parametrize("degrees", [0, 1.5])
@pytest.mark.parametrize("form", ["base", "boxes", "row", "ruled", "squared"])
def test_lines_that_digits_lie_across_are_gone_and_the_digits_are_there(form, degrees):
    numbers = [20, 31, 50, 72, 93]
    strokes = digits_in_a_row(numbers)
    lines = lines_of(form, strokes.shape, n=len(numbers))
    if form in {"ruled", "squared"}:  # from edge to edge, when the image is turned, too
        lines = turned(np.pad(lines, 40, mode="wrap"), degrees)[40:-40, 40:-40]
    else:
        lines = turned(lines, degrees)
    strokes = turned(strokes, degrees)
    both = np.maximum(strokes, lines)
    found = ink_on(both)
    beside_strokes = cv2.dilate((strokes > 0.1).astype(np.uint8), np.ones((13, 13), np.uint8)) > 0
    beside_lines = cv2.dilate((lines > 0.1).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert (found[(lines > 0.5) & ~beside_strokes] > 0.5).mean() < 0.02
    assert (found[(strokes > 0.5) & ~beside_lines] > 0.5).mean() > 0.98
    assert (found[(strokes > 0.5) & (lines > 0.5)] > 0.5).mean() > 0.5  # where they cross


@pytest.mark.parametrize("side", [60, 100, 200])
def test_a_digit_has_no_ruled_lines(side):
    pictures, _ = stored_digits()
    torn = []
    for number, picture in enumerate(pictures):
        large = cv2.resize(picture, (side, side), interpolation=cv2.INTER_CUBIC).clip(0, 1)
        if without_ruling(large, large) is not None:
            torn.append(number)
    assert not torn


@pytest.mark.parametrize("form", ["base", "boxes", "row", "ruled", "squared"])
def test_lines_without_digits_are_left_as_they_are(form):
    lines = lines_of(form, (190, 520), n=5)
    assert without_ruling(lines, lines) is None


@pytest.mark.parametrize("shape", ["cross", "letter", "hash"])
def test_straight_strokes_that_end_at_no_others_stay(shape):
    ink = np.zeros((200, 200), np.float32)
    ends = {
        "cross": [((100, 20), (100, 180)), ((20, 100), (180, 100))],
        "letter": [((60, 20), (60, 180)), ((60, 20), (140, 20)), ((60, 100), (120, 100))],
        "hash": [((70, 20), (70, 180)), ((130, 20), (130, 180)), ((20, 70), (180, 70))],
    }[shape]
    for start, end in ends:
        cv2.line(ink, start, end, 1, 5)
    assert without_ruling(ink, ink) is None


lengths = st.integers(0, 140)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(lengths, lengths, lengths, lengths, st.integers(1, 12)), max_size=12))
def test_whatever_is_drawn_is_left_or_becomes_paper(lines):
    ink = np.zeros((130, 140), np.float32)
    for x, y, to_x, to_y, width in lines:
        cv2.line(ink, (x, y), (to_x, to_y), 1, width)
    left = without_ruling(ink, ink)
    if left is not None:
        assert left.dtype == np.float32
        assert ((left == ink) | (left == 0)).all()
        assert (left < ink).any()
        assert left.any()
