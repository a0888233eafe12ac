"""Evaluation: how often the network is right, and how sure one can be of that figure."""

import math
from dataclasses import dataclass

import torch
from torch import nn

from digitlab.classifier.wrappers import evaluating
from digitlab.lab.data import Digits

__all__ = ["Report", "accuracy", "evaluate", "log_probabilities", "wilson_interval"]

_BATCH = 250  # digits at once: what is between two layers then stays in the processor's cache


@dataclass(frozen=True, eq=False)
class Report:
    """What an evaluation found.

    Attributes
    ----------
    accuracy : float
        Share of digits that were right, 0 to 1.
    interval : (float, float)
        95 % confidence interval of the accuracy (Wilson 1927).
    errors : torch.Tensor
        ``int64``: the indices of the digits that were wrong, the most confident mistake first.
    confusion : torch.Tensor
        ``int64``, ``(10, 10)``: how many of each digit (row) were read as each digit (column).
    probabilities : torch.Tensor
        ``float32``, ``(n, 10)``.
    """

    accuracy: float
    interval: tuple[float, float]
    errors: torch.Tensor
    confusion: torch.Tensor
    probabilities: torch.Tensor

    def __str__(self) -> str:
        """Say it in a line."""
        low, high = (100 * bound for bound in self.interval)
        return (
            f"{100 * self.accuracy:.2f} % (95 % interval {low:.2f} % to {high:.2f} %, "
            f"{len(self.errors)} errors in {len(self.probabilities):,})"
        )


def evaluate(model: nn.Module, digits: Digits) -> Report:
    """Let a network read labelled digits, and report.

    Parameters
    ----------
    model : torch.nn.Module
        From ``(n, 1, 28, 28)`` to log-probabilities ``(n, 10)``.
    digits : Digits
        Pictures and labels.

    Returns
    -------
    Report
        Accuracy with its interval, errors and confusion matrix.

    Raises
    ------
    ValueError
        If there are no digits.

    Examples
    --------
    >>> from digitlab.lab.data import Digits, load_mnist
    >>> from digitlab.lab.model import load
    >>> from digitlab.places import resource
    >>> test = load_mnist().test
    >>> first = Digits(test.images[:500], test.labels[:500])
    >>> evaluate(load(resource("models")), first).accuracy > 0.99
    True
    """
    if not len(digits):
        raise ValueError("There are no digits to evaluate on: expected at least one.")
    scores, labels = log_probabilities(model, digits.images), digits.labels.cpu()
    answers, probabilities = scores.argmax(dim=1), scores.exp()
    wrong = (answers != labels).nonzero()[:, 0]
    confusion = torch.bincount(labels * 10 + answers, minlength=100).reshape(10, 10)
    right = len(labels) - len(wrong)
    errors = wrong[probabilities.amax(dim=1)[wrong].argsort(descending=True)]
    interval = wilson_interval(right, len(labels))
    return Report(right / len(labels), interval, errors, confusion, probabilities)


def log_probabilities(model: nn.Module, pictures: torch.Tensor) -> torch.Tensor:
    """Run a network over many pictures, in evaluation mode and without gradients.

    Parameters
    ----------
    model : torch.nn.Module
        From ``(n, 1, 28, 28)`` to log-probabilities ``(n, 10)``. Its mode is left as it was.
    pictures : torch.Tensor
        ``(n, 28, 28)``, in ``[0, 1]``, ink = 1; on any device.

    Returns
    -------
    torch.Tensor
        ``float32``, ``(n, 10)``, on the CPU.
    """
    # A rival without parameters, such as the nearest average digit, works where the pictures are.
    device = next(model.parameters(), pictures).device
    with evaluating(model), torch.inference_mode():
        parts = [model(part[:, None].to(device)) for part in torch.split(pictures, _BATCH)]
    return torch.cat(parts).float().cpu()


def accuracy(model: nn.Module, digits: Digits) -> float:
    """Return the share of digits that a network reads right, 0 to 1.

    Parameters
    ----------
    model : torch.nn.Module
        From ``(n, 1, 28, 28)`` to log-probabilities ``(n, 10)``.
    digits : Digits
        Pictures and labels.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        If there are no digits.
    """
    return evaluate(model, digits).accuracy


def wilson_interval(right: int, total: int, *, z: float = 1.96) -> tuple[float, float]:
    """Return the confidence interval of a share.

    Unlike the textbook's "plus or minus", it stays within 0 and 1 and holds near both ends.

    Parameters
    ----------
    right, total : int
        How many were right, and how many there were.
    z : float
        Normal quantile: 1.96 for 95 %.

    Returns
    -------
    (float, float)
        Lower and upper bound.

    Raises
    ------
    ValueError
        If the total is not positive, or ``right`` is not between 0 and the total.

    References
    ----------
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association, 1927.

    Examples
    --------
    >>> low, high = wilson_interval(9900, 10000)
    >>> round(low, 4), round(high, 4)
    (0.9879, 0.9918)
    """
    if total < 1 or not 0 <= right <= total:
        raise ValueError(
            f"There is no share of {right} in {total}: expected a total of at least 1, "
            "and from 0 to the total that were right."
        )
    share = right / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(share * (1 - share) / total + (z / (2 * total)) ** 2) / (1 + z * z / total)
    return max(0.0, middle - half), min(1.0, middle + half)  # rounding can pass both ends
