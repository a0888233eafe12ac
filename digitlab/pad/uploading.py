"""What a visitor hands in instead of drawing: an image file, and whether it shows one digit."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from digitlab.classifier import BaseClassifier, Prediction
from digitlab.errors import ImageError
from digitlab.look import MAX_BYTES
from digitlab.preprocess import ImageSource, Ink, ink_from_image, read_image
from digitlab.preprocess.ink import reduced

_INK = 0.3  # where a soft edge ends, when pieces are told apart
_GAP = 0.1  # of the tallest piece: what is nearer belongs to the same digit
_TALL = 0.5  # of the tallest group: what is smaller is a dot, a dash or dirt

_Box = tuple[int, int, int, int]  # left, top, right, bottom


@dataclass(frozen=True, eq=False)
class Scan:
    """An image on the pad, and what was read on it.

    Attributes
    ----------
    image : PIL.Image.Image
        As it came, reduced to at most 1024 pixels a side.
    ink : numpy.ndarray
        What was found on it: ``(height, width)``, in ``[0, 1]``, ink = 1.
    prediction : Prediction
        What the classifier says to it.
    """

    image: Image.Image
    ink: Ink
    prediction: Prediction


def scan(image: ImageSource, classifier: BaseClassifier) -> Scan:
    """Find the ink on an image and let a classifier read it.

    Parameters
    ----------
    image : path, PIL image, array, bytes or str
        See `digitlab.preprocess.read_image`.
    classifier : Classifier
        Who reads; its `predict` is asked.

    Returns
    -------
    Scan
        The image, its ink and the prediction.

    Raises
    ------
    ImageError
        If it is not an image that can be read.
    NothingDrawnError
        If there is nothing on it.
    """
    small = reduced(read_image(image))  # for a pad may keep many
    return Scan(small, ink_from_image(small), classifier.predict(small))


def check_upload(content: bytes) -> Image.Image:
    """Refuse a file that a visitor cannot have meant; return the image otherwise.

    Parameters
    ----------
    content : bytes
        An image file.

    Returns
    -------
    PIL.Image.Image
        Mode ``"RGBA"``.

    Raises
    ------
    ImageError
        If it has more than 7 MB, is not an image, or shows several digits.
    NothingDrawnError
        If there is nothing on it.
    """
    if len(content) > MAX_BYTES:
        raise ImageError(
            f"This file has {len(content) / 1e6:.1f} MB, and at most {MAX_BYTES / 1e6:.0f} MB are "
            "accepted: make it smaller, or cut the digit out of it."
        )
    image = read_image(content)
    if (n := count_digits(ink_from_image(image))) > 1:
        raise ImageError(
            f"This image seems to show {n} digits, and the pad reads one at a time: "
            "cut one of them out."
        )
    return image


def count_digits(ink: Ink) -> int:
    """Count the digits that stand side by side, or one above the other.

    Pieces of ink belong together unless there is a clear gap between them, straight across the
    image; and a group counts if it is at least half as tall as the tallest. Of a broken 5 or 4
    the parts overlap, lie close, or one is small.

    Parameters
    ----------
    ink : numpy.ndarray
        Shape ``(height, width)``, values in ``[0, 1]``, ink = 1, paper = 0.

    Returns
    -------
    int
        How many there are in a row or in a column, whichever is more; 0 where there is no ink.

    Examples
    --------
    >>> ink = np.zeros((30, 60))
    >>> ink[5:25, 10:14] = ink[5:25, 40:44] = 1
    >>> count_digits(ink)
    2
    """
    # Here, not above: the pad's strokes never come this way, and it is the largest import.
    import cv2

    _, _, found, _ = cv2.connectedComponentsWithStats((ink > _INK).astype(np.uint8))
    pieces = found[1:].tolist()  # the paper itself is piece 0
    boxes = [(left, top, left + width, top + height) for left, top, width, height, _ in pieces]
    if not boxes:
        return 0
    gap = _GAP * max(map(_height, boxes))
    return max(_count_tall(_grouped(boxes, axis, gap)) for axis in (0, 1))


def _grouped(boxes: Iterable[_Box], axis: int, gap: float) -> list[_Box]:
    """Join the boxes between which there is no gap along x (axis 0) or y (axis 1)."""
    groups: list[_Box] = []
    for box in sorted(boxes, key=lambda box: box[axis]):
        if groups and box[axis] - groups[-1][axis + 2] < gap:
            left, top, right, bottom = groups.pop()
            box = min(left, box[0]), min(top, box[1]), max(right, box[2]), max(bottom, box[3])
        groups.append(box)
    return groups


def _count_tall(groups: list[_Box]) -> int:
    tallest = max(map(_height, groups))
    return sum(_height(group) >= _TALL * tallest for group in groups)


def _height(box: _Box) -> int:
    return box[3] - box[1]
