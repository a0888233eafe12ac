"""A corrected drawing: of pen strokes, or of ink on paper, a person said which digit they are."""

import io
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from PIL import Image

from digitlab import preprocess
from digitlab.errors import ImageError, StrokesError
from digitlab.preprocess import AnyStrokes, Size, Strokes, checked_digit

GRID = 1000
"""Into so many steps the larger side of a drawing is divided; what is finer is rounded away."""

_DOT = 1e-6  # of the pad's larger side: what is smaller has no shape
_FAR = 10  # times the pad's larger side: no pen goes there
_LONGEST_NAME = 200  # characters
_SIDE, _LARGEST_SIDE = 100, 300  # pixels of a kept image: what is larger is reduced; refused


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

    @classmethod
    def of(cls, prediction: Any) -> "Guess":
        """Take from a prediction what is kept of it.

        Parameters
        ----------
        prediction : Prediction or Guess
            What a network said.

        Returns
        -------
        Guess
            The same in plain numbers.

        Raises
        ------
        ValueError
            If its digit is none, its confidence is no probability, or its doubt neither true nor
            false.

        Examples
        --------
        >>> Guess.of(Guess(np.int64(7), np.float32(0.75), np.True_))
        Guess(digit=7, confidence=0.75, is_digit=True)
        """
        try:
            # As many digits as float32 has: with its last one a probability may exceed 1.
            confidence = round(float(prediction.confidence), 6)
        except (TypeError, ValueError):
            confidence = math.nan
        if not 0 <= confidence <= 1:
            raise unexpected("The prediction's confidence", prediction.confidence, "0 to 1")
        digit = checked_digit(prediction.digit, "The prediction's digit")
        return cls(digit, confidence, _truth(prediction.is_digit, "is_digit"))


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
    def from_strokes(cls, strokes: AnyStrokes, *, size: Size) -> "ScaledStrokes":
        """Scale the strokes on a pad of this size."""
        points = preprocess.checked_strokes(strokes)
        corner = np.concatenate(points).min(axis=0)
        extent = max((path - corner).max() for path in points)
        extent = 0.0 if extent < _DOT * max(size) else extent
        paths = [np.rint(GRID * ((path - corner) / (extent or math.inf))) for path in points]
        # Few enough digits that scaling these strokes again finds the very same numbers.
        left, top, extent = (float(f"{value:.6g}") for value in (*corner, extent))
        return cls([path.ravel().astype(int).tolist() for path in paths], (left, top), extent)

    def strokes(self) -> Strokes:
        """Return the strokes in the pad's own unit."""
        (left, top), step = self.corner, self.extent / GRID
        paths = (zip(path[::2], path[1::2], strict=True) for path in self.paths)
        return [[(left + step * x, top + step * y) for x, y in path] for path in paths]


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
    image : bytes or None
        A grey PNG file of the ink, dark on white, where it was written on paper: then there are no
        strokes, and ``size`` is the image's.
    """

    strokes: Strokes
    size: Size
    label: int | None
    prediction: Guess | None = None
    time: datetime | None = None
    source: str = "digitlab"
    writer: str = "unknown"
    suspect: bool = False
    id: int | None = None
    image: bytes | None = None

    @classmethod
    def of_ink(cls, ink: preprocess.Ink, label: int | None, **other: Any) -> "CorrectedDrawing":
        """Make one of ink that was found on paper.

        Parameters
        ----------
        ink : numpy.ndarray
            ``(height, width)``, in ``[0, 1]``, ink = 1.
        label : int or None
            The digit that it is, 0 to 9; None for what is no digit.
        **other
            Further attributes.

        Returns
        -------
        CorrectedDrawing
            Without strokes, and with an image of at most 100 pixels a side.
        """
        box = preprocess.cut_out(ink)
        small = preprocess.scaled(box, _SIDE) if max(box.shape) > _SIDE else box
        image, file = Image.fromarray(np.rint(255 * (1 - small)).astype(np.uint8)), io.BytesIO()
        image.save(file, "PNG", optimize=True)
        return cls([], image.size, label, image=file.getvalue(), **other)

    @property
    def picture(self) -> preprocess.Picture:
        """The digit picture: ``float32``, ``(28, 28)``, in ``[0, 1]``, ink = 1."""
        if self.image is not None:
            ink = 1 - np.asarray(preprocess.read_image(self.image), np.float32) / 255
            return preprocess.picture_from_ink(preprocess.with_usual_pen(ink))
        return preprocess.picture_from_strokes(self.strokes, size=self.size)

    @property
    def scaled(self) -> ScaledStrokes:
        """The strokes on their grid; none of an image."""
        if self.image is not None:
            return ScaledStrokes([], (0.0, 0.0), 0.0)
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
            If there is no point in them, or no ink on the image.
        ImageError
            If the image is not a small grey one.
        ValueError
            If anything else is not what it should be, such as a label of 10.

        Examples
        --------
        >>> CorrectedDrawing(np.array([[[60, 50], [60, 240]]]), (280, 280), 1).checked().strokes
        [[(60.0, 50.0), (60.0, 240.0)]]
        """
        size = _checked_image(self.image) if self.image else _size(self.size)
        return replace(
            self,
            strokes=[] if self.image else _checked_strokes(self.strokes, size),
            size=size,
            label=None if self.label is None else checked_digit(self.label, "The label"),
            prediction=None if self.prediction is None else Guess.of(self.prediction),
            time=None if self.time is None else _in_utc(self.time),
            source=_name(self.source, "source"),
            writer=_name(self.writer, "writer"),
            suspect=_truth(self.suspect, "suspect"),
        )


def digit_pictures(drawings: Iterable[CorrectedDrawing]) -> tuple[np.ndarray, np.ndarray]:
    """Return the digits among drawings as pictures, ready for a network.

    Drawings of no digit, and those with a doubtful label, are left out.

    Parameters
    ----------
    drawings : iterable of CorrectedDrawing
        A whole `digitlab.drawings.Drawings`, or some of them.

    Returns
    -------
    pictures : numpy.ndarray
        ``float32``, ``(n, 28, 28)``, in ``[0, 1]``, ink = 1.
    labels : numpy.ndarray
        ``int64``, ``(n,)``, 0 to 9.
    """
    digits = [drawing for drawing in drawings if drawing.label is not None and not drawing.suspect]
    pictures = preprocess.stacked([drawing.picture for drawing in digits])
    return pictures, np.array([drawing.label for drawing in digits], np.int64)


def _checked_strokes(strokes: AnyStrokes, size: Size) -> Strokes:
    strokes = ScaledStrokes.from_strokes(strokes, size=size).strokes()
    # Of the rounded strokes, so that what has passed once passes always.
    farthest = max(abs(xy) for stroke in strokes for point in stroke for xy in point)
    if farthest > _FAR * max(size):
        raise StrokesError(
            f"These strokes lie far outside a pad of {size[0]:g} × {size[1]:g}: expected both "
            "in the same unit."
        )
    return strokes


def _checked_image(content: bytes) -> Size:
    """Return the size of an image that a digit picture can be made of."""
    image = preprocess.read_image(content)
    if image.mode != "L" or max(image.size) > _LARGEST_SIDE:
        raise ImageError(
            f"This image is {image.width} × {image.height} pixels of mode {image.mode}: expected a "
            f"grey one, dark on white, with sides of up to {_LARGEST_SIDE} pixels."
        )
    preprocess.cut_out(255 - np.asarray(image))
    return image.size


def unexpected(
    what: str, value: Any, expected: str, error: type[ValueError] = ValueError
) -> ValueError:
    """Say what was found and what was expected, as an error that can be raised."""
    return error(f"{what} is {value!r:.80}: expected {expected}.")


def _size(size: Any) -> Size:
    try:
        width, height = map(float, size)
    except (TypeError, ValueError, OverflowError):
        width = height = math.nan
    if not (0 < width < math.inf and 0 < height < math.inf):
        raise unexpected("The pad's size", size, "its width and height, both above 0", StrokesError)
    return width, height


def _in_utc(time: datetime) -> datetime:
    if time.tzinfo is None:
        raise ValueError(f"The time {time.isoformat()} has no time zone: expected UTC.")
    return time.astimezone(UTC)


def _name(value: Any, what: str) -> str:
    if not (isinstance(value, str) and value.isprintable() and len(value) <= _LONGEST_NAME):
        raise unexpected(f"The {what}", value, f"a line of up to {_LONGEST_NAME} characters")
    return value


def _truth(value: Any, what: str) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise unexpected(what, value, "true or false")
    return bool(value)
