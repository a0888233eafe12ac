import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from digitlab import Classifier, ImageError, NothingDrawnError
from digitlab.pad.uploading import MAX_BYTES, check_upload, count_digits, scan
from digitlab.preprocess.ink import MAX_SIDE, ink_from_image
from digitlab.preprocess.samples import stored_digits

PICTURES, LABELS = stored_digits()


def enlarged(picture: np.ndarray, *, times: int = 6) -> Image.Image:
    """A digit as dark ink on white paper, with soft edges."""
    image = Image.fromarray((255 * (1 - picture)).astype(np.uint8))
    return image.resize((times * image.width, times * image.height), Image.Resampling.BICUBIC)


def in_a_row(pictures: list[np.ndarray], gap: int) -> np.ndarray:
    """Digits side by side, cut out along their ink, so many pixels apart; they are 20 tall."""
    cut = []
    for picture in pictures:
        columns = np.flatnonzero(picture.any(axis=0))
        cut += [np.zeros((28, gap)), picture[:, columns[0] : columns[-1] + 1]]
    return np.pad(np.concatenate(cut[1:], axis=1), 4).astype(np.float32)


def in_a_column(pictures: list[np.ndarray], gap: int) -> np.ndarray:
    return in_a_row([picture.T for picture in pictures], gap).T


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


# How many digits


def test_one_digit_is_taken_for_several_at_most_once_in_a_hundred():
    counts = [count_digits(ink_from_image(enlarged(picture))) for picture in PICTURES]
    assert sum(count != 1 for count in counts) <= 1


@pytest.mark.parametrize("arrange", [in_a_row, in_a_column])
@pytest.mark.parametrize("n", [2, 3, 5])
def test_digits_that_stand_apart_are_counted(arrange, n):
    chosen = np.random.default_rng(n).permutation(100)[: 8 * n].reshape(8, n)
    counts = [
        count_digits(ink_from_image(enlarged(arrange(list(PICTURES[numbers]), gap=5))))
        for numbers in chosen
    ]
    assert counts == [n] * 8


def test_a_five_whose_roof_is_apart_is_one_digit():
    ink = np.zeros((100, 100))
    ink[10:16, 40:80] = 1  # the roof
    ink[26:50, 30:36] = ink[45:51, 30:70] = ink[45:90, 64:70] = ink[84:90, 30:70] = 1
    assert count_digits(ink) == 1


def test_a_four_of_two_strokes_that_hardly_miss_is_one_digit():
    ink = np.zeros((100, 100))
    ink[20:60, 20:26] = ink[54:60, 20:60] = 1
    ink[10:95, 66:72] = 1  # 6 pixels beside it, at 85 tall
    assert count_digits(ink) == 1


@given(st.integers(0, 60), st.integers(0, 60), st.integers(2, 8))
@settings(max_examples=50)
def test_dirt_is_no_digit(left, top, side):
    ink = np.zeros((120, 120))
    ink[20:100, 80:90] = 1
    ink[top : top + side, left : left + side] = 1
    assert count_digits(ink) == 1


def test_no_ink_is_no_digit():
    assert count_digits(np.zeros((30, 30))) == 0


# What a visitor hands in


def test_an_image_of_one_digit_is_returned_as_it_is():
    image = enlarged(PICTURES[42])
    np.testing.assert_array_equal(check_upload(png(image)).convert("L"), image)


@pytest.mark.parametrize(
    ("content", "error", "sentence"),
    [
        (b"no image", ImageError, "not an image"),
        (b"", ImageError, "0 bytes"),
        (png(enlarged(PICTURES[42]))[:900], ImageError, "truncated"),
        (png(Image.new("L", (200, 200), 255)), NothingDrawnError, "nothing on this image"),
        (png(enlarged(in_a_row(list(PICTURES[:3]), 6))), ImageError, "3 digits.* one at a time"),
        (bytes(MAX_BYTES + 600_000), ImageError, "7.6 MB, and at most 7 MB"),
    ],
    ids=["text", "empty", "half", "blank", "several", "large"],
)
def test_what_is_of_no_use_is_refused_with_a_sentence(content, error, sentence):
    with pytest.raises(error, match=sentence):
        check_upload(content)


def test_a_scan_holds_what_was_read_and_keeps_large_images_small():
    classifier = Classifier.load()
    small, large = enlarged(PICTURES[42], times=20), enlarged(PICTURES[42], times=100)
    for image in (small, large):
        scanned = scan(image, classifier)
        assert max(scanned.image.size) <= MAX_SIDE
        np.testing.assert_array_equal(scanned.ink, ink_from_image(image))
        expected = classifier.predict(image)
        np.testing.assert_array_equal(scanned.prediction.probabilities, expected.probabilities)
        assert scanned.prediction.digit == LABELS[42]
