"""Checks of notebook 03: the loss by hand, a step with momentum, batches, the five lines."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np

from digitlab.course.exercises.verdict import Objection, array, exercise, expect, function, number

_SHARES = [[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.25, 0.25, 0.5], [0.05, 0.15, 0.8]]
_LABELS = [0, 2, 2, 1]


@exercise
def negative_log_likelihood(answer: Any) -> str:
    """Check a function of probabilities ``(n, k)`` and labels ``(n,)`` to their mean loss."""
    import torch

    shares, labels = np.array(_SHARES), np.array(_LABELS)
    given_tensors = torch.tensor(_SHARES, dtype=torch.float64), torch.tensor(_LABELS)
    given = function(answer)(*given_tensors)
    if getattr(given, "shape", ()) not in ((), (1,)):
        raise Objection(
            f"One number was expected, the mean over the digits; yours has shape "
            f"{tuple(given.shape)}."
        )
    given = number(given)
    of_label = shares[np.arange(4), labels]
    right = -np.log(of_label).mean()
    likely = {
        "The sign is wrong: the logarithm of a probability is negative, and a loss is made "
        "positive by a minus.": -right,
        "That is the sum over the digits. Take the mean, or the loss would grow with the batch.": 4
        * right,
        "That is a logarithm to base 10. The natural one is meant, torch.log.": right / np.log(10),
        "That is a logarithm to base 2. The natural one is meant, torch.log.": right / np.log(2),
        "That is the mean probability of the labels: their logarithm is missing.": of_label.mean(),
        "That is one minus the probability. A logarithm is wanted: it punishes being certain and "
        "wrong far harder.": (1 - of_label).mean(),
        "First the logarithms, then their mean; you took the logarithm of the mean.": -np.log(
            of_label.mean()
        ),
        "You took the highest probability of each row. It is that of the label which counts, "
        "whether it is the highest or not.": -np.log(shares.max(axis=1)).mean(),
        "You took all the probabilities. Only that of the label counts.": -np.log(shares).mean(),
    }
    for objection, value in likely.items():
        expect(abs(given - value) > 1e-6, objection)
    expect(
        abs(given - right) < 1e-6,
        f"For four digits of three classes the mean loss is {right:.3f}, and yours is {given:.3f}. "
        "For each row: the probability of its label, its logarithm, a minus; then the mean.",
    )
    # The same function once more, for a batch of another size: nothing may be fixed at four.
    alone = number(function(answer)(given_tensors[0][:1], given_tensors[1][:1]))
    expect(
        abs(alone + np.log(0.7)) < 1e-6,
        f"For one digit alone it should be {-np.log(0.7):.3f}, and yours is {alone:.3f}. Is the "
        "number of digits written into it?",
    )
    return "Right, and it is what functional.nll_loss computes from the log-probabilities."


@exercise
def momentum_step(answer: Any) -> str:
    """Check a function that makes one step of SGD with momentum.

    Called with parameter, gradient, velocity, rate and momentum; returns parameter and velocity.
    """
    step = function(answer)
    parameter, gradient, velocity, rate, momentum = 5.0, 2.0, 3.0, 0.1, 0.9
    given = step(parameter, gradient, velocity, rate, momentum)
    expect(
        isinstance(given, Sequence) and not isinstance(given, str | bytes) and len(given) == 2,
        "Two values were expected, the new parameter and the new velocity: "
        "end on `return parameter, velocity`.",
    )
    new, speed = (number(value) for value in given)
    right_speed = momentum * velocity + gradient  # 4.7
    right = parameter - rate * right_speed  # 4.53
    if np.allclose([speed, new], [right, right_speed]):
        raise Objection("The values are right and change places: the parameter comes first.")
    likely = [
        (
            right_speed,
            parameter + rate * right_speed,
            "The step goes uphill: the gradient points to where the loss rises, so subtract.",
        ),
        (
            gradient,
            parameter - rate * gradient,
            "That is a step without momentum: the old velocity plays no part in it.",
        ),
        (
            right_speed,
            parameter - rate * velocity,
            "The velocity is right, but the step was made with the old one. Renew it first.",
        ),
        (
            right_speed,
            parameter - rate * gradient,
            "The velocity is right, but the step was made with the gradient alone.",
        ),
        (
            right_speed,
            parameter - right_speed,
            "The learning rate is missing: it makes the step small.",
        ),
        (
            velocity + gradient,
            parameter - rate * (velocity + gradient),
            "The old velocity is to be multiplied by the momentum, or it would never fade.",
        ),
        (
            momentum * velocity + (1 - momentum) * gradient,
            parameter - rate * (momentum * velocity + (1 - momentum) * gradient),
            "You weighted the gradient with 1 - momentum. Some books do; here, as in "
            "torch.optim.SGD, it is added whole.",
        ),
        (
            momentum * velocity + rate * gradient,
            parameter - (momentum * velocity + rate * gradient),
            "You multiplied the gradient by the rate before it went into the velocity. Some books "
            "do; here, as in torch.optim.SGD, the rate comes last.",
        ),
    ]
    for its_speed, its_parameter, objection in likely:
        expect(not np.allclose([speed, new], [its_speed, its_parameter]), objection)
    expect(
        np.isclose(speed, right_speed),
        f"With velocity 3, gradient 2 and momentum 0.9 the new velocity is 0.9 × 3 + 2 = 4.7, "
        f"and yours is {speed:g}.",
    )
    expect(
        np.isclose(new, right),
        f"From 5, with velocity 4.7 and rate 0.1, one comes to 5 - 0.47 = 4.53; you to {new:g}.",
    )
    second = step(new, -1.0, speed, 0.5, 0.5)
    expect(
        isinstance(second, Sequence)
        and len(second) == 2
        and np.allclose([number(value) for value in second], [right - 0.675, 1.35]),
        "The first step is right, and one with other numbers is not. Is a number written into it?",
    )
    return "Right: that is what optimizer.step() does to each of the 421,642 parameters."


@exercise
def batches(answer: Any) -> str:
    """Check a function of a count and a batch size to the batches of one epoch."""
    parts = _parts(answer, 10, 4)
    expect(bool(parts), "There is no batch at all: a list of batches was expected.")
    drawn = np.concatenate(parts)
    expect(
        not (drawn == 10).any() or (drawn == 0).any(),
        "Digits are counted from 0: with ten of them, the last is 9, and 10 is none.",
    )
    expect(
        bool(np.isin(drawn, np.arange(10)).all()),
        "With ten digits, each place is a whole number from 0 to 9, and yours has others.",
    )
    missing = sorted(set(range(10)) - set(drawn.astype(int).tolist()))
    if len(drawn) > len(np.unique(drawn)):
        raise Objection(
            "Some digits come twice in an epoch. Draw the order once, as a permutation, and cut it "
            "up; do not draw each batch anew."
        )
    if len(missing) == 2 and [len(part) for part in parts] == [4, 4]:
        raise Objection(
            "Ten digits in batches of four: two are left over, and yours are lost. The last batch "
            "may be smaller."
        )
    expect(not missing, f"Every digit is to come once; of ten, {missing} never came.")
    sizes = [len(part) for part in parts]
    expect(
        sizes == [4, 4, 2],
        f"Ten digits in batches of four make batches of 4, 4 and 2, and yours have {sizes}.",
    )
    many, again = (np.concatenate(_parts(answer, 1000, 64)) for _ in range(2))
    expect(
        not np.array_equal(many, np.sort(many)),
        "The digits come in their own order. Shuffle them: torch.randperm gives a random order.",
    )
    expect(
        not np.array_equal(many, again),
        "Two epochs have the same order. Is a seed set inside the function? Leave it outside.",
    )
    expect(
        np.array_equal(np.sort(many), np.arange(1000)),
        "Right for ten digits; of a thousand, not each comes exactly once.",
    )
    return "Right: every digit once an epoch, in an order of its own each time."


def _parts(answer: Any, count: int, size: int) -> list[np.ndarray]:
    """Call the learner's function, and return its batches as arrays of places."""
    returned = function(answer)(count, size)
    try:
        # One batch a digit at the most: one that never ends is cut off.
        parts = list(islice(iter(returned), count + 1))
    except Objection:
        raise
    except Exception as error:
        raise Objection(
            f"A list of batches was expected, and going through yours fails: {error}"
        ) from error
    parts = [array(part) for part in parts]
    expect(
        all(part.ndim == 1 for part in parts),
        "Each batch is a list of places such as [3, 0, 7]; yours are of another shape.",
    )
    return parts


@exercise
def order_of_the_lines(answer: Any) -> str:
    """Check the order of the five lines, given as their letters.

    A step, B backward, C forward, D zero_grad, E loss.
    """
    if isinstance(answer, list | tuple) and all(isinstance(line, str) for line in answer):
        answer = "".join(answer)
    expect(isinstance(answer, str), 'A text of five letters was expected, such as "ABCDE".')
    letters = [letter for letter in answer.upper() if letter.isalpha()]
    expect(
        sorted(letters) == list("ABCDE"),
        "Each of the five letters A, B, C, D, E is to be there once.",
    )
    place = {letter: letters.index(letter) for letter in "ABCDE"}
    expect(
        place["C"] < place["E"],
        "The loss (E) is computed from the log-probabilities, which nobody has before C.",
    )
    expect(
        place["E"] < place["B"],
        "loss.backward() (B) needs the loss of this batch, which is computed in E.",
    )
    expect(
        not place["B"] < place["D"] < place["A"],
        "zero_grad (D) between backward and step throws away the gradients just worked out: the "
        "network would stand still.",
    )
    expect(
        place["B"] < place["A"],
        "step (A) before backward (B) moves the parameters before anybody knows which way is down.",
    )
    if place["D"] == 4:
        return "Right. Cleaning up at the end of a round is as good as at the beginning."
    return "Right: clean up, look, compare, work out the gradients, move."
