"""What the network says to one picture."""

import functools
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

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
    """

    probabilities: Floats
    picture: Picture = field(repr=False)
    threshold: float = field(default=0.0, repr=False)
    several: str | None = None

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

    @property
    def is_digit(self) -> bool:
        """Whether this is worth an answer at all, or rather no digit."""
        return self.several is None and self.confidence >= self.threshold and self.could_be_digit
