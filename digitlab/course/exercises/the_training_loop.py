"""Exercises of notebook 4: the loss by hand, a step with momentum, batches, the whole loop."""

from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from digitlab.course.exercises.checking import Sentences, exercise, judged_by, matches
from digitlab.course.exercises.verdict import array, function
from digitlab.lab import Digits

_SHARES = torch.tensor(
    [[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.25, 0.25, 0.5], [0.05, 0.15, 0.8]], dtype=torch.float64
)
_LABELS = torch.tensor([0, 2, 2, 1])


def _of_label(shares: Any, labels: Any) -> Any:
    return shares[range(len(labels)), labels]


@exercise
def negative_log_likelihood(probabilities: Any, labels: Any) -> Any:
    """Return the mean loss of probabilities ``(n, k)`` and labels ``(n,)``."""
    return -_of_label(probabilities, labels).log().mean()


@exercise
def momentum_step(parameter: Any, gradient: Any, velocity: Any, rate: Any, momentum: Any) -> Any:
    """Make one step of SGD with momentum; return parameter and velocity."""
    velocity = momentum * velocity + gradient
    return parameter - rate * velocity, velocity


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


def _trained(train: Any, digits: Digits, epochs: int, **options: Any) -> Any:
    """Let a loop train a small network; return what it returned, and the weights it made."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 10), nn.LogSoftmax(dim=1))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    returned = train(network, digits, optimizer, epochs, **options)
    return array(returned), array(network[1].weight)


def _loop(answer: Any, says: Sentences) -> None:
    random = torch.Generator().manual_seed(0)
    images = torch.rand(150, 28, 28, generator=random)
    digits = Digits(images=images, labels=torch.randint(10, (150,), generator=random))
    few = Digits(images=images[:40], labels=digits.labels[:40])  # one batch: without any luck
    losses, weights = _trained(function(answer), few, 3)
    _, start = _trained(loop.right, few, 0)
    wanted, right = _trained(loop.right, few, 3)
    _, uncleared = _trained(loop.right, few, 3, clear=False)
    says(
        no_list=losses.ndim != 1,
        unmoved=matches(weights, start),
        uncleared=matches(weights, uncleared, atol=1e-4),
        one_epoch=losses.shape == (1,) and "1",
        other=not matches(weights, right, atol=1e-4) or not matches(losses, wanted, atol=1e-3),
    )
    many, _ = _trained(function(answer), digits, 2)
    says(steps=len(many) != 6 and str(len(many)))


@judged_by(_loop)
def loop(network: Any, digits: Any, optimizer: Any, epochs: int, clear: bool = True) -> Any:
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
