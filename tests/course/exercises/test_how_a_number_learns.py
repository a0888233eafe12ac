import numpy as np
import pytest

from digitlab.course.exercises import how_a_number_learns as check


def forgetting_what_was_there(nodes):
    """Backpropagation that keeps only the last slope that arrives."""
    for node in nodes:
        node.slope = 0
    nodes[-1].slope = 1
    for node in reversed(nodes):
        for each, local in zip(node.inputs, node.local_slopes, strict=True):
            each.slope = local * node.slope
    return [node.slope for node in nodes]


CASES = [
    (check.slope, lambda curve, w: curve(w + 0.001) - curve(w - 0.001), "only the rise"),
    (check.slope, lambda curve, w: (curve(w + 1e-3) - curve(w - 1e-3)) / 1e-3, "twice the slope"),
    (check.slope, lambda curve, w: (curve(w - 1e-3) - curve(w + 1e-3)) / 2e-3, "wrong sign"),
    (check.slope, lambda curve, w: curve(w), "how high"),
    (check.slope, lambda curve, w: 6.0, "It should be 0.87758"),
    (check.softmax, lambda scores: np.exp(scores) / np.exp(scores).sum(), "whole table"),
    (check.softmax, lambda scores: np.exp(scores) / np.exp(scores).sum(axis=0), "columns"),
    (check.softmax, lambda s: np.exp(s) / np.exp(s).sum(axis=1), "Make it a column"),
    (check.softmax, np.exp, "divide each row"),
    (check.slopes, lambda pictures, p, y: pictures.T @ (p - y), "sums over the pictures"),
    (check.slopes, lambda pictures, p, y: (p - y).T @ pictures / 4, "changed places"),
    (check.slopes, lambda pictures, p, y: (p - y).mean(axis=0), "slopes of the biases"),
    (check.slopes, lambda pictures, p, y: pictures.T @ (y - p) / len(y), "wrong way round"),
    (check.slopes, lambda pictures, p, y: pictures @ (p - y), "matmul"),
    (check.slopes_of_product, lambda a, b: (a, b), "Exchange the two"),
    (check.slopes_of_product, lambda a, b: (1, 1), "right for a sum"),
    (check.slopes_of_product, lambda a, b: a * b, "That is the product"),
    (check.slope_of_relu, lambda a: max(a, 0), "what ReLU gives"),
    (check.slope_of_relu, lambda a: 1, "Right above 0"),
    (check.slope_of_relu, np.sign, "not negative"),
    (check.backward, forgetting_what_was_there, "use +="),
    (check.backward, lambda nodes: [0] * len(nodes), "begin with a slope of 1"),
    (check.backward, lambda nodes: nodes, "An array was expected"),
    (check.backward, lambda nodes: print(end=""), "returned nothing"),
]


@pytest.mark.parametrize(("checker", "wrong", "words"), CASES)
def test_each_mistake_is_told_apart(checker, wrong, words):
    verdict = checker(wrong)
    assert verdict.passed is False
    assert words in verdict.message


def by_rows(scores):
    rows = []
    for row in scores:
        powers = [np.e**one for one in row - row.max()]
        rows.append([power / sum(powers) for power in powers])
    return rows


def with_a_stack(nodes):
    """Backpropagation box by box, from what each hands on to all paths that lead back."""
    slopes = dict.fromkeys(map(id, nodes), 0.0)
    waiting = [(nodes[-1], 1.0)]
    while waiting:
        node, slope = waiting.pop()
        slopes[id(node)] += slope
        waiting += [
            (each, slope * local)
            for each, local in zip(node.inputs, node.local_slopes, strict=True)
        ]
    return [slopes[id(node)] for node in nodes]


@pytest.mark.parametrize(
    ("checker", "right"),
    [
        (check.slope, lambda curve, w: (curve(w + 1e-4) - curve(w - 1e-4)) / 2e-4),
        (check.softmax, by_rows),
        (check.slopes, lambda x, p, y: np.mean(x[:, :, None] * (p - y)[:, None], axis=0)),
        (check.slopes_of_product, lambda a, b: np.array([b, a])),
        (check.slope_of_relu, lambda a: a > 0),
        (check.backward, with_a_stack),
    ],
)
def test_other_ways_to_the_right_answer_are_right(checker, right):
    assert checker(right).passed
