import pytest
import torch

from digitlab.course.nearest_average import NearestAverage
from digitlab.lab.data import Digits
from digitlab.lab.evaluation import evaluate


@pytest.fixture
def digits():
    """Two pictures of each digit: one pixel of its own, once black and once half as dark."""
    images = torch.zeros(20, 28, 28)
    labels = torch.arange(20) % 10
    images[range(20), labels, labels] = torch.tensor([1.0] * 10 + [0.5] * 10)
    return Digits(images=images, labels=labels)


def test_it_keeps_the_average_of_each_digit(digits):
    averages = NearestAverage(digits).averages
    expected = torch.zeros(10, 28, 28)
    expected[range(10), range(10), range(10)] = 0.75
    torch.testing.assert_close(averages, expected)


def test_it_answers_with_the_nearest_in_probabilities(digits):
    report = evaluate(NearestAverage(digits), digits)
    assert report.accuracy == 1
    torch.testing.assert_close(report.probabilities.sum(dim=1), torch.ones(20))


def test_distances_are_those_of_all_pixels_together(digits):
    rival = NearestAverage(digits)
    log_probabilities = rival(digits.images[:1, None])[0]
    # From the black 0: 0.25 to its own average; to any other, 1 and 0.75 along two axes.
    expected = torch.full((10,), -1.25)
    expected[0] = -0.25
    torch.testing.assert_close(log_probabilities, expected.log_softmax(dim=0))


def test_a_digit_of_which_there_is_none_is_named(digits):
    some = Digits(images=digits.images[:7], labels=digits.labels[:7])
    with pytest.raises(ValueError, match=r"\[7, 8, 9\]"):
        NearestAverage(some)
