import numpy as np
import pytest

from digitlab.course.exercises import meet_the_data as check


def one_picture(images, labels):
    return images.mean(axis=0)


def ten_numbers(images, labels):
    return [images[labels == digit].mean() for digit in range(10)]


def averages_by(rule):
    return lambda images, labels: np.array([rule(images, labels == digit) for digit in range(10)])


def by_distance(distance, choose=np.argmin):
    def nearest(picture, averages):
        return choose([distance(average - picture) for average in averages])

    return nearest


def squares(difference):
    return (difference**2).sum()


CASES = [
    (check.digit_picture, lambda scan: scan / 255, "the wrong way round"),
    (check.digit_picture, lambda scan: 255 - scan, "should be 1"),
    (check.digit_picture, lambda scan: scan, "neither turned nor scaled"),
    (check.digit_picture, lambda scan: scan < 128, "the grey"),
    (check.digit_picture, lambda scan: (1 - scan) / 255, "divide first"),
    (check.digit_picture, lambda scan: 1 - scan, "divide first"),
    (check.digit_picture, lambda scan: 1 - scan / 127.5, "between 0 and 1"),
    (check.digit_picture, lambda scan: 1 - scan / 300, "should be 0.0000"),
    (check.digit_picture, lambda scan: (1 - scan / 255)[4:24, 4:24], "(28, 28) was expected"),
    (check.average_digits, one_picture, "One picture came out"),
    (check.average_digits, ten_numbers, "Ten numbers came out"),
    (check.average_digits, averages_by(lambda all_, of: all_[of].sum(axis=0)), "sums"),
    (
        check.average_digits,
        averages_by(lambda all_, of: all_[of].sum(axis=0) / len(all_)),
        "number of all pictures",
    ),
    (check.average_digits, averages_by(lambda all_, of: all_.mean(axis=0)), "the same"),
    (check.average_digits, averages_by(lambda all_, of: np.median(all_[of], axis=0)), "medians"),
    (check.average_digits, averages_by(lambda all_, of: all_[of][0]), "right for [0, 1"),
    (check.average_digits, averages_by(lambda all_, of: all_[of].mean(axis=1)[:2]), "(10, 28, 28)"),
    (check.nearest, by_distance(squares, min), "how far the nearest average is"),
    (check.nearest, by_distance(np.linalg.norm, min), "how far the nearest average is"),
    (check.nearest, by_distance(squares, np.argmax), "farthest away"),
    (check.nearest, by_distance(np.sum), "Were the differences squared"),
    (check.nearest, by_distance(lambda difference: np.abs(difference).sum()), "by abs"),
    (
        check.nearest,
        lambda picture, averages: ((averages - picture) ** 2).sum(axis=0).argmin(),
        "a digit is 0 to 9",
    ),
    (check.nearest, lambda picture: 3, "raised TypeError"),
    (check.accuracy, lambda answers, labels: (answers == labels).sum(), "how many"),
    (check.accuracy, lambda answers, labels: 100 * (answers == labels).mean(), "in percent"),
    (check.accuracy, lambda answers, labels: (answers != labels).mean(), "the wrong ones"),
    (check.accuracy, lambda answers, labels: (answers == labels).sum() / 8, "1 of 4 were right"),
    (check.accuracy, lambda answers, labels: answers == labels, "6 of 8 were right"),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("checker", "wrong", "words"), CASES)
def test_each_mistake_is_told_apart(checker, wrong, words):
    verdict = checker(wrong)
    assert verdict.passed is False
    assert words in verdict.message


def test_another_way_is_right_too():
    assert check.digit_picture(lambda scan: (255 - scan.astype(float)) / 255).passed
    assert check.digit_picture(lambda scan: np.float32(255 - scan) / 255).passed
    assert check.nearest(by_distance(np.linalg.norm)).passed
    assert check.accuracy(lambda answers, labels: float(np.mean(answers == labels))).passed
    assert check.average_digits(
        lambda images, labels: [images[labels == digit].mean(axis=0) for digit in range(10)]
    ).passed
