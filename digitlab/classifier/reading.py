"""What was read: all digits on an image, or all that a pen drew."""

import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from digitlab.classifier.prediction import Prediction
from digitlab.preprocess import Point, Size, Strokes
from digitlab.preprocess.segments import Box

__all__ = ["ReadDigit", "Reading"]

_no_ink = functools.partial(np.zeros, (0, 0), np.float32)


@dataclass(frozen=True, eq=False)
class ReadDigit:
    """A digit that was found on an image, or a mark that looks like none.

    Attributes
    ----------
    prediction : Prediction
        What the network says to it; `Prediction.is_digit` is False for letters and marks.
    box : tuple of int
        Left, top, right, bottom in pixels of the upright image: the first two belong to it, the
        last two do not.
    line : int
        In which line it stands, from 0.
    ink : numpy.ndarray
        Nothing but its ink: ``float32``, ``(height, width)``, in ``[0, 1]``, ink = 1; of what
        a pen drew, there is none.
    strokes : list of strokes
        Those that a pen drew it with; none of what was found on an image.
    """

    prediction: Prediction
    box: Box
    line: int
    ink: np.ndarray = field(default_factory=_no_ink, repr=False)
    strokes: Strokes = field(default_factory=list, repr=False)


@dataclass(frozen=True, eq=False)
class Reading:
    """All that was found on an image, or that a pen drew.

    Attributes
    ----------
    digits : list of ReadDigit
        In reading order: lines from top to bottom, each from left to right.
    ink : numpy.ndarray
        The ink that they were found in: ``float32``, ``(height, width)``, in ``[0, 1]``, ink = 1;
        of what a pen drew, there is none.
    whole : Prediction or None
        What the network says to all the ink at once, where that is several digits.
    size : (width, height)
        Of the upright image, or of the pad, in the unit of the boxes.
    """

    digits: list[ReadDigit]
    ink: np.ndarray = field(default_factory=_no_ink, repr=False)
    whole: Prediction | None = field(default=None, repr=False)
    size: Size = (0.0, 0.0)

    @property
    def prediction(self) -> Prediction:
        """The answer for somebody who expects one digit: that digit, or that there are several."""
        return self.whole or self.digits[0].prediction

    @property
    def text(self) -> str:
        """The digits as text, a newline between two lines; letters and marks are left out."""
        believed = (found for found in self.digits if found.prediction.is_digit)
        lines = itertools.groupby(believed, key=lambda found: found.line)
        return "\n".join("".join(str(f.prediction.digit) for f in line) for _, line in lines)

    def index_of(self, stroke: list[Point]) -> int:
        """Where the digit that a stroke belongs to is among the digits; 0 if it belongs to none."""
        return next((n for n, found in enumerate(self.digits) if stroke in found.strokes), 0)

    def as_several(self, whole: Prediction) -> "Reading":
        """The same, with what the network says to all of it at once."""
        return replace(self, whole=replace(whole, several=self.text))

    def with_boxes(self, change: Callable[[np.ndarray], np.ndarray], size: Size) -> "Reading":
        """The same, with its boxes in another unit."""
        boxes = [np.rint(change(np.array(digit.box))).astype(int).tolist() for digit in self.digits]
        changed = zip(self.digits, boxes, strict=True)
        return replace(self, digits=[replace(d, box=tuple(box)) for d, box in changed], size=size)
