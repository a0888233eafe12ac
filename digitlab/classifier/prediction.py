"""What the network says to one picture."""

import functools
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitlab.preprocess import Picture, could_be_digit

__all__ = ["Prediction"]

Floats = NDArray[np.float32]
"""Pictures, ``(n, 28, 28)``, and what a network makes of them."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the network says to one picture.

    Attributes
    ----------
    probabilities : numpy.ndarray
        ``float32``, ``(10,)``: of the digits 0 to 9, in this order; they sum to 1.
    picture : numpy.ndarray
        What the network saw: a digit picture, ``float32``, ``(28, 28)``, ink = 1.
    threshold : float
        The confidence from which on the answer is worth giving, 0 to 1; fitted with the weights.
    several : str or None
        The digits as text where the image shows several of them, ``""`` where it shows several
        marks that look like none; None where it shows one.
    drawn : bool
        Whether a pen drew it. Whoever draws sees all ten bars, so the answer may be undecided
        between two digits, as long as the picture surely shows a digit.
    """

    probabilities: Floats
    picture: Picture = field(repr=False)
    threshold: float = field(default=0.0, repr=False)
    several: str | None = None
    drawn: bool = field(default=False, repr=False)

    @property
    def digit(self) -> int:
        """The most probable digit, 0 to 9."""
        return int(self.probabilities.argmax())

    @property
    def confidence(self) -> float:
        """The probability of that digit, 0 to 1."""
        return float(self.probabilities.max())

    @property
    def runner_up(self) -> int:
        """The second most probable digit, 0 to 9."""
        # Stable and from the top, so that in a tie it is not the winner a second time.
        return int(np.argsort(-self.probabilities, kind="stable")[1])

    @functools.cached_property
    def could_be_digit(self) -> bool:
        """Whether the picture looks like a digit of MNIST at all, whatever the network says."""
        return could_be_digit(self.picture)

    @functools.cached_property
    def is_digit(self) -> bool:
        """Whether this is worth an answer at all, or rather no digit."""
        # Of all answers with this confidence, these ten are the most alike.
        alike = [self.threshold] + 9 * [(1 - self.threshold) / 9]
        is_sure = self.confidence >= self.threshold
        is_uneven = is_sure or (self.drawn and unevenness(self.probabilities) >= unevenness(alike))
        return self.several is None and is_uneven and self.could_be_digit


def unevenness(probabilities: ArrayLike) -> float:
    """How far ten probabilities are from all alike: their logarithms' mean, times -1.

    It is ln 10 = 2.3 where they are alike. The network learned to come close to that where there is
    no digit [1]_, so this tells letters from digits better than the confidence does. Where a digit
    may be one of two, the confidence is low as well.

    Parameters
    ----------
    probabilities : sequence of float
        Of the digits 0 to 9.

    Returns
    -------
    float
        From 2.3 up.

    References
    ----------
    .. [1] D. Hendrycks, M. Mazeika, T. Dietterich, "Deep Anomaly Detection with Outlier Exposure",
       International Conference on Learning Representations, 2019.

    Examples
    --------
    >>> round(unevenness([0.1] * 10), 1), round(unevenness([0.5, 0.5] + [0] * 8), 1)
    (2.3, 70.1)
    """
    # The logarithm of 0 would be infinite.
    return float(np.log(np.maximum(probabilities, 1e-38)).sum()) / -10
