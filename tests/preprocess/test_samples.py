import random

import numpy as np
import pytest

from digitlab import Classifier
from digitlab.preprocess.samples import checked_digit, stored_digit, stored_digits


def test_the_stored_digits_are_what_they_are_said_to_be():
    pictures, labels = stored_digits()
    assert (pictures.shape, pictures.dtype) == ((100, 28, 28), np.float32)
    assert (pictures.min(), pictures.max()) == (0, 1)
    assert np.bincount(labels).tolist() == [10] * 10
    read = Classifier.load().probabilities(pictures).argmax(axis=1)
    assert (read == labels).mean() >= 0.97


@pytest.mark.parametrize("digit", range(10))
def test_a_stored_digit_is_one_of_those_of_its_class(digit):
    pictures, labels = stored_digits()
    generator = random.Random(digit)
    drawn = [stored_digit(digit, generator=generator) for _ in range(50)]
    found = {int(np.flatnonzero((pictures == one).all(axis=(1, 2)))[0]) for one in drawn}
    assert {int(labels[number]) for number in found} == {digit}
    assert len(found) > 5


def test_without_a_digit_it_is_any_and_chance_can_be_repeated():
    one, other = ([stored_digit(generator=random.Random(seed)) for seed in range(40)] for _ in "ab")
    np.testing.assert_array_equal(one, other)
    assert len(np.unique(one, axis=0)) > 20


def test_what_is_returned_is_the_callers_own():
    stored_digits()[0][:] = 7
    stored_digit(3)[:] = 7
    assert stored_digits()[0].max() == 1


@pytest.mark.parametrize("digit", [10, -1, 1.5, "3"])
def test_what_is_no_digit_is_refused(digit):
    with pytest.raises(ValueError, match="0 to 9"):
        stored_digit(digit)


@pytest.mark.parametrize("value", [0, 9, np.int64(3), np.uint8(7)])
def test_whole_numbers_of_any_kind_are_digits(value):
    digit = checked_digit(value)
    assert (digit, type(digit)) == (value, int)


@pytest.mark.parametrize("value", [-1, 10, 3.0, "3", True, np.True_, None, [1], 10**30])
def test_what_is_no_digit_is_refused_by_the_name_it_is_given(value):
    with pytest.raises(ValueError, match=r"^The label is .*: expected a digit, 0 to 9\.$"):
        checked_digit(value, "The label")
