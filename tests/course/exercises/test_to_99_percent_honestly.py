"""The checks of notebook 6: what they say to wrong answers."""

import math

import numpy as np

from digitlab.course.exercises import to_99_percent_honestly as check
from digitlab.lab.evaluation import wilson_interval


def simple(right, total):
    share = right / total
    half = 1.96 * math.sqrt(share * (1 - share) / total)
    return share - half, share + half


def wilson(right, total, *, around_share=False, root=math.sqrt, z=1.96, shrunk=True):
    share = right / total
    shrink = 1 + z * z / total if shrunk else 1
    middle = share if around_share else (share + z * z / (2 * total)) / shrink
    half = z * root(share * (1 - share) / total + (z / (2 * total)) ** 2) / shrink
    return middle - half, middle + half


def judged_by(measure):
    """A judge who compares two numbers and never gives up, or only when they are equal."""

    def better(a, b, labels):
        of_a, of_b = measure(a, b, labels)
        return "cannot tell" if of_a == of_b else "A" if of_a > of_b else "B"

    return better


def by_intervals(a, b, labels):
    """The judge who waits until two intervals do not overlap any more."""
    (low_a, high_a), (low_b, high_b) = (
        wilson_interval(int((answers == labels).sum()), len(labels)) for answers in (a, b)
    )
    return "A" if low_a > high_b else "B" if low_b > high_a else "cannot tell"


def by_all_that_differ(a, b, labels):
    lead = int((a == labels).sum()) - int((b == labels).sum())
    if abs(lead) <= 1.96 * math.sqrt((a != b).sum()):
        return "cannot tell"
    return "A" if lead > 0 else "B"


def by_root(factor):
    def better(a, b, labels):
        only_a, only_b = (
            ((a == labels) & (b != labels)).sum(),
            ((b == labels) & (a != labels)).sum(),
        )
        if abs(int(only_a) - int(only_b)) <= factor * math.sqrt(only_a + only_b):
            return "cannot tell"
        return "A" if only_a > only_b else "B"

    return better


def by_p(p_of):
    def better(a, b, labels):
        right_a, right_b = a == labels, b == labels
        only_a, only_b = int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())
        if p_of(only_a, only_b) >= 0.05:
            return "cannot tell"
        return "A" if only_a > only_b else "B"

    return better


def one_sided(only_a, only_b):
    tosses, most = only_a + only_b, max(only_a, only_b)
    return sum(math.comb(tosses, heads) for heads in range(most, tosses + 1)) / 2**tosses


def corrected(only_a, only_b):
    """Edwards's correction for continuity: chi² with one degree of freedom."""
    lead, tosses = abs(only_a - only_b), only_a + only_b
    return math.erfc(max(lead - 1, 0) / math.sqrt(2 * tosses)) if tosses else 1


def exchanged(a, b, labels):
    return by_root(1.96)(b, a, labels)


def off_diagonal(confusion):
    confusion = np.array(confusion)
    np.fill_diagonal(confusion, 0)
    return confusion


def both_ways(confusion):
    mistakes = off_diagonal(confusion)
    return divmod(int((mistakes + mistakes.T).argmax()), 10)


def in_place(confusion):
    np.fill_diagonal(confusion, 0)
    return divmod(int(confusion.argmax()), 10)


CASES = [
    (check.interval, simple, "That is the simple formula"),
    (check.interval, lambda *counts: wilson_interval(*counts)[::-1], "lower bound comes first"),
    (check.interval, lambda *counts: [100 * end for end in wilson_interval(*counts)], "percent"),
    (check.interval, lambda *counts: wilson_interval(*counts, z=2.58), "For 95 % it is 1.96"),
    (check.interval, lambda *counts: wilson(*counts, around_share=True), "middle isn't the share"),
    (check.interval, lambda *counts: wilson(*counts, root=float), "square root is missing"),
    (check.interval, lambda *counts: wilson(*counts, shrunk=False), "Divide both"),
    (check.interval, lambda right, total: right / total, "Two numbers were expected"),
    (check.interval, lambda right, total: (0.5, right / total), "by hand"),
    (check.better, judged_by(lambda a, b, y: ((a == y).sum(), (b == y).sum())), "and that is luck"),
    (check.better, by_intervals, "That the two intervals overlap"),
    (check.better, by_all_that_differ, "that both get wrong"),
    (check.better, exchanged, "exchanged"),
    (check.better, by_root(1.0), "7.6 % of cases"),
    (check.better, by_root(1.96), "five coins all fall on the same side"),
    (check.better, by_root(2), "five coins all fall on the same side"),
    (check.better, by_root(2.58), "3.3 % of cases"),
    (check.better, by_p(one_sided), "To one side alone it is half"),
    (check.better, lambda a, b, labels: "a", '"a" came out'),
    (check.better, lambda a, b, labels: True, "a bool came out"),
    (check.most_confused, lambda c: divmod(int(c.argmax()), 10), "on the diagonal"),
    (check.most_confused, lambda c: divmod(int(off_diagonal(c).argmax()), 10)[::-1], "exchanged"),
    (check.most_confused, lambda c: off_diagonal(c).argmax(), "One number came out"),
    (check.most_confused, both_ways, "in both directions together"),
    (check.most_confused, in_place, "changed what it was given"),
    (check.most_confused, lambda c: (1, 2), "came out"),
]


def test_the_judge_may_count_exactly_or_correct_for_continuity():
    assert check.better(by_p(lambda a, b: 2 * one_sided(a, b))).passed
    assert check.better(by_p(corrected)).passed


def test_a_confusion_matrix_may_be_answered_by_arrays_and_numbers():
    right = lambda c: np.array(divmod(int(off_diagonal(c).argmax()), 10))  # noqa: E731
    assert check.most_confused(right).passed
