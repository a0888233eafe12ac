"""Checks of notebook 04: the loss by hand, a step with momentum, batches, the five lines."""

from itertools import islice
from typing import Any

import numpy as np
import torch

from digitlab.course.exercises.slips import OTHERWISE, expect_equal, matches, rule_out
from digitlab.course.exercises.verdict import array, exercise, expect, function, number, pair

_SHARES = [[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.25, 0.25, 0.5], [0.05, 0.15, 0.8]]
_LABELS = [0, 2, 2, 1]


@exercise
def negative_log_likelihood(answer: Any) -> str:
    """Check a function of probabilities ``(n, k)`` and labels ``(n,)`` to their mean loss."""
    nll = function(answer)
    shares, labels = torch.tensor(_SHARES, dtype=torch.float64), torch.tensor(_LABELS)
    given = nll(shares, labels)
    shape = tuple(getattr(given, "shape", ()))
    one = f"One number was expected, the mean over the digits; yours has shape {shape}."
    expect(shape in ((), (1,)), one)
    given = number(given)
    of_label, highest = shares.numpy()[range(4), _LABELS], shares.numpy().max(axis=1)
    right = -np.log(of_label).mean()
    of_the_mean = -np.log(of_label.mean())
    slips = {
        "The sign is wrong: the logarithm of a probability is negative, and a loss is made "
        "positive by a minus.": -right,
        "That is the sum over the digits. Take the mean, or the loss would grow with the "
        "batch.": right * 4,
        "That is a logarithm to base 10. The natural one is meant, torch.log.": right / np.log(10),
        "That is a logarithm to base 2. The natural one is meant, torch.log.": right / np.log(2),
        "That is the mean probability of the labels: their logarithm is missing.": of_label.mean(),
        "That is one minus the probability. A logarithm is wanted: it punishes being certain and "
        "wrong far harder.": (1 - of_label).mean(),
        "First the logarithms, then their mean; you took the logarithm of the mean.": of_the_mean,
        "You took the highest probability of each row. It is that of the label which counts, "
        "whether it is the highest or not.": -np.log(highest).mean(),
        "You took all the probabilities. Only that of the label counts.": -np.log(_SHARES).mean(),
        f"For four digits of three classes the mean loss is {right:.3f}, and yours is {given:.3f}. "
        "For each row: the probability of its label, its logarithm, a minus; then the "
        "mean.": OTHERWISE,
    }
    expect_equal(given, right, slips, atol=1e-6)
    # The same function once more, for a batch of another size: nothing may be fixed at four.
    alone = number(nll(shares[:1], labels[:1]))
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
    two = (
        "Two values were expected, the new parameter and the new velocity: "
        "end on `return parameter, velocity`."
    )
    new, speed = map(number, pair(step(parameter, gradient, velocity, rate, momentum), two))
    right_speed = momentum * velocity + gradient  # 4.7
    right = parameter - rate * right_speed  # 4.53
    backwards = (right_speed, right)
    uphill = (parameter + rate * right_speed, right_speed)
    plain = (parameter - rate * gradient, gradient)
    late = (parameter - rate * velocity, right_speed)
    unused = (parameter - rate * gradient, right_speed)
    too_far = (parameter - right_speed, right_speed)
    unfaded = (parameter - rate * (velocity + gradient), velocity + gradient)
    average = momentum * velocity + (1 - momentum) * gradient
    scaled = momentum * velocity + rate * gradient
    slips = {
        "The values are right and change places: the parameter comes first.": backwards,
        "The step goes uphill: the gradient points to where the loss rises, so subtract.": uphill,
        "That is a step without momentum: the old velocity plays no part in it.": plain,
        "The velocity is right, but the step was made with the old one. Renew it first.": late,
        "The velocity is right, but the step was made with the gradient alone.": unused,
        "The learning rate is missing: it makes the step small.": too_far,
        "The old velocity is to be multiplied by the momentum, or it would never fade.": unfaded,
        "You weighted the gradient with 1 - momentum. Some books do; here, as in torch.optim.SGD, "
        "it is added whole.": (parameter - rate * average, average),
        "You multiplied the gradient by the rate before it went into the velocity. Some books do; "
        "here, as in torch.optim.SGD, the rate comes last.": (parameter - scaled, scaled),
        "With velocity 3, gradient 2 and momentum 0.9 the new velocity is 0.9 × 3 + 2 = 4.7, and "
        f"yours is {speed:g}.": not matches(speed, right_speed, atol=5e-5),
        "From 5, with velocity 4.7 and rate 0.1, one comes to 5 - 0.47 = 4.53; you to "
        f"{new:g}.": OTHERWISE,
    }
    expect_equal((new, speed), (right, right_speed), slips, atol=5e-5)
    no = "The first step is right, and one with other numbers is not. Is a number written into it?"
    second = [number(value) for value in pair(step(new, -1.0, speed, 0.5, 0.5), no)]
    expect(matches(second, [right - 0.675, 1.35], atol=2e-5), no)
    return "Right: that is what optimizer.step() does to each of the 421,642 parameters."


@exercise
def batches(answer: Any) -> str:
    """Check a function of a count and a batch size to the batches of one epoch."""
    parts = _parts(answer, 10, 4)
    expect(bool(parts), "There is no batch at all: a list of batches was expected.")
    drawn = np.concatenate(parts)
    sizes = [len(part) for part in parts]
    from_one = 10 in drawn and 0 not in drawn
    wrong = sizes != [4, 4, 2]
    missing = sorted(set(range(10)) - set(drawn.tolist()))
    slips = {
        "Digits are counted from 0: with ten of them, the last is 9, and 10 is none.": from_one,
        "With ten digits, each place is a whole number from 0 to 9, and yours has "
        "others.": not np.isin(drawn, range(10)).all(),
        "Some digits come twice in an epoch. Draw the order once, as a permutation, and cut it "
        "up; do not draw each batch anew.": len(drawn) > len(np.unique(drawn)),
        "Ten digits in batches of four: two are left over, and yours are lost. The last batch may "
        "be smaller.": len(missing) == 2 and sizes == [4, 4],
        f"Every digit is to come once; of ten, {missing} never came.": bool(missing),
        f"Ten digits in batches of four make batches of 4, 4 and 2, and yours have {sizes}.": wrong,
    }
    rule_out(slips)
    many, again = (np.concatenate(_parts(answer, 1000, 64)) for _ in range(2))
    in_order = np.sort(many)
    lost = not matches(in_order, range(1000))
    of_many = {
        "The digits come in their own order. Shuffle them: torch.randperm gives a random "
        "order.": in_order,
        "Two epochs have the same order. Is a seed set inside the function? Leave it "
        "outside.": again,
        "Right for ten digits; of a thousand, not each comes exactly once.": lost,
    }
    rule_out(of_many, many)
    return "Right: every digit once an epoch, in an order of its own each time."


def _parts(answer: Any, count: int, size: int) -> list[np.ndarray]:
    """Call the learner's function, and return its batches as arrays of places."""
    returned = function(answer)(count, size)
    try:
        # One batch a digit at the most: one that never ends is cut off.
        parts = list(islice(returned, count + 1))
    except Exception as error:
        expect(False, f"A list of batches was expected, and going through yours fails: {error}")
    parts = [array(part) for part in parts]
    nested = "Each batch is a list of places such as [3, 0, 7]; yours are of another shape."
    expect(all(part.ndim == 1 for part in parts), nested)
    return parts


@exercise
def order_of_the_lines(answer: Any) -> str:
    """Check the order of the five lines, given as their letters.

    A step, B backward, C forward, D zero_grad, E loss.
    """
    if isinstance(answer, list | tuple) and all(isinstance(line, str) for line in answer):
        answer = "".join(answer)
    expect(isinstance(answer, str), 'A text of five letters was expected, such as "ABCDE".')
    letters = "".join(filter(str.isalpha, answer.upper()))
    once = "Each of the five letters A, B, C, D, E is to be there once."
    expect("".join(sorted(letters)) == "ABCDE", once)
    a, b, c, d, e = (letters.index(letter) for letter in "ABCDE")
    slips = {
        "The loss (E) is computed from the log-probabilities, which nobody has before C.": e < c,
        "loss.backward() (B) needs the loss of this batch, which is computed in E.": b < e,
        "zero_grad (D) between backward and step throws away the gradients just worked out: the "
        "network would stand still.": b < d < a,
        "step (A) before backward (B) moves the parameters before anybody knows which way is "
        "down.": a < b,
    }
    rule_out(slips)
    if d == 4:
        return "Right. Cleaning up at the end of a round is as good as at the beginning."
    return "Right: clean up, look, compare, work out the gradients, move."
