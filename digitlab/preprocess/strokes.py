"""From pen strokes to a digit picture: scale the path, then draw it as thick as MNIST's strokes."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import NothingDrawnError, StrokesError
from digitlab.preprocess.geometry import BOX_SIZE, Ink, Picture, centred, cut_out

__all__ = ["PEN_WIDTH", "AnyStrokes", "Point", "Size", "Strokes"]
__all__ += ["checked_strokes", "digit_from_strokes", "picture_from_strokes", "plain_strokes"]

Point = tuple[float, float]
"""Where the pen was: x to the right, y **down**."""

Strokes = list[list[Point]]
"""What a pen has drawn: a stroke for each time that it touched the paper."""

AnyStrokes = Iterable[Iterable[Any]]
"""Strokes from anywhere: each a sequence of points, or an array ``(n, 2)``."""

Size = tuple[float, float]
"""Width and height of a pad, in the unit of its strokes."""

PEN_WIDTH = 2.6
"""Thickness at which strokes are drawn, in pixels of the picture: the median of MNIST's own."""

_SHORTEST_SIDE = 1 / 20  # of the pad: what is smaller is a dot, and is not blown up into a digit
_LARGEST_COORDINATE = 1e9  # also refuses NaN and infinity
_POINT_SPACING = 0.4  # pixels of the picture
_SEGMENTS_AT_ONCE = 512  # bounds the memory that a scribble of thousands of points can take

_Path = NDArray[np.float64]  # (n, 2)


def picture_from_strokes(
    strokes: AnyStrokes, *, size: Size | None = None, pen_width: float = PEN_WIDTH
) -> Picture:
    """Turn pen strokes into a digit picture.

    Parameters
    ----------
    strokes : sequence of strokes
        Each stroke a sequence of points ``(x, y)``, or an array ``(n, 2)``: x to the right,
        y **down**, in any unit. A stroke of one point is a dot.
    size : (width, height), optional
        The pad's size in the same unit. With it, a dot stays a dot: what is smaller than a
        twentieth of the pad is not blown up to fill the picture.
    pen_width : float, optional
        Thickness of the drawn line in pixels of the picture.

    Returns
    -------
    numpy.ndarray
        The digit picture: ``float32``, ``(28, 28)``, in ``[0, 1]``, ink = 1.

    Raises
    ------
    StrokesError
        If the strokes are not lists of finite points.
    NothingDrawnError
        If there is no point in them.
    ValueError
        If the pen is not thinner than the box of 20 pixels that it draws in.

    Examples
    --------
    >>> seven = [[(60, 50), (200, 50), (110, 240)]]
    >>> picture = picture_from_strokes(seven, size=(280, 280))
    >>> picture.shape, float(picture.max())
    ((28, 28), 1.0)
    """
    return centred(digit_from_strokes(strokes, size=size, pen_width=pen_width))


def digit_from_strokes(
    strokes: AnyStrokes, *, size: Size | None = None, pen_width: float = PEN_WIDTH
) -> Ink:
    """Draw pen strokes, scaled so that the longer side is 20 pixels; not yet centred.

    Parameters
    ----------
    strokes, size, pen_width
        As for `picture_from_strokes`, which raises the same errors.

    Returns
    -------
    numpy.ndarray
        The tight box of the digit: at most ``(20, 20)``, values in ``[0, 1]``, ink = 1.

    Examples
    --------
    >>> digit_from_strokes([[(60, 50), (200, 50), (110, 240)]]).shape
    (20, 16)
    """
    if not 0 < pen_width < BOX_SIZE:
        raise ValueError(f"The pen's width is between 0 and {BOX_SIZE} pixels, not {pen_width}.")
    paths = checked_strokes(strokes)
    points = np.concatenate(paths)
    corner = points.min(axis=0)
    extent = (points.max(axis=0) - corner).max()
    smallest = _SHORTEST_SIDE * min(size) if size is not None else 0.0
    # The pen has a thickness of its own, so the path itself gets what is left of the box.
    scale = (BOX_SIZE - pen_width) / max(extent, smallest, float(np.finfo(np.float32).tiny))
    in_box = [_thinned((path - corner) * scale + pen_width / 2) for path in paths]
    return cut_out(_drawn(in_box, pen_width))


def checked_strokes(strokes: AnyStrokes) -> list[_Path]:
    """Check that these are strokes.

    Parameters
    ----------
    strokes : sequence of strokes
        As for `picture_from_strokes`.

    Returns
    -------
    list of numpy.ndarray
        ``float64``, ``(n, 2)``: each stroke that holds a point.

    Raises
    ------
    StrokesError
        If they are not lists of finite points.
    NothingDrawnError
        If there is no point in them.

    Examples
    --------
    >>> checked_strokes([[(60, 50), (200, 50)], []])
    [array([[ 60.,  50.],
           [200.,  50.]])]
    """
    try:
        strokes = list(strokes)
    except TypeError:
        raise StrokesError(f"Expected strokes, [[(x, y), …], …], got {strokes!r:.80}") from None
    paths = []
    for number, stroke in enumerate(strokes, start=1):
        try:
            points = stroke if hasattr(stroke, "__getitem__") else list(stroke)
            path = np.asarray(points).astype(np.float64, casting="same_kind")
        except (TypeError, ValueError, OverflowError):
            path = np.zeros(1)  # of no points
        if path.size == 0:
            continue
        if path.ndim != 2 or path.shape[1] != 2:
            raise StrokesError(
                f"Stroke {number} is not a list of points: expected [(x, y), …], got {stroke!r:.80}"
            )
        if not (np.abs(path) < _LARGEST_COORDINATE).all():
            raise StrokesError(f"Stroke {number} holds a point that is not a finite number.")
        paths.append(path)
    if not paths:
        raise NothingDrawnError("There is no stroke yet: draw a digit first.")
    return paths


def plain_strokes(strokes: AnyStrokes) -> Strokes:
    """Return strokes as plain lists of pairs of floats, without those that hold no point.

    Parameters
    ----------
    strokes : sequence of strokes
        As for `checked_strokes`, which raises the same errors.

    Returns
    -------
    list of lists of (float, float)
        The same strokes.

    Examples
    --------
    >>> plain_strokes([np.array([[1, 2], [3, 4]])])
    [[(1.0, 2.0), (3.0, 4.0)]]
    """
    return [[(x, y) for x, y in path.tolist()] for path in checked_strokes(strokes)]


def _thinned(path: _Path) -> _Path:
    """Leave out points that lie closer together than the picture can show."""
    travelled = np.cumsum(np.hypot(*np.diff(path, axis=0, prepend=path[:1]).T))
    kept = np.diff(travelled // _POINT_SPACING, prepend=-1) > 0
    kept[-1] = True
    return path[kept]


def _drawn(paths: list[_Path], pen_width: float) -> Ink:
    """Draw paths with a round pen on 20 x 20: a pixel's ink follows from its distance to them.

    A pixel whose centre is half a pixel inside the edge of the line is covered whole, one that is
    half a pixel outside not at all: for a line this is the area average to within a few percent.
    """
    starts = np.concatenate([path[:-1] if len(path) > 1 else path for path in paths])
    ends = np.concatenate([path[1:] if len(path) > 1 else path for path in paths])
    rows, columns = np.indices((BOX_SIZE, BOX_SIZE)).reshape(2, -1, 1) + np.float32(0.5)
    nearest = np.full((BOX_SIZE * BOX_SIZE, 1), np.inf, np.float32)
    for first in range(0, len(starts), _SEGMENTS_AT_ONCE):
        x, y = starts[first : first + _SEGMENTS_AT_ONCE].T.astype(np.float32)
        dx, dy = ends[first : first + _SEGMENTS_AT_ONCE].T.astype(np.float32) - (x, y)
        squared = np.maximum(dx * dx + dy * dy, np.finfo(np.float32).tiny)
        along = (((columns - x) * dx + (rows - y) * dy) / squared).clip(0, 1)
        distance = np.hypot(columns - x - along * dx, rows - y - along * dy)
        nearest = np.minimum(nearest, distance.min(axis=1, keepdims=True))
    return (pen_width / 2 + 0.5 - nearest).clip(0, 1).reshape(BOX_SIZE, BOX_SIZE)
