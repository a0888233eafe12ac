"""A corrected drawing: pen strokes of which a person has said which digit they are."""

import math
import operator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from digitlab.errors import StrokesError
from digitlab.preprocess import Strokes, picture_from_strokes

GRID = 1000
"""Into so many steps the larger side of a drawing is divided; what is finer is rounded away."""

_DOT = 1e-6  # of the pad's larger side: what is smaller has no shape
_FAR = 10  # times the pad's larger side: no pen goes there
_LONGEST_NAME = 200  # characters


@dataclass(frozen=True)
class Guess:
    """What a network had said to a drawing: the part of a `digitlab.Prediction` that is kept.

    Attributes
    ----------
    digit : int
        The most probable digit, 0 to 9.
    confidence : float
        Its probability, 0 to 1.
    is_digit : bool
        False where the network declined: "Not a digit?"
    """

    digit: int
    confidence: float
    is_digit: bool


@dataclass(frozen=True)
class ScaledStrokes:
    """Strokes on a grid of their own, and where on the pad it lay.

    Attributes
    ----------
    paths : list of lists of int
        Each ``[x0, y0, x1, y1, …]``, 0 to 1000, y down.
    corner : (float, float)
        Left and top of the drawing on the pad.
    extent : float
        The drawing's larger side on the pad; 0 for a dot.
    """

    paths: list[list[int]]
    corner: tuple[float, float]
    extent: float

    @classmethod
    def from_strokes(cls, strokes: Strokes, *, size: tuple[float, float]) -> "ScaledStrokes":
        """Scale the strokes on a pad of this size."""
        points = [np.array(stroke, np.float64) for stroke in strokes]
        corner = np.concatenate(points).min(axis=0)
        points = [path - corner for path in points]
        extent = max(path.max() for path in points)
        if extent < _DOT * max(size):
            points, extent = [np.zeros_like(path) for path in points], 0.0
        paths = [np.rint(GRID * (path / (extent or 1))).astype(int) for path in points]
        # Few enough digits that scaling these strokes again finds the very same numbers.
        left, top, extent = (float(f"{value:.6g}") for value in (*corner, extent))
        return cls([path.ravel().tolist() for path in paths], (left, top), extent)

    def strokes(self) -> Strokes:
        """Return the strokes in the pad's own unit."""
        (left, top), step = self.corner, self.extent / GRID
        return [
            [(left + step * x, top + step * y) for x, y in zip(path[::2], path[1::2], strict=True)]
            for path in self.paths
        ]


@dataclass(frozen=True)
class CorrectedDrawing:
    """A drawing of which a person has said which digit it is.

    Attributes
    ----------
    strokes : list of strokes
        Each a list of points ``(x, y)``, y down, in the pad's unit; exact to half a thousandth of
        the drawing's larger side.
    size : (float, float)
        Width and height of the pad.
    label : int or None
        The digit that it is, 0 to 9; None for what is no digit.
    prediction : Guess or None
        What the network had said; None where none was asked.
    time : datetime.datetime or None
        When it was corrected, in UTC; None where a file did not say.
    source, writer : str
        Which collection it belongs to, and which person in it.
    suspect : bool
        True where whoever made the collection doubts the label.
    id : int or None
        Its number among `digitlab.drawings.Drawings`; None outside.
    """

    strokes: Strokes
    size: tuple[float, float]
    label: int | None
    prediction: Guess | None = None
    time: datetime | None = None
    source: str = "digitlab"
    writer: str = "unknown"
    suspect: bool = False
    id: int | None = None

    @property
    def picture(self) -> np.ndarray:
        """The digit picture: ``float32``, ``(28, 28)``, in ``[0, 1]``, ink = 1."""
        return picture_from_strokes(self.strokes, size=self.size)

    @property
    def scaled(self) -> ScaledStrokes:
        """The strokes on their grid."""
        return ScaledStrokes.from_strokes(self.strokes, size=self.size)

    def checked(self) -> "CorrectedDrawing":
        """Return the drawing as it can be kept: plain numbers, the strokes on their grid.

        Returns
        -------
        CorrectedDrawing
            One that `picture` makes a digit picture of.

        Raises
        ------
        StrokesError
            If these are not strokes on a pad of this size.
        NothingDrawnError
            If there is no point in them.
        ValueError
            If anything else is not what it should be, such as a label of 10.

        Examples
        --------
        >>> CorrectedDrawing(np.array([[[60, 50], [60, 240]]]), (280, 280), 1).checked().strokes
        [[(60.0, 50.0), (60.0, 240.0)]]
        """
        size = _size(self.size)
        picture_from_strokes(self.strokes, size=size)  # refuses what is not strokes
        drawn = [stroke for stroke in self.strokes if len(stroke)]
        strokes = ScaledStrokes.from_strokes(drawn, size=size).strokes()
        # Of the rounded strokes, so that what has passed once passes always.
        farthest = max(abs(xy) for stroke in strokes for point in stroke for xy in point)
        if farthest > _FAR * max(size):
            raise StrokesError(
                f"These strokes lie far outside a pad of {size[0]:g} × {size[1]:g}: expected both "
                "in the same unit."
            )
        return replace(
            self,
            strokes=strokes,
            size=size,
            label=None if self.label is None else _digit(self.label, "The label"),
            prediction=None if self.prediction is None else _guess(self.prediction),
            time=None if self.time is None else _in_utc(self.time),
            source=_name(self.source, "source"),
            writer=_name(self.writer, "writer"),
            suspect=_truth(self.suspect, "suspect"),
        )


def _size(size: Any) -> tuple[float, float]:
    try:
        width, height = (float(side) for side in size)
    except (TypeError, ValueError, OverflowError):
        width = height = math.nan
    if not (0 < width < math.inf and 0 < height < math.inf):
        raise StrokesError(
            f"The pad's size is {size!r:.80}: expected its width and height, both above 0."
        )
    return width, height


def _digit(value: Any, what: str) -> int:
    try:
        digit = -1 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        digit = -1
    if not 0 <= digit <= 9:
        raise ValueError(f"{what} is {value!r:.80}: expected a digit, 0 to 9.")
    return digit


def _guess(prediction: Any) -> Guess:
    """The part of a prediction that is kept."""
    try:
        # So many digits as float32 has: with its last one a probability may exceed 1.
        confidence = round(float(prediction.confidence), 6)
    except (TypeError, ValueError):
        confidence = math.nan
    if not 0 <= confidence <= 1:
        raise ValueError(
            f"The prediction's confidence is {prediction.confidence!r:.80}: expected 0 to 1."
        )
    digit = _digit(prediction.digit, "The prediction's digit")
    return Guess(digit, confidence, _truth(prediction.is_digit, "is_digit"))


def _in_utc(time: datetime) -> datetime:
    if time.tzinfo is None:
        raise ValueError(f"The time {time.isoformat()} has no time zone: expected UTC.")
    return time.astimezone(UTC)


def _name(value: Any, what: str) -> str:
    if not (isinstance(value, str) and value.isprintable() and len(value) <= _LONGEST_NAME):
        raise ValueError(
            f"The {what} is {value!r:.80}: expected a line of up to {_LONGEST_NAME} characters."
        )
    return value


def _truth(value: Any, what: str) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{what} is {value!r:.80}: expected true or false.")
    return bool(value)
