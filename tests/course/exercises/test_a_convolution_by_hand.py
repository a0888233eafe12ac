import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from digitlab.course.exercises import a_convolution_by_hand as check


def slid(padded, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape)
    return (windows * kernel).sum(axis=(2, 3))


def size(formula):
    return lambda size, kernel, padding, stride: formula(size, kernel, padding, stride)


def network(*, names=("conv1", "conv2", "fc1", "fc2"), hidden=128, first=None, last=None):
    """Make a class like the one that is asked for, with something else about it."""

    class Learners(nn.Module):
        def __init__(self):
            super().__init__()
            shapes = nn.Conv2d(1, 32, 3, padding=1), nn.Conv2d(32, 64, 3, padding=1)
            dense = nn.Linear(3136, hidden), nn.Linear(hidden, 10)
            for name, layer in zip(names, (*shapes, *dense), strict=True):
                setattr(self, name, layer)

        def forward(self, pictures):
            one, two, three, four = self.children()
            x = (pictures - 0.1307) / 0.3081 if first is None else first(pictures)
            x = functional.max_pool2d(functional.relu(one(x)), 2)
            x = functional.max_pool2d(functional.relu(two(x)), 2)
            x = four(functional.relu(three(x.flatten(1))))
            return functional.log_softmax(x, dim=1) if last is None else last(x)

    return Learners


class WithoutSuper(nn.Module):
    def __init__(self):
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)


class Stub(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, pictures): ...


def test_a_class_without_layers_is_not_begun():
    assert check.network(Stub).passed is None


def test_any_network_that_computes_the_same_is_right():
    assert check.network(network()).passed


CASES = [
    (check.normalise, lambda x: x - 0.1307, "Now divide"),
    (check.normalise, lambda x: x - 0.1307 / 0.3081, "brackets"),
    (check.normalise, lambda x: (x - x.mean()) / x.std(), "MNIST's"),
    (check.network, network(first=lambda x: x), "went in as they are"),
    (check.network, network(last=lambda x: x), "Those are scores"),
    (check.network, network(last=lambda x: x.softmax(dim=1)), "Those are probabilities"),
    (check.network, network(last=lambda x: print(end="")), "returned nothing"),
    (check.network, network(last=lambda x: x.log_softmax(dim=0)), "Those are scores"),
    (check.network, network(first=lambda x: x.relu() - 0.3), "row by row"),
    (check.network, network(names=("conv1", "conv2", "dense1", "fc2")), "fc1.bias, fc1.weight"),
    (check.network, network(hidden=100), "fc1.weight (100, 3136) instead of (128, 3136)"),
    (check.network, WithoutSuper, "before Module.__init__() call"),
    (check.network, lambda: 1, "made from nn.Module"),
    (check.convolve_padded, slid, "your output is 26 x 26: was the padding forgotten?"),
    (
        check.convolve_padded,
        lambda picture, kernel: np.pad(slid(picture, kernel), 2),
        "your output is 30 x 30. The padded picture",
    ),
    (
        check.convolve_padded,
        lambda picture, kernel: slid(np.pad(picture, 1), kernel)[::-1, ::-1].T,
        "In row 0",
    ),
    (
        check.convolve_padded,
        lambda picture, kernel: np.resize(slid(np.pad(picture, 1), kernel), picture.T.shape),
        "rows and columns were exchanged",
    ),
    (
        check.convolve_padded,
        lambda picture, kernel: slid(np.pad(picture, 1), kernel[::-1, ::-1]),
        "a convolution as in mathematics",
    ),
    (
        check.convolve_padded,
        lambda picture, kernel: slid(np.pad(picture, 1), kernel.T),
        "The kernel's rows and columns",
    ),
    (
        check.convolve_padded,
        lambda picture, kernel: slid(np.pad(picture, 1, mode="edge"), kernel),
        "not along the border",
    ),
    (
        check.convolve_padded,
        lambda picture, kernel: np.pad(slid(picture, kernel), 1),
        "not along the border",
    ),
    (
        check.convolve_padded,
        lambda picture, kernel: slid(np.pad(picture, ((2, 0), (2, 0))), kernel),
        "a pixel away",
    ),
    (
        check.convolve_padded,
        lambda picture, kernel: slid(np.pad(picture, ((0, 2), (0, 2))), kernel),
        "a pixel away",
    ),
    (check.convolve_padded, lambda picture, kernel: picture, "In row 0, column 0"),
    (check.convolve_padded, lambda picture, kernel: picture[0], "your output is 28, and"),
    (check.lower_edges, [[-1, -1, -1], [0, 0, 0], [1, 1, 1]], "it finds upper edges"),
    (check.lower_edges, [[1, 0, -1]] * 3, "turned by a quarter"),
    (check.lower_edges, [[1, 1, 1], [0, 0, 0], [0, 0, 0]], "must sum to 0"),
    (check.lower_edges, np.zeros((3, 3)), "answers nothing"),
    (check.lower_edges, [[2, 1, 0], [1, 0, -1], [0, -1, -2]], "each column must sum to 0"),
    (check.lower_edges, [[1, 2, 1], [-2, -4, -2], [1, 2, 1]], "it finds upper edges"),
    (check.lower_edges, [[-1, -1, -1], [2, 2, 2], [-1, -1, -1]], "should be negative"),
    (check.lower_edges, [[0, 0, 0], [1, -2, 1], [0, 0, 0]], "turned by a quarter"),
    (check.lower_edges, [1, 0, -1], "A kernel of 3 x 3"),
    (check.lower_edges, torch.nn.Conv2d(1, 1, 3), "a function or a layer"),
    (check.output_size, size(lambda n, k, p, s: (n + 2 * p - k) // s), "one place more"),
    (check.output_size, size(lambda n, k, p, s: (n + p - k) // s + 1), "counted once"),
    (check.output_size, size(lambda n, k, p, s: n + 2 * p - k + 1), "stride was left out"),
    (check.output_size, size(lambda n, k, p, s: (n + 2 * p - k) / s + 1), "no half a place"),
    (check.output_size, size(lambda n, k, p, s: -(-(n + 2 * p - k) // s) + 1), "rounded up"),
    (check.output_size, size(lambda n, k, p, s: n), "gave 28. The window has 26 places"),
    (check.layer_parameters, lambda i, o, k: i * o * k * k, "its bias"),
    (check.layer_parameters, lambda i, o, k: i * o * k * k + 1, "not one for all"),
    (check.layer_parameters, lambda i, o, k: o * (k * k + 1), "looks at all 32 inputs"),
    (check.layer_parameters, lambda i, o, k: i * o * (k * k + 1), "not for each kernel"),
    (check.layer_parameters, lambda i, o, k: o * (i * k + 1), "3 rows of 3 weights"),
    (check.layer_parameters, lambda i, o, k: i + o + k, "How many weights"),
]


@pytest.mark.parametrize(("checker", "wrong", "words"), CASES)
def test_each_mistake_is_told_apart(checker, wrong, words):
    verdict = checker(wrong)
    assert verdict.passed is False
    assert words in verdict.message


def test_the_library_is_right():
    def by_torch(picture, kernel):
        return torch.nn.functional.conv2d(
            torch.tensor(picture)[None, None], torch.tensor(kernel)[None, None], padding=1
        )[0, 0]

    def layer_of(inputs, outputs, side):
        return sum(p.numel() for p in torch.nn.Conv2d(inputs, outputs, side).parameters())

    def side_of(size, kernel, padding, stride):
        layer = torch.nn.Conv2d(1, 1, kernel, padding=padding, stride=stride)
        return layer(torch.zeros(1, 1, size, size)).shape[-1]

    assert check.convolve_padded(by_torch).passed
    assert check.layer_parameters(layer_of).passed
    assert check.output_size(side_of).passed
    assert check.lower_edges([[1, 2, 1], [0, 0, 0], [-1, -2, -1]]).passed
    assert check.lower_edges(torch.tensor([[1.0] * 3, [0.0] * 3, [-1.0] * 3])).passed
