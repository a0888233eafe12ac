"""What a visitor hands in instead of drawing: an image file."""

from dataclasses import dataclass

from PIL import Image

from digitlab.classifier import BaseClassifier, Reading
from digitlab.errors import ImageError
from digitlab.look import MAX_BYTES
from digitlab.preprocess import ImageSource, Ink, read_image
from digitlab.preprocess.ink import reduced


@dataclass(frozen=True, eq=False)
class Scan:
    """An image on the pad, and what was read on it.

    Attributes
    ----------
    image : PIL.Image.Image
        As it came, reduced to at most 1024 pixels a side.
    reading : Reading
        What the classifier found on it.
    """

    image: Image.Image
    reading: Reading

    @property
    def ink(self) -> Ink:
        """The ink that was read: ``(height, width)``, in ``[0, 1]``, ink = 1."""
        return self.reading.ink


def scan(image: ImageSource, classifier: BaseClassifier) -> Scan:
    """Let a classifier read an image.

    Parameters
    ----------
    image : path, PIL image, array, bytes or str
        See `digitlab.preprocess.read_image`.
    classifier : Classifier
        Who reads; its `read` is asked.

    Returns
    -------
    Scan
        The image, and what was read on it.

    Raises
    ------
    ImageError
        If it is not an image that can be read.
    NothingDrawnError
        If there is nothing on it.
    """
    small = reduced(read_image(image))  # for a pad may keep many
    return Scan(small, classifier.read(small))


def check_size(content: bytes) -> None:
    """Refuse a file that is too large for the pad.

    Raises
    ------
    ImageError
        If it has more than 7 MB.
    """
    if len(content) > MAX_BYTES:
        raise ImageError(
            f"This file has {len(content) / 1e6:.1f} MB, and at most {MAX_BYTES / 1e6:.0f} MB are "
            "accepted: make it smaller, or cut the digits out of it."
        )
