"""How thick the pen was, and the digit drawn anew where no pen in MNIST is like it."""

import numpy as np

from digitlab.preprocess.geometry import BOX_SIZE, cut_out
from digitlab.preprocess.strokes import PEN_WIDTH

THINNEST, THICKEST = 1.4, 4.6
"""99 of 100 MNIST digits are written thicker and thinner than this, in pixels of the picture."""


_BLUR = 0.35  # pixels of the picture: what is finer is grain
_FAINT = 0.1  # of the darkest: the soft edge of a blurred line
_DETAIL = 8  # fine pixels a pixel of the picture, for measuring how thick a line is


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
    unit = detail / BOX_SIZE  # fine pixels a pixel of the picture
    # As `scaled` does it, in a third of the time; it only says on which side of an edge one is.
    height, width = (max(1, round(length * detail / side)) for length in box.shape)
    fine = cv2.resize(box, (width, height), interpolation=cv2.INTER_AREA)
    fine = cv2.copyMakeBorder(fine, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    # What the picture could not show, as the grain of a pencil, makes no edges; and of a line that
    # is finer than that, the middle is.
    fine = cv2.GaussianBlur(fine, (0, 0), _BLUR * unit)
    line = (fine > 0.5 * float(np.quantile(fine[fine > _FAINT * fine.max()], 0.9))).astype(np.uint8)
    inside = _distance(line)
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
