import numpy as np
import pytest

from digitlab.lab.data import load_mnist
from digitlab.preprocess.plausible import could_be_digit


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
