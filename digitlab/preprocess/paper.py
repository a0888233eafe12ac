"""How far an image strays from its paper, by several measures of what the paper is.

It imports OpenCV, the largest import of all, so nothing that the pad's strokes need imports it.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from PIL import Image

from digitlab.preprocess.geometry import edge_of
from digitlab.preprocess.pieces import square

LEAST_CONTRAST = 0.08
"""Of the range from black to white: what differs less is ink only where it holds together."""

FAINTEST = 0.003  # of the range from black to white: a little less than one step of 8 bits
CLEAN = 0.04  # of the contrast: fainter is paper, even on the cleanest image
_INK = 0.3  # of the contrast: more is no grain of the paper
NOISY = 0.42  # of the contrast: on the noisiest, ink is what is darker than this
_MARKED = 0.002  # of the image: more that is faint and far from ink is printed on the paper
FIT_SIDE = 48  # pixels: the paper's shading is smooth, so a small image shows all of it
_BROADEST = 1 / 6  # of the longer side: what is broader is paper, where it is measured locally
_SHEET = 1 / 8  # of the longer side: no line is so thick, but for a bold letter's
_SECOND = np.add.outer(range(3), range(3)) <= 2  # which products of 1, y, y² and 1, x, x²
_CONVEX = 0.95  # of the rectangle, or whatever a rubber band around it would hold: a sheet


def grey_image(image: Image.Image) -> np.ndarray:
    """One value a pixel: along the line in colour space from the paper to the ink."""
    if image.mode == "L":
        return np.asarray(image, np.float32) / 255
    rgb = image.convert("RGB")
    small = np.asarray(_small(rgb), np.float32)
    strays = (small - np.median(edge_of(small), axis=0)).reshape(-1, 3)
    _, _, axes = np.linalg.svd(strays.T @ strays)
    axis = axes[0] * (np.sign(axes[0].sum()) or 1)
    axis = axis / np.abs(axis).sum() / 255
    return cv2.transform(np.asarray(rgb, np.float32), axis[None].astype(np.float32))


def _small(image: Image.Image) -> Image.Image:
    return image.resize((FIT_SIDE, FIT_SIDE), Image.Resampling.BOX)


def differences(grey: np.ndarray) -> Iterator[np.ndarray]:
    """How far the image strays from its paper to the side of the ink, by several measures."""
    difference = grey - _paper(grey)
    # Ink is the side on which the image strays furthest from its paper.
    darker = -difference.min() > difference.max()
    if darker:
        difference = -difference
    relative = difference / max(float(difference.max()), FAINTEST)
    is_sheet = _is_sheet((relative > 0.5).astype(np.uint8))  # then, what is on it is the ink
    is_photo = is_noisy(relative) or has_marks(relative)
    if is_sheet and is_photo:
        yield _local(grey, not darker)
    yield difference
    if is_photo:
        yield _local(grey, darker)
    elif is_sheet:
        yield _local(grey, not darker)


def _is_sheet(dark: np.ndarray) -> bool:
    """Whether this is thicker than a pen's line, with the outline of a sheet, not of a letter."""
    thickest = square(round(_SHEET * max(dark.shape)))
    if min(dark.shape) < FIT_SIDE or not cv2.erode(dark, thickest, borderValue=0).any():
        return False
    outlines, _ = cv2.findContours(dark, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    largest = max(outlines, key=cv2.contourArea)
    return cv2.contourArea(largest) > _CONVEX * cv2.contourArea(cv2.convexHull(largest))


def _local(grey: np.ndarray, darker: bool) -> np.ndarray:
    """How far the image strays from the paper around each pixel, whatever the light there is."""
    side = max(3, round(_BROADEST * max(grey.shape))) | 1
    how = cv2.MORPH_CLOSE if darker else cv2.MORPH_OPEN
    # In whole numbers, six times as fast.
    paper = cv2.morphologyEx(np.rint(grey * 255).astype(np.uint8), how, square(side))
    difference = (np.float32(paper) / 255 - grey) * (1 if darker else -1)
    # Of grain it took the brightest everywhere.
    return difference - np.median(difference)


def is_noisy(difference: np.ndarray) -> bool:
    """Whether `noise_of` is more than on a clean image: a question that is answered faster."""
    deviation = np.abs(difference)
    paper = deviation < _INK
    return bool(np.count_nonzero(paper & (deviation > CLEAN / 2)) > 0.1 * np.count_nonzero(paper))


def noise_of(difference: np.ndarray) -> float:
    """How far paper strays from itself: nine tenths of its pixels differ by less than this."""
    deviation = np.abs(difference)
    paper = deviation[deviation < _INK]
    # A screened image may have no grey at all where its paper is.
    return float(np.quantile(paper, 0.9)) if len(paper) else _INK


def has_marks(difference: np.ndarray, noise: float = 0) -> bool:
    """Whether the paper is ruled, squared or stained: faint, and far from any ink.

    The edges of ink are faint too, but ink is next to them.
    """
    height, width = difference.shape
    if min(height, width) < FIT_SIDE:
        return False  # so small that ink may be faint itself: MNIST's own pictures are such
    ink = difference > NOISY
    faint = (difference > max(2 * CLEAN, noise)) & ~ink
    least = _MARKED * faint.size
    if np.count_nonzero(faint) <= least:
        return False
    beside_ink = cv2.dilate(ink.astype(np.uint8), square(3 + max(height, width) // 20 * 2))
    return bool(np.count_nonzero(faint & (beside_ink == 0)) > least)


def _paper(grey: np.ndarray) -> np.ndarray | np.float32:
    """Estimate the brightness of the paper everywhere, as a surface of the second degree.

    Ink is left out by fitting again and again to what lies near the surface found before.
    """
    edge = edge_of(grey)
    level = np.median(edge)
    if min(grey.shape) < FIT_SIDE or np.abs(edge - level).max() < CLEAN * LEAST_CONTRAST:
        return level  # a drawing on even ground: nothing to estimate
    powers, values = _powers(FIT_SIDE), np.asarray(_small(Image.fromarray(grey))).ravel()
    terms = np.einsum("yi,xj->yxij", powers, powers)[..., _SECOND].reshape(len(values), -1)
    near = np.abs(values - level) < max(0.15, 2 * float(np.abs(edge - level).mean()))
    surface = np.zeros(_SECOND.shape)
    for _ in range(6):
        if near.sum() < terms.shape[1] * 4:
            return level
        surface[_SECOND], *_ = np.linalg.lstsq(terms[near], values[near], rcond=None)
        deviation = np.abs(values - terms @ surface[_SECOND])
        near = deviation < max(3 * float(np.median(deviation[near])), 0.01)
    down, across = map(_powers, grey.shape)
    return down @ surface.astype(np.float32) @ across.T


def _powers(n: int) -> np.ndarray:
    """Return 1, t and t² for n values of t from -1 to 1, ``(n, 3)``."""
    return np.vander(np.linspace(-1, 1, n, dtype=np.float32), 3, increasing=True)
