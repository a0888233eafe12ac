import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from digitlab.lab.data import Digits
from digitlab.lab.evaluation import accuracy, evaluate, log_probabilities, wilson_interval
from digitlab.lab.model import CNN


class Reader(nn.Module):
    """Reads off each picture's corner which digit to answer, and beside it how surely."""

    def forward(self, pictures):
        answers = (pictures[:, 0, 0, 0] * 10).round().long()
        confidence = pictures[:, 0, 0, 1:2]
        probabilities = ((1 - confidence) / 9).repeat(1, 10)
        return probabilities.scatter(1, answers[:, None], confidence).log()


class ReaderWithParameters(Reader):
    """The same: some code asks a network's parameters where they are."""

    def __init__(self):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))


def digits_of(labels, answers, confidences=None):
    images = torch.zeros(len(labels), 28, 28)
    images[:, 0, 0] = torch.tensor(answers) / 10
    images[:, 0, 1] = torch.tensor(confidences or [0.75] * len(labels))
    return Digits(images=images, labels=torch.tensor(labels))


#                  right  wrong  right  wrong  wrong  right  right  wrong
LABELS = [3, 3, 0, 9, 9, 5, 5, 1]
ANSWERS = [3, 8, 0, 4, 4, 5, 5, 7]
CONFIDENCES = [0.9, 0.5, 0.9, 0.8, 0.6, 0.9, 0.4, 0.7]


@pytest.fixture
def report():
    return evaluate(ReaderWithParameters(), digits_of(LABELS, ANSWERS, CONFIDENCES))


def test_a_case_counted_by_hand(report):
    assert report.accuracy == 0.5
    assert accuracy(ReaderWithParameters(), digits_of(LABELS, ANSWERS)) == 0.5
    assert report.interval == wilson_interval(4, 8)


def test_errors_are_named_and_the_most_confident_comes_first(report):
    assert report.errors.tolist() == [3, 7, 4, 1]


def test_the_confusion_counts_digit_by_answer(report):
    expected = torch.zeros(10, 10, dtype=torch.int64)
    expected[3, 3] = expected[3, 8] = expected[0, 0] = expected[1, 7] = 1
    expected[9, 4] = expected[5, 5] = 2
    torch.testing.assert_close(report.confusion, expected)


def test_probabilities_are_those_of_the_network(report):
    assert report.probabilities.shape == (8, 10)
    assert report.probabilities.dtype == torch.float32
    torch.testing.assert_close(report.probabilities.sum(dim=1), torch.ones(8))
    torch.testing.assert_close(report.probabilities.max(dim=1)[0], torch.tensor(CONFIDENCES))


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=40).map(
        lambda pairs: tuple(zip(*pairs, strict=True))
    )
)
def test_all_parts_of_a_report_say_the_same(labels_and_answers):
    labels, answers = labels_and_answers
    report = evaluate(ReaderWithParameters(), digits_of(list(labels), list(answers)))
    n = len(labels)
    assert report.confusion.sum() == n
    assert report.confusion.diag().sum() == n - len(report.errors) == round(report.accuracy * n)
    assert report.confusion.sum(dim=1).tolist() == [labels.count(digit) for digit in range(10)]
    assert report.confusion.sum(dim=0).tolist() == [answers.count(digit) for digit in range(10)]
    assert all(labels[i] != answers[i] for i in report.errors.tolist())


def test_many_digits_are_read_in_parts_and_none_is_lost():
    n = 2_345
    labels = [i % 10 for i in range(n)]
    report = evaluate(ReaderWithParameters(), digits_of(labels, labels))
    assert report.accuracy == 1
    assert len(report.probabilities) == n
    assert len(report.errors) == 0


@pytest.mark.parametrize("training", [True, False])
def test_dropout_is_off_and_the_mode_is_left_as_it_was(training):
    torch.manual_seed(0)
    model = nn.Sequential(CNN(), nn.Dropout(0.5)).train(training)
    pictures = torch.rand(20, 28, 28)
    first, second = log_probabilities(model, pictures), log_probabilities(model, pictures)
    torch.testing.assert_close(first, second, atol=0, rtol=0)
    assert model.training is training


def test_a_part_that_was_frozen_stays_so():
    model = nn.Sequential(CNN(), nn.Dropout(0.5)).train()
    model[1].eval()
    log_probabilities(model, torch.rand(2, 28, 28))
    assert (model.training, model[0].training, model[1].training) == (True, True, False)


def test_the_mode_is_left_as_it_was_even_after_an_error():
    model = CNN().train()
    with pytest.raises(RuntimeError):
        log_probabilities(model, torch.rand(2, 5, 5))
    assert model.training


def test_what_comes_out_may_be_computed_with():
    found = log_probabilities(CNN(), torch.rand(3, 28, 28))
    assert not found.requires_grad
    assert not found.is_inference()
    found.add_(1)  # on an inference tensor this raises


def test_a_rival_without_parameters_can_be_evaluated():
    assert evaluate(Reader(), digits_of(LABELS, ANSWERS)).accuracy == 0.5


@pytest.mark.parametrize("measure", [evaluate, accuracy])
def test_no_digits_cannot_be_evaluated(measure):
    with pytest.raises(ValueError, match=r"no digits.*at least one"):
        measure(CNN(), Digits(images=torch.zeros(0, 28, 28), labels=torch.zeros(0).long()))


def test_a_report_says_it_in_a_line():
    labels = [i % 10 for i in range(2_000)]
    answers = [9 if i < 20 else label for i, label in enumerate(labels)]  # 2 of these are right
    report = evaluate(ReaderWithParameters(), digits_of(labels, answers))
    low, high = (f"{100 * bound:.2f} %" for bound in report.interval)
    assert str(report) == f"99.10 % (95 % interval {low} to {high}, 18 errors in 2,000)"


# Wilson's interval


@given(st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_solves_its_defining_equation(right_and_total):
    # Wilson's bounds are the shares p from which the one observed is z standard errors away.
    right, total = right_and_total
    share = right / total
    for p in wilson_interval(right, total):
        assert abs(share - p) == pytest.approx(1.96 * math.sqrt(p * (1 - p) / total), abs=1e-6)


@given(st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_lies_within_0_and_1_around_the_share(right_and_total):
    right, total = right_and_total
    low, high = wilson_interval(right, total)
    assert 0 <= low < high <= 1
    assert low - 1e-12 <= right / total <= high + 1e-12


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [  # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_has_the_published_bounds(right, total, low, high):
    assert wilson_interval(right, total) == pytest.approx((low, high), abs=6e-5)


def test_a_larger_z_is_a_wider_interval():
    narrow, wide = wilson_interval(90, 100, z=1.64), wilson_interval(90, 100, z=2.58)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


@pytest.mark.parametrize(("right", "total"), [(0, 0), (1, 0), (3, 2), (-1, 2)])
def test_there_is_no_interval_without_a_share(right, total):
    with pytest.raises(ValueError, match=rf"{right} in {total}: expected .* at least 1"):
        wilson_interval(right, total)
