"""Calibration: confidence that means what it says, and the point below which to decline.

A network that says "90 %" should be right nine times in ten. One number, the temperature, by which
all logits are divided, brings it close to that (Guo et al. 2017, "On calibration of modern neural
networks"). Dividing the logits is dividing the last layer's weights, so the network that ships
stays the one it was: nobody who uses it needs to know of the temperature.

Both numbers are fitted on validation digits, never on a test set.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows it by

from digitlab.lab.data import Digits
from digitlab.lab.evaluation import log_probabilities
from digitlab.lab.model import CNN
from digitlab.lab.restyling import restyled
from digitlab.lab.synthetic import drawn_digits

__all__ = ["Calibration", "as_drawn_on_the_pad", "calibrate", "fit_temperature"]

MISREAD = 1 / 400
"""Share of the digits that are accepted, yet misread: how many, at most, the threshold lets in."""

_OTHER_SEED = 1_000_000  # added, so that no drawing is one that the network was trained on


@dataclass(frozen=True)
class Calibration:
    """What was fitted.

    Attributes
    ----------
    temperature : float
        What the logits were divided by: above 1 where the network was too sure of itself.
    threshold : float
        The confidence below which an answer on an image isn't believed, 0 to 1. A drawing on the
        pad needs less: see `digitlab.classifier.Prediction.is_digit`.
    """

    temperature: float
    threshold: float


def calibrate(model: CNN, digits: Digits) -> Calibration:
    """Fit the temperature and the threshold, and put the temperature into the network.

    Parameters
    ----------
    model : CNN
        The network; its last layer is changed in place.
    digits : Digits
        Digits that it was not trained on, as the pad will see them: `as_drawn_on_the_pad`.

    Returns
    -------
    Calibration
        What was fitted.
    """
    temperature = fit_temperature(log_probabilities(model, digits.images), digits.labels)
    with torch.no_grad():
        model.fc2.weight.div_(temperature)
        model.fc2.bias.div_(temperature)
    answers = log_probabilities(model, digits.images)
    confidence, surest_first = answers.amax(dim=1).exp().sort(descending=True)
    misread = answers.argmax(dim=1).ne(digits.labels)[surest_first].cumsum(dim=0)
    low = confidence[misread <= MISREAD * torch.arange(1, len(misread) + 1)]
    return Calibration(temperature, threshold=float(low.min()) if len(low) else 1.0)


def fit_temperature(logits: torch.Tensor, labels: torch.Tensor) -> float:
    """Return the temperature under which the labels are most likely.

    Parameters
    ----------
    logits : torch.Tensor
        ``(n, 10)``: log-probabilities serve as well.
    labels : torch.Tensor
        ``(n,)``, 0 to 9.

    Returns
    -------
    float
        From 0.1 to 10.

    Raises
    ------
    ValueError
        If there are no labels.

    Examples
    --------
    A network that is always right, and only ever 73 % sure of it, may be surer:

    >>> fit_temperature(torch.eye(10), torch.arange(10)) < 1
    True
    """
    if not len(labels):
        raise ValueError("There is nothing to fit the temperature to: expected at least one digit.")
    low, high = math.log(0.1), math.log(10)
    for _ in range(40):  # the loss has one valley: leave out the third of the interval beside it
        third = (high - low) / 3
        inner = low + third, high - third
        left, right = (F.cross_entropy(logits / math.exp(at), labels) for at in inner)
        low, high = (low, inner[1]) if left < right else (inner[0], high)
    return math.exp((low + high) / 2)


def as_drawn_on_the_pad(digits: Digits, *, seed: int) -> Digits:
    """Add to digits as many that vary as people's do, and as many again.

    Parameters
    ----------
    digits : Digits
        Validation digits.
    seed : int
        Of the drawings; they are others than those of a training with the same seed.

    Returns
    -------
    Digits
        The digits, as many rewritten in other styles and with the faults of pens and cameras, and
        as many drawn by rule.
    """
    n, seed = len(digits), seed + _OTHER_SEED
    arrays = digits.images.numpy(), digits.labels.numpy()
    return digits.extended(restyled(*arrays, n=n, seed=seed), drawn_digits(n, seed=seed))
