"""How thick the pen was, and the digit drawn anew where no pen in MNIST is like it."""

import numpy as np
from numpy.typing import NDArray

from digitlab.preprocess.geometry import BOX_SIZE, Ink, cut_out
from digitlab.preprocess.plausible import euler_number
from digitlab.preprocess.strokes import PEN_WIDTH

__all__ = ["with_usual_pen"]

THINNEST, THICKEST = 1.4, 4.6
"""99 of 100 MNIST digits are written thicker and thinner than this, in pixels of the picture."""

_BLUR = 0.35  # pixels of the picture: what is finer is grain
_FAINT = 0.1  # of the darkest: the soft edge of a blurred line
_LOOPS = 2  # an 8 has no more: where a thicker pen would fill more, it is a table
_DETAIL = 8  # fine pixels a pixel of the picture, for measuring how thick a line is


def with_usual_pen(ink: Ink) -> Ink:
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
    box = cut_out(ink)
    side = min(max(box.shape), _DETAIL * BOX_SIZE)
    if side < 2 * BOX_SIZE:
        return ink  # so small that its pen is what it is: MNIST's own pictures are such
    line = _line(box, side)
    inside = distance_from_edge(line)
    thickness = 4 * float(np.median(inside[inside > 0])) - 1
    unit = side / BOX_SIZE  # fine pixels a pixel of the picture
    if THINNEST * unit <= thickness <= THICKEST * unit:
        return ink
    # A thicker pen makes the digit larger, and is scaled down with it: allow for that.
    wanted = PEN_WIDTH * (side - thickness) / (BOX_SIZE - PEN_WIDTH)
    room = side // 4 - 1
    line, inside = np.pad(line, room), np.pad(inside, room)
    from_edge = np.where(line, 0.5 - inside, distance_from_edge(1 - line) - 0.5)  # negative inside
    changed = ((wanted - thickness) / 2 - from_edge + 0.5).clip(0, 1)
    closed = euler_number(changed > 0.5) - euler_number(line)
    return changed if changed.any() and closed <= _LOOPS else ink


def _line(box: Ink, side: int) -> NDArray[np.uint8]:
    """Scale a box to this longer side, make it black and white, and leave paper all round."""
    # Here, not above: the pad's strokes never come this way, and it is the largest import.
    import cv2

    height, width = (max(1, round(length * side / max(box.shape))) for length in box.shape)
    # As `scaled` does it, in a third of the time; it only says on which side of an edge one is.
    fine = cv2.resize(box, (width, height), interpolation=cv2.INTER_AREA)
    blur = _BLUR * side / BOX_SIZE
    edge = 1 + round(3 * blur)  # so wide that no line reaches the border
    fine = cv2.copyMakeBorder(fine, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=0)
    # What the picture could not show, as the grain of a pencil, makes no edges; and of a line that
    # is finer than that, the middle is.
    fine = np.asarray(cv2.GaussianBlur(fine, (0, 0), blur))
    return (fine > 0.5 * np.quantile(fine[fine > _FAINT * fine.max()], 0.9)).astype(np.uint8)


def distance_from_edge(inside: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How far each pixel that is 1 lies from the nearest that is 0, in pixels."""
    import cv2

    distance = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # OpenCV's roots differ in the last bit from call to call. What they are of is whole.
    return np.sqrt(np.rint(distance * distance))
