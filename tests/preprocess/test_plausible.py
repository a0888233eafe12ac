import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitlab.lab.data import load_mnist
from digitlab.preprocess.plausible import could_be_digit, euler_number


def test_nearly_every_mnist_digit_could_be_one():
    digits = load_mnist().test.images.numpy().reshape(-1, 28, 28)
    assert np.mean([could_be_digit(digit) for digit in digits]) > 0.995


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        pytest.param((14, 14), (14, 14), id="nothing"),
        pytest.param((12, 16), (12, 16), id="a dot"),
        pytest.param((13, 16), (4, 24), id="a dash"),
        pytest.param((4, 24), (4, 24), id="a square"),
        pytest.param((10, 18), (4, 24), id="a flat row"),
    ],
)
def test_what_no_digit_looks_like_could_not_be_one(rows, columns):
    picture = np.zeros((28, 28), np.float32)
    picture[slice(*rows), slice(*columns)] = 1
    assert not could_be_digit(picture)


@pytest.mark.parametrize("ink", [1.0, 0.25], ids=["black", "grey"])
def test_a_grid_could_be_no_digit(ink):
    picture = np.zeros((28, 28), np.float32)
    picture[4:25:4, 4:25] = picture[4:25, 4:25:4] = ink
    assert not could_be_digit(picture)


@given(st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_pieces_less_holes_are_counted_as_opencv_finds_them(seed, share):
    line = (np.random.default_rng(seed).random((12, 17)) < share).astype(np.uint8)
    pieces = cv2.connectedComponents(line, connectivity=8)[0] - 1
    outside_and_holes = cv2.connectedComponents(1 - np.pad(line, 1), connectivity=4)[0] - 1
    assert euler_number(line) == pieces - (outside_and_holes - 1)
