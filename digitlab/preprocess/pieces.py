"""Pieces of ink: what hangs together, and what fits into it.

It imports OpenCV, the largest import of all, so nothing that the pad's strokes need imports it.
"""

import cv2
import numpy as np

_INNER = 1 / 40  # of the longer side: ink this tall away from the edge may be a digit
_READABLE = 10  # pixels: nothing less tall can be read


def pieces_of(ink: np.ndarray, level: float = 0.25) -> tuple[np.ndarray, np.ndarray]:
    """Each pixel's piece of ink, 0 is paper; and the box and the area of each piece.

    What is fainter than the level is no ink by itself, only at the edge of some.
    """
    mask = (ink > level).astype(np.uint8)
    x, y, w, h = cv2.boundingRect(mask)  # around it, where there is nothing, it would take as long
    around = slice(y, y + max(h, 1)), slice(x, x + max(w, 1))
    pieces = np.zeros(mask.shape, np.int32)
    # OpenCV's usual method finds the same, but in one thread it takes three times as long.
    method = mask[around], 8, cv2.CV_32S, cv2.CCL_GRANA
    _, pieces[around], found, _ = cv2.connectedComponentsWithStatsWithAlgorithm(*method)
    return pieces, found + np.array([x, y, 0, 0, 0], np.int32)


def may_be_digits(found: np.ndarray, ink: np.ndarray) -> bool:
    """Whether one of the pieces that were found is tall enough for a digit on such an image."""
    least = max(_INNER * max(ink.shape), _READABLE)
    return bool(found[1:, cv2.CC_STAT_HEIGHT].max(initial=0) >= least)


def square(side: int) -> np.ndarray:
    """The square that grows or shrinks what is 1 in an image, for OpenCV."""
    return np.ones((side, side), np.uint8)


def opened(mask: np.ndarray, height: int, width: int) -> np.ndarray:
    """What is left of a mask where a rectangle of this height and width fits into the image."""
    rectangle = np.ones((height | 1, width | 1), np.uint8)  # with a middle
    around = cv2.BORDER_CONSTANT  # of 0: beyond the edge there is nothing
    return cv2.morphologyEx(mask, cv2.MORPH_OPEN, rectangle, borderType=around, borderValue=0)
