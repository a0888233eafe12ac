"""What the checkers of notebook 04 say to the likely mistakes."""

import numpy as np
import pytest
import torch
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from digitlab.course.exercises import the_training_loop as check


def of_label(probabilities, labels):
    return probabilities[torch.arange(len(labels)), labels]


def step(parameter, gradient, velocity, rate, momentum):
    velocity = momentum * velocity + gradient
    return parameter - rate * velocity, velocity


def permuted(count, size):
    return list(torch.randperm(count).split(size))


def seeded(count, size):
    order = torch.randperm(count, generator=torch.Generator().manual_seed(0))
    return list(order.split(size))


def endless(count, size):
    while True:
        yield list(range(size))


nll, momentum = check.negative_log_likelihood, check.momentum_step


def loop(
    *, size=64, clear="first", backward=True, step=True, early=False, numbers=True, given=None
):
    """Make a training loop with something wrong about it."""

    def loop(network, digits, optimizer, epochs):
        losses = []
        for _ in range(epochs):
            for places in torch.randperm(len(digits)).split(size):
                if clear == "first":
                    optimizer.zero_grad()
                loss = functional.nll_loss(network(digits.images[places]), digits.labels[places])
                if backward:
                    loss.backward()
                if clear == "late":
                    optimizer.zero_grad()
                if step:
                    optimizer.step()
                losses.append(loss.item() if numbers else loss)
                if early:
                    return losses
        return losses if given is None else given

    return loop


def test_a_loop_over_batches_from_a_loader_is_right():
    def with_loader(network, digits, optimizer, epochs):
        losses = []
        data = TensorDataset(digits.images, digits.labels)
        for _ in range(epochs):
            for images, labels in DataLoader(data, batch_size=64, shuffle=True):
                optimizer.zero_grad()
                loss = -network(images[:, None]).gather(1, labels[:, None]).mean()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
        return losses

    assert check.loop(with_loader).passed


CASES = [
    (check.loop, loop(clear="never"), "add up"),
    (check.loop, loop(clear="late"), "as it was before"),
    (check.loop, loop(step=False), "as it was before"),
    (check.loop, loop(backward=False), "as it was before"),
    (check.loop, loop(early=True), "you returned 1"),
    (check.loop, loop(size=20), "not as the five lines do"),
    (check.loop, loop(size=1000), "you returned 2"),
    (check.loop, loop(numbers=False), "Keep numbers: loss.item()"),
    (check.loop, loop(given=2.3), "one for each step"),
    (nll, lambda p, y: of_label(p, y).log().mean(), "The sign is wrong"),
    (nll, lambda p, y: -of_label(p, y).log().sum(), "the sum over the digits"),
    (nll, lambda p, y: -of_label(p, y).log(), "One number was expected"),
    (nll, lambda p, y: -of_label(p, y).log10().mean(), "base 10"),
    (nll, lambda p, y: -of_label(p, y).log2().mean(), "base 2"),
    (nll, lambda p, y: of_label(p, y).mean(), "logarithm is missing"),
    (nll, lambda p, y: 1 - of_label(p, y).mean(), "one minus the probability"),
    (nll, lambda p, y: -of_label(p, y).mean().log(), "logarithm of the mean"),
    (nll, lambda p, y: -p.max(dim=1).values.log().mean(), "the highest probability"),
    (nll, lambda p, y: -p.log().mean(), "all the probabilities"),
    (nll, lambda p, y: -of_label(p, y).log().sum() / 4, "For one digit alone"),
    (nll, lambda p, y: 3.0, "For four digits"),
    (nll, torch.nn.functional.cross_entropy, "raw numbers"),
    (nll, torch.nn.functional.nll_loss, "log-probabilities"),
    (nll, lambda p, y: -p[:, y].log().mean(), "columns of all labels"),
    (momentum, lambda p, g, v, r, m: (p + r * (m * v + g), m * v + g), "uphill"),
    (momentum, lambda p, g, v, r, m: (p - r * g, g), "without momentum"),
    (momentum, lambda p, g, v, r, m: (p - r * v, m * v + g), "with the old one"),
    (momentum, lambda p, g, v, r, m: (p - r * g, m * v + g), "with the gradient alone"),
    (momentum, lambda p, g, v, r, m: (p - (m * v + g), m * v + g), "learning rate is missing"),
    (momentum, lambda p, g, v, r, m: (p - r * (v + g), v + g), "never fade"),
    (
        momentum,
        lambda p, g, v, r, m: (p - r * (m * v + (1 - m) * g), m * v + (1 - m) * g),
        "weighted the gradient",
    ),
    (momentum, lambda p, g, v, r, m: (p - m * v - r * g, m * v + r * g), "the rate comes last"),
    (momentum, lambda *numbers: step(*numbers)[::-1], "change places"),
    (momentum, lambda *numbers: step(*numbers)[0], "Two values were expected"),
    (momentum, lambda p, g, v, r, m: (p - 0.1 * (0.9 * v + g), 0.9 * v + g), "other numbers"),
    (momentum, lambda p, g, v, r, m: (p, v), "the new velocity is"),
    (check.batches, lambda n, size: [torch.randint(n, (4,)) for _ in range(9)], "come twice"),
    (check.batches, endless, "come twice"),
    (check.batches, lambda n, size: permuted(n, size)[:-1], "two are left over"),
    (check.batches, lambda n, size: permuted(n - 1, size), "[9] never came"),
    (check.batches, lambda n, size: [1 + part for part in permuted(n, size)], "counted from 0"),
    (check.batches, lambda n, size: permuted(n, 5), "batches of 4, 4 and 2"),
    (check.batches, lambda n, size: list(torch.arange(n).split(size)), "in their own order"),
    (check.batches, seeded, "the same order"),
    (check.batches, lambda n, size: torch.randperm(n), "Each batch is a list of places"),
    (check.batches, lambda n, size: n, "going through yours fails"),
    (check.order_of_the_lines, "DCEAB", "step (A) before backward"),
    (check.order_of_the_lines, "CEBDA", "throws away the gradients"),
    (check.order_of_the_lines, "DECBA", "nobody has them before C"),
    (check.order_of_the_lines, "DCBEA", "needs the loss"),
    (check.order_of_the_lines, "DCEB", "should be there once"),
    (check.order_of_the_lines, 5, "five letters was expected"),
]


@pytest.mark.parametrize(("checker", "wrong", "words"), CASES)
def test_a_likely_mistake_is_named(checker, wrong, words):
    verdict = checker(wrong)
    assert verdict.passed is False
    assert words in verdict.message


@pytest.mark.parametrize("order", ["DCEBA", "CDEBA", "CEDBA", "CEBAD", "d c e b a", list("DCEBA")])
def test_each_order_that_works_is_right(order):
    assert check.order_of_the_lines(order).passed


def test_batches_may_be_lists_or_come_one_by_one():
    assert check.batches(lambda n, size: [part.tolist() for part in permuted(n, size)]).passed
    assert check.batches(lambda n, size: (part.numpy() for part in permuted(n, size))).passed


def test_a_step_with_momentum_is_that_of_torch():
    parameter = torch.nn.Parameter(torch.tensor(5.0))
    optimizer = torch.optim.SGD([parameter], lr=0.1, momentum=0.9)
    ours, velocity = 5.0, 0.0
    for gradient in (3.0, 2.0, -1.0):
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
        ours, velocity = step(ours, gradient, velocity, 0.1, 0.9)
    assert parameter.item() == pytest.approx(ours)
    assert momentum(step).passed


def test_the_loss_is_that_of_torch():
    def with_torch(probabilities, labels):
        return torch.nn.functional.nll_loss(probabilities.log(), labels)

    def in_numpy(probabilities, labels):
        shares = probabilities.numpy()
        return -np.log(shares[np.arange(len(labels)), labels.numpy()]).mean()

    assert nll(with_torch).passed
    assert nll(in_numpy).passed
