"""From an image of one digit to its digit picture."""

from digitlab.preprocess.geometry import Picture, picture_from_ink
from digitlab.preprocess.images import ImageSource, read_image
from digitlab.preprocess.ink import ink_from_image
from digitlab.preprocess.thickness import with_usual_pen

__all__ = ["picture_from_image"]


def picture_from_image(image: ImageSource) -> Picture:
    """Turn an image of one digit into a digit picture.

    Parameters
    ----------
    image : path, PIL image, array, bytes or str
        Whatever `digitlab.preprocess.read_image` reads: dark on light or light on dark, with or
        without alpha, of any size up to 51 megapixels.

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
