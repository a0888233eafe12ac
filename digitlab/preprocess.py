"""From the pen to the network: strokes or an image to one digit picture.

A *digit picture* is ``float32``, shape ``(28, 28)``, values in ``[0, 1]``, ink = 1, paper = 0, in
the geometry of MNIST itself. That geometry is the whole secret of recognising what people draw:
the network has never seen a digit that was not

1. cut out along the tight box of all its ink,
2. scaled, keeping its aspect, so that its longer side is 20 pixels, each pixel the average of the
   area it covers,
3. placed in 28 x 28 by whole pixels so that its centre of mass falls on pixel index 14.

`picture_from_image` does just these steps (`cut_out`, `scaled`, `centred`); only where the pen was
much thinner or thicker than any in MNIST, it makes the ink as thick as MNIST's first.
`picture_from_strokes` knows the path of the pen, so it scales the path and then draws it as thick
as MNIST's own strokes are: the answer cannot depend on how thick the pen on the screen happens to
be. `digitlab.stages` shows all this step by step.

References
----------
.. [1] Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document
   recognition", Proceedings of the IEEE, 1998.
.. [2] C. Yadav, L. Bottou, "Cold case: the lost MNIST digits", NeurIPS 2019.
"""

import numpy as np

from digitlab.errors import NothingDrawnError, StrokesError
from digitlab.ink import ink_from_image
from digitlab.reading import ImageSource, read_image

PICTURE_SIZE = 28
"""Side of a digit picture, in pixels."""

BOX_SIZE = 20
"""The longer side of the digit inside its picture, in pixels."""

CENTRE = 14.0
"""The pixel index on which the centre of mass falls. Measured on MNIST: 14.0, not 13.5."""

PEN_WIDTH = 2.6
"""Thickness at which strokes are drawn, in pixels of the picture: the median of MNIST's own."""

THINNEST, THICKEST = 1.4, 4.6
"""99 of 100 MNIST digits are written thicker and thinner than this, in pixels of the picture."""

_SHORTEST_SIDE = 1 / 20  # of the pad: what is smaller is a dot, and is not blown up into a digit
_LARGEST_COORDINATE = 1e9  # also refuses NaN and infinity
_POINT_SPACING = 0.4  # pixels of the picture
_DETAIL = 8  # fine pixels a pixel of the picture, for measuring how thick a line is
_SEGMENTS_AT_ONCE = 512  # bounds the memory that a scribble of thousands of points can take


def picture_from_image(image: ImageSource) -> np.ndarray:
    """Turn an image of one digit into a digit picture.

    Parameters
    ----------
    image : path, PIL image, array, bytes or str
        Whatever `digitlab.reading.read_image` reads: dark on light or light on dark, with or
        without alpha, of any size up to 50 megapixels.

    Returns
    -------
    numpy.ndarray
        The digit picture: ``float32``, ``(28, 28)``, in ``[0, 1]``, ink = 1.

    Raises
    ------
    ImageError
        If it is not an image that can be read.
    NothingDrawnError
        If the image is of one colour.

    Examples
    --------
    >>> from PIL import Image, ImageDraw
    >>> paper = Image.new("L", (200, 300), "white")
    >>> ImageDraw.Draw(paper).line([(50, 40), (90, 240)], fill="black", width=12)
    >>> picture = picture_from_image(paper)
    >>> picture.shape, picture.dtype
    ((28, 28), dtype('float32'))
    """
    return picture_from_ink(with_usual_pen(ink_from_image(read_image(image))))


def picture_from_ink(ink: np.ndarray) -> np.ndarray:
    """Apply MNIST's three steps to an array of ink: cut out, scale to 20, centre its mass.

    Parameters
    ----------
    ink : numpy.ndarray
        Shape ``(height, width)``, values in ``[0, 1]``, ink = 1, paper = 0.

    Returns
    -------
    numpy.ndarray
        The digit picture: ``float32``, ``(28, 28)``, in ``[0, 1]``, ink = 1.

    Raises
    ------
    NothingDrawnError
        If there is no ink at all.

    Examples
    --------
    A picture that has MNIST's geometry already comes back as it is:

    >>> ink = np.zeros((28, 28), np.float32)
    >>> ink[4:24, 13:16] = 1
    >>> bool((picture_from_ink(ink) == ink).all())
    True
    """
    return centred(scaled(cut_out(ink), BOX_SIZE))


def picture_from_strokes(
    strokes, *, size: tuple[float, float] | None = None, pen_width: float = PEN_WIDTH
) -> np.ndarray:
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
    strokes, *, size: tuple[float, float] | None = None, pen_width: float = PEN_WIDTH
) -> np.ndarray:
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
    paths = _paths(strokes)
    points = np.concatenate(paths)
    corner = points.min(axis=0)
    extent = (points.max(axis=0) - corner).max()
    smallest = _SHORTEST_SIDE * min(size) if size is not None else 0.0
    # The pen has a thickness of its own, so the path itself gets what is left of the box.
    scale = (BOX_SIZE - pen_width) / max(extent, smallest, float(np.finfo(np.float32).tiny))
    in_box = [_thinned((path - corner) * scale + pen_width / 2) for path in paths]
    return cut_out(_drawn(in_box, pen_width))


def cut_out(ink: np.ndarray) -> np.ndarray:
    """Cut out the tight box of all ink: MNIST's first step.

    Parameters
    ----------
    ink : numpy.ndarray
        Shape ``(height, width)``, values in ``[0, 1]``, ink = 1, paper = 0.

    Returns
    -------
    numpy.ndarray
        The part of it that has ink in its outermost rows and columns.

    Raises
    ------
    NothingDrawnError
        If there is no ink at all.

    Examples
    --------
    >>> cut_out(np.array([[0, 0, 0], [0, 1, 0], [0, 0.5, 0]]))
    array([[1. ],
           [0.5]])
    """
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        raise NothingDrawnError("There is no ink on it: draw a digit first.")
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def scaled(box: np.ndarray, side: int) -> np.ndarray:
    """Scale a box, keeping its aspect, so that its longer side is ``side``: MNIST's second step.

    Parameters
    ----------
    box : numpy.ndarray
        ``float32``, ``(height, width)``, in ``[0, 1]``, ink = 1.
    side : int
        Length of the longer side afterwards, in pixels; MNIST's is 20.

    Returns
    -------
    numpy.ndarray
        ``float32``, each pixel the average of the area that it covers.

    Examples
    --------
    >>> scaled(np.float32([[1, 0], [0, 0]]), 1)
    array([[0.25]], dtype=float32)
    """
    scale = side / max(box.shape)
    height, width = (max(1, round(length * scale)) for length in box.shape)
    return _averaging(box.shape[0], height) @ box @ _averaging(box.shape[1], width).T


def with_usual_pen(ink: np.ndarray) -> np.ndarray:
    """Give ink that is thinner or thicker than any in MNIST the thickness usual there.

    Half of a line's pixels lie less than a quarter of its thickness from its edge, so the median
    distance from the edge tells how thick a line is, whatever its shape.

    Parameters
    ----------
    ink : numpy.ndarray
        ``float32``, ``(height, width)``, in ``[0, 1]``, ink = 1.

    Returns
    -------
    numpy.ndarray
        The very same array where its pen is a usual one; otherwise the digit, drawn anew.

    Raises
    ------
    NothingDrawnError
        If there is no ink at all.
    """
    # Here, not above: the pad's strokes never come this way, and it is the largest import.
    import cv2

    box = cut_out(ink)
    side = max(box.shape)
    if side < 2 * BOX_SIZE:
        return ink  # so small that its pen is what it is: MNIST's own pictures are such
    detail = min(side, _DETAIL * BOX_SIZE)
    # As `scaled` does it, in a third of the time; it only says on which side of an edge one is.
    height, width = (max(1, round(length * detail / side)) for length in box.shape)
    fine = cv2.resize(box, (width, height), interpolation=cv2.INTER_AREA)
    line = (fine > 0.5).astype(np.uint8)
    line = cv2.copyMakeBorder(line, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    if not line.any():
        return ink
    inside = _distance(line)
    unit = detail / BOX_SIZE  # fine pixels a pixel of the picture
    thickness = 4 * float(np.median(inside[inside > 0])) - 1
    if THINNEST * unit <= thickness <= THICKEST * unit:
        return ink
    # A thicker pen makes the digit larger, and is scaled down with it: allow for that.
    wanted = PEN_WIDTH * (detail - thickness) / (BOX_SIZE - PEN_WIDTH)
    line, inside = (np.pad(image, detail // 4 - 1) for image in (line, inside))
    outside = _distance(1 - line)
    from_edge = np.where(line, 0.5 - inside, outside - 0.5)  # negative inside
    changed = ((wanted - thickness) / 2 - from_edge + 0.5).clip(0, 1)
    return changed if changed.any() else ink


def _distance(inside: np.ndarray) -> np.ndarray:
    """How far each pixel that is 1 lies from the nearest that is 0, in pixels."""
    import cv2

    distance = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # OpenCV's roots differ in the last bit from call to call. What they are of is whole.
    return np.sqrt(np.rint(distance * distance))


def _averaging(source: int, target: int) -> np.ndarray:
    """The matrix ``(target, source)`` that averages ``source`` pixels over ``target`` areas."""
    edges = np.arange(target + 1) * (source / target)
    before = (edges[:, None] - np.arange(source)).clip(0, 1)  # so much of a pixel, of each edge
    return (np.diff(before, axis=0) * (target / source)).astype(np.float32)


def centred(digit: np.ndarray) -> np.ndarray:
    """Place a digit so that its centre of mass falls on pixel index 14: MNIST's third step.

    Parameters
    ----------
    digit : numpy.ndarray
        At most ``(28, 28)``, MNIST's are ``(20, 20)``; ink = 1, and there is some.

    Returns
    -------
    numpy.ndarray
        The digit picture: ``float32``, ``(28, 28)``, in ``[0, 1]``, ink = 1.

    Examples
    --------
    >>> np.argwhere(centred(np.ones((1, 1))))
    array([[14, 14]])
    """
    picture = np.zeros((PICTURE_SIZE, PICTURE_SIZE), np.float32)
    mass = digit.sum()
    (height, width) = digit.shape
    top, left = (
        int(np.clip(np.rint(CENTRE - centre), 0, PICTURE_SIZE - side))
        for centre, side in (
            (digit.sum(axis=1) @ np.arange(height) / mass, height),
            (digit.sum(axis=0) @ np.arange(width) / mass, width),
        )
    )
    picture[top : top + height, left : left + width] = digit.clip(0, 1)
    return picture


def _paths(strokes) -> list[np.ndarray]:
    """Check the strokes, and return those that hold points as arrays ``(n, 2)``."""
    try:
        strokes = list(strokes)
    except TypeError:
        raise StrokesError(
            f"These are not strokes: expected [[(x, y), …], …], got {strokes!r:.80}"
        ) from None
    paths = []
    for number, stroke in enumerate(strokes, start=1):
        try:
            path = np.asarray(stroke).astype(np.float64, casting="same_kind")
        except (TypeError, ValueError, OverflowError):
            path = None
        if path is not None and path.size == 0:
            continue
        if path is None or path.ndim != 2 or path.shape[1] != 2:
            raise StrokesError(
                f"Stroke {number} is not a list of points: expected [(x, y), …], got {stroke!r:.80}"
            )
        if not (np.abs(path) < _LARGEST_COORDINATE).all():
            raise StrokesError(f"Stroke {number} holds a point that is not a finite number.")
        paths.append(path)
    if not paths:
        raise NothingDrawnError("There is no stroke yet: draw a digit first.")
    return paths


def _thinned(path: np.ndarray) -> np.ndarray:
    """Leave out points that lie closer together than the picture can show."""
    steps = np.hypot(*np.diff(path, axis=0).T)
    travelled = np.concatenate([[0.0], np.cumsum(steps)])
    kept = np.diff(travelled // _POINT_SPACING, prepend=-1) > 0
    kept[-1] = True
    return path[kept]


def _drawn(paths: list[np.ndarray], pen_width: float) -> np.ndarray:
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
