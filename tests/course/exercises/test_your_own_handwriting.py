"""What the checkers of notebook 9 say to wrong answers."""

import pytest
import torch

from digitlab.course.exercises import your_own_handwriting as check


def halves(labels):
    places = list(range(len(labels)))
    return places[: len(places) // 2], places[len(places) // 2 :]


def every_second(labels):
    places = list(range(len(labels)))
    return places[::2], places[1::2]


def of_each(labels, *, count=None, both=False):
    """Split digit by digit: half of each to learn from, or so many."""
    learn, shut = [], []
    for digit in range(10):
        places = [place for place, label in enumerate(labels) if label == digit]
        first = count or len(places) // 2
        learn += places[:first]
        shut += places if both else places[first:]
    return learn, shut


def mixing(
    *,
    swapped=False,
    own_count=None,
    chance=True,
    again=True,
    together=True,
    reach=None,
    first=False,
):
    """Return a function that mixes a batch, and can be wrong in many ways."""

    def mix(own, mnist, few, many, generator):
        few, many = (many, few) if swapped else (own_count or few, many)
        images, labels = [], []
        for digits, count in ((own, few), (mnist, many)):
            n = min(reach or len(digits), len(digits))  # as the first hint has it
            chosen = torch.randint(n, (count,), generator=generator if again else None)
            if not chance:
                chosen = torch.arange(count) % n
            images.append(digits.images[chosen])
            labels.append(digits.labels[chosen if together else chosen.flip(0)])
        images, labels = torch.cat(images), torch.cat(labels)
        return images if first else (images, labels)

    return mix


CASES = [
    (check.split, lambda labels: list(range(30)), "Two lists"),
    (check.split, halves, "nothing to learn from of 5, 6, 7, 8, 9"),
    (check.split, every_second, "nothing to learn from of 1, 3, 5, 7, 9"),
    (check.split, lambda labels: of_each(labels, both=True), "in both parts"),
    (check.split, lambda labels: (of_each(labels)[0], [59]), "in neither part"),
    (check.split, lambda labels: of_each(labels, count=1), "half of each"),
    (check.split, lambda labels: ([1000], [0]), "belong to no drawing"),
    (check.split, lambda labels: (halves(labels)[0] * 2, halves(labels)[1]), "is twice in"),
    (check.split, lambda labels: ([0.5], [1.5]), "whole numbers"),
    (check.drawings_needed, 60, "square root of two"),
    (check.drawings_needed, 100, "not enough yet"),
    (check.drawings_needed, 1000, "fewer will do"),
    (check.drawings_needed, 140.5, "whole number"),
    (check.drawings_needed, 10**7, "far more"),
    (check.newly, lambda labels, b, a: ((b == labels) & (a != labels)).sum(), "Two counts"),
    (
        check.newly,
        lambda labels, b, a: (((b == labels) & (a != labels)).sum(), 5),
        "exchanged",
    ),
    (check.newly, lambda labels, b, a: ((b != labels).sum(), (a != labels).sum()), "errors before"),
    (check.newly, lambda labels, b, a: ((b == labels).sum(), (a == labels).sum()), "right answers"),
    (
        check.newly,
        lambda labels, b, a: (((b != labels) & (b != a)).sum(), 2),
        "isn't right for that",
    ),
    (check.newly, lambda labels, b, a: (0, 0), "Yours are"),
    (check.mixed_batch, mixing(first=True), "Images and labels were expected"),
    (check.mixed_batch, mixing(swapped=True), "were exchanged"),
    (check.mixed_batch, mixing(own_count=30), "your batch has 30"),
    (check.mixed_batch, mixing(chance=False), "came out the same"),
    (check.mixed_batch, mixing(again=False), "Hand the generator on"),
    (check.mixed_batch, mixing(together=False), "don't belong together"),
    (check.mixed_batch, mixing(reach=30), "first 30"),
]


@pytest.mark.parametrize(("checker", "wrong", "words"), CASES)
def test_a_wrong_answer_is_told_what_is_wrong(checker, wrong, words):
    verdict = checker(wrong)
    assert verdict.passed is False
    assert words in verdict.message


def test_right_answers_pass_in_any_form():
    assert check.split(of_each).passed
    assert check.split(lambda labels: tuple(reversed(of_each(labels)))).passed
    for needed in (138, 140.0, torch.tensor(145)):
        assert check.drawings_needed(needed).passed
    assert check.newly(
        lambda labels, before, after: [
            ((before != labels) & (after == labels)).sum(),
            ((before == labels) & (after != labels)).sum(),
        ]
    ).passed
    assert check.mixed_batch(mixing()).passed


def with_channel(own, mnist, few, many, generator):
    images, labels = mixing()(own, mnist, few, many, generator)
    return images[:, None], labels


def test_a_batch_may_have_the_networks_own_shape():
    assert check.mixed_batch(with_channel).passed
