"""Exercises of notebook 4: the loss by hand, a step with momentum, batches, the whole loop."""

from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from digitlab.course.exercises.checking import (
    Sentences,
    exercise,
    judged_by,
    matches,
    when,
)
from digitlab.course.exercises.verdict import array, function
from digitlab.lab import Digits

_SHARES = torch.tensor(
    [[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.25, 0.25, 0.5], [0.05, 0.15, 0.8]], dtype=torch.float64
)
_LABELS = torch.tensor([0, 2, 2, 1])
_ONE = "One number was expected, the mean over the digits; yours has the shape {found}."


def _of_label(shares: Any, labels: Any) -> Any:
    return shares[range(len(labels)), labels]


@exercise(
    (_SHARES, _LABELS),
    (_SHARES[:1], _LABELS[:1]),
    sign=lambda p, y: _of_label(p, y).log().mean(),
    sum=lambda p, y: -_of_label(p, y).log().sum(),
    base_10=lambda p, y: -_of_label(p, y).log10().mean(),
    base_2=lambda p, y: -_of_label(p, y).log2().mean(),
    no_logarithm=lambda p, y: _of_label(p, y).mean(),
    one_minus=lambda p, y: 1 - _of_label(p, y).mean(),
    log_of_mean=lambda p, y: -_of_label(p, y).mean().log(),
    highest=lambda p, y: -p.max(dim=1).values.log().mean(),
    all_of_them=lambda p, y: -p.log().mean(),
    all_columns=lambda p, y: -p[:, y].log().mean(),
    cross_entropy=functional.cross_entropy,
    nll_loss=functional.nll_loss,
    many=when(lambda given, *_: given.ndim and str(given.shape)),
    fixed_size=when(lambda given, right, shares, labels: len(shares) == 1),
)
def negative_log_likelihood(probabilities: Any, labels: Any) -> Any:
    """Return the mean loss of probabilities ``(n, k)`` and labels ``(n,)``."""
    return -_of_label(probabilities, labels).log().mean()


def _step(speed: Any, move: Any = None) -> Any:
    """A step that renews the velocity, then moves; both can be wrong."""

    def step(p: Any, g: Any, v: Any, r: Any, m: Any) -> Any:
        new = speed(g, v, r, m)
        return (p - r * new if move is None else move(p, g, v, r, new)), new

    return step


def _speed(g: Any, v: Any, r: Any, m: Any) -> Any:
    return m * v + g


@exercise(
    (5.0, 2.0, 3.0, 0.1, 0.9),
    (4.53, -1.0, 4.7, 0.5, 0.5),
    two_values=when(lambda given, *_: given.shape != (2,)),
    exchanged=lambda *given: _step(_speed)(*given)[::-1],
    uphill=_step(_speed, lambda p, g, v, r, new: p + r * new),
    no_momentum=_step(lambda g, v, r, m: g),
    old_velocity=_step(_speed, lambda p, g, v, r, new: p - r * v),
    gradient_alone=_step(_speed, lambda p, g, v, r, new: p - r * g),
    no_rate=_step(_speed, lambda p, g, v, r, new: p - new),
    never_fades=_step(lambda g, v, r, m: v + g),
    weighted=_step(lambda g, v, r, m: m * v + (1 - m) * g),
    rate_first=_step(lambda g, v, r, m: m * v + r * g, lambda p, g, v, r, new: p - new),
    fixed_numbers=when(lambda given, right, p, *_: p != 5),
    atol=5e-5,
)
def momentum_step(parameter: Any, gradient: Any, velocity: Any, rate: Any, momentum: Any) -> Any:
    """Make one step of SGD with momentum; return parameter and velocity."""
    return _step(_speed)(parameter, gradient, velocity, rate, momentum)


def _batches(answer: Any, says: Sentences) -> None:
    parts = _parts(answer, 10, 4, says)
    says(none_at_all=not parts)
    drawn = np.concatenate(parts)
    sizes = [len(part) for part in parts]
    missing = sorted(set(range(10)) - set(drawn.tolist()))
    says(
        from_one=10 in drawn and 0 not in drawn,
        no_place=not np.isin(drawn, range(10)).all(),
        twice=len(drawn) > len(np.unique(drawn)),
        rest_lost=len(missing) == 2 and sizes == [4, 4],
        missing=missing,
        other_sizes=sizes != [4, 4, 2] and sizes,
    )
    many, again = (np.concatenate(_parts(answer, 1000, 64, says)) for _ in range(2))
    in_order = np.sort(many)
    says(
        not_shuffled=matches(many, in_order),
        seeded=matches(many, again),
        other=not matches(in_order, range(1000)),
    )


def _parts(answer: Any, count: int, size: int, says: Sentences) -> list[np.ndarray]:
    """Call the learner's function, and return its batches as arrays of places."""
    returned = function(answer)(count, size)
    try:
        # One batch a digit at the most: one that never ends is cut off.
        parts = list(islice(returned, count + 1))
    except Exception as error:
        says(no_list=str(error) or "no more")
    parts = [array(part) for part in parts]
    says(nested=any(part.ndim != 1 for part in parts))
    return parts


@judged_by(_batches)
def batches(count: int, size: int) -> Any:
    """Cut the digits into the batches of one epoch."""
    return torch.randperm(count).split(size)


def _order_of_the_lines(answer: Any, says: Sentences) -> Any:
    if isinstance(answer, list | tuple) and all(isinstance(line, str) for line in answer):
        answer = "".join(answer)
    says(no_text=not isinstance(answer, str))
    letters = "".join(filter(str.isalpha, answer.upper()))
    says(once="".join(sorted(letters)) != "ABCDE")
    a, b, c, d, e = (letters.index(letter) for letter in "ABCDE")
    says(loss_first=e < c, backward_first=b < e, thrown_away=b < d < a, step_first=a < b)
    return {"found": ", and cleaning up at the end is as good" if d == 4 else ""}


# A step, B backward, C forward, D zero_grad, E loss.
order_of_the_lines = judged_by(_order_of_the_lines)("DCEBA")


def rounds(network: Any, digits: Any, optimizer: Any, epochs: int, clear: bool = True) -> Any:
    """Train in batches of 64, perhaps without clearing the gradient; return the losses."""
    losses = []
    for _ in range(epochs):
        for places in torch.randperm(len(digits)).split(64):
            if clear:
                optimizer.zero_grad()
            loss = functional.nll_loss(network(digits.images[places, None]), digits.labels[places])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


def _trained(train: Any, digits: Digits, epochs: int, **options: Any) -> Any:
    """Let a loop train a small network; return what it returned, and the weights it made."""
    torch.manual_seed(0)
    dense = nn.Linear(784, 10)
    network = nn.Sequential(nn.Flatten(), dense, nn.LogSoftmax(dim=1))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    returned = train(network, digits, optimizer, epochs, **options)
    return array(returned), array(dense.weight)


def _loop(answer: Any, says: Sentences) -> None:
    random = torch.Generator().manual_seed(0)
    images = torch.rand(150, 28, 28, generator=random)
    digits = Digits(images=images, labels=torch.randint(10, (150,), generator=random))
    few = Digits(images=images[:40], labels=digits.labels[:40])  # one batch: without any luck
    losses, weights = _trained(function(answer), few, 3)
    _, start = _trained(rounds, few, 0)
    wanted, right = _trained(rounds, few, 3)
    _, uncleared = _trained(rounds, few, 3, clear=False)
    says(
        no_list=losses.ndim != 1,
        unmoved=matches(weights, start),
        uncleared=matches(weights, uncleared, atol=1e-4),
        one_epoch=losses.shape == (1,) and "1",
        other=not matches(weights, right, atol=1e-4) or not matches(losses, wanted, atol=1e-3),
    )
    many, _ = _trained(function(answer), digits, 2)
    says(steps=len(many) != 6 and str(len(many)))


loop = judged_by(_loop)(rounds)
