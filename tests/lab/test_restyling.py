import numpy as np
import pytest

from digitlab.lab.data import load_mnist
from digitlab.lab.restyling import STYLES, restyled
from digitlab.preprocess.geometry import CENTRE

ADDS_INK = {0, 1, 7}


@pytest.fixture(scope="module")
def digits():
    train = load_mnist().train
    return train.images[:2000].numpy(), train.labels[:2000].numpy()


def test_only_classes_with_a_style_each_equally_often(digits):
    pictures, labels = restyled(*digits, n=50, seed=0)
    assert pictures.shape == (50, 28, 28)
    assert pictures.dtype == np.float32
    assert 0 <= pictures.min() <= pictures.max() <= 1
    assert {
        int(digit): int((labels == digit).sum()) for digit in np.unique(labels)
    } == dict.fromkeys(STYLES, 10)


def test_they_are_in_the_geometry_of_mnist(digits):
    pictures, _ = restyled(*digits, n=100, seed=0)
    index = np.arange(28)
    for picture in pictures:
        rows, columns = np.flatnonzero(picture.any(axis=1)), np.flatnonzero(picture.any(axis=0))
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
        for axis in (0, 1):
            centre = np.average(index, weights=picture.sum(axis=axis))
            assert abs(centre - CENTRE) <= 1  # half a pixel, but for what would stick out


@pytest.mark.parametrize("digit", STYLES)
def test_a_style_adds_a_stroke_or_takes_ink_away(digit, digits):
    pictures, labels = digits
    random = np.random.default_rng(0)
    changes = []
    for picture in pictures[labels == digit][:50]:
        changed = STYLES[digit](picture, random)
        assert (
            (changed >= picture - 1e-6).all() if digit in ADDS_INK else (changed <= picture).all()
        )
        changes.append(abs(float((changed - picture).sum())))
    assert np.median(changes) > 3


def test_a_seed_decides(digits):
    first, again, other = (restyled(*digits, n=10, seed=seed)[0] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_class_that_is_not_there_cannot_be_rewritten():
    threes = np.zeros((2, 28, 28), np.float32), np.array([3, 3])
    with pytest.raises(ValueError, match="no digit 0 to rewrite: expected at least one"):
        restyled(*threes, n=1, seed=0)
    assert restyled(*threes, n=0, seed=0)[0].shape == (0, 28, 28)
