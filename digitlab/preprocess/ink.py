"""Finding the ink on an image: a clean drawing, a scan, or a photograph of a sheet of paper.

MNIST's digits were black and white before they were made small. So the paper is measured first,
as a smooth surface that may be coloured, shaded or lit from one side; ink is what differs from
it; and the noisier the paper, the harder the line that is drawn between the two. On a clean image
next to nothing is lost: its greys stay within four hundredths of what they are.

No one way finds the ink on everything that people bring, so `inks_from_image` has several: ink
without ruled lines, where there are any, without frames, as it is; the same on paper that is
measured around each pixel; ink that does not touch the edge. Which of them is right, only who
reads the digits can tell: `digitlab.classifier` takes the first that it is sure of, unless another
shows more digits. `picture_from_image` takes the first there is.
"""

import itertools
from collections.abc import Iterator

import numpy as np
from PIL import Image

from digitlab.errors import NothingDrawnError
from digitlab.preprocess.geometry import Ink, Picture, edge_of, picture_from_ink
from digitlab.preprocess.images import ImageSource, plain, read_reduced
from digitlab.preprocess.thickness import with_usual_pen

__all__ = ["INK_SIDE", "ink_from_image", "inks_from_image", "picture_from_image"]

INK_SIDE = 1024
"""Larger images are reduced to this before the ink is looked for, in pixels."""

_ONE_COLOUR = "There is nothing on this image: it is of one colour."
_ONLY_PAPER = "There is nothing on this image but paper."


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
    >>> from PIL import ImageDraw
    >>> paper = Image.new("L", (200, 300), "white")
    >>> ImageDraw.Draw(paper).line([(50, 40), (90, 240)], fill="black", width=12)
    >>> picture = picture_from_image(paper)
    >>> picture.shape, picture.dtype
    ((28, 28), dtype('float32'))
    """
    return picture_from_ink(with_usual_pen(ink_from_image(read_reduced(image, side=INK_SIDE)[0])))


def ink_from_image(image: Image.Image) -> Ink:
    """Find the ink on an image, whichever of the two is dark: the ink or the paper.

    Parameters
    ----------
    image : PIL.Image.Image
        Any mode; with alpha, what is transparent counts as paper.

    Returns
    -------
    numpy.ndarray
        ``float32``, ``(height, width)``, in ``[0, 1]``, ink = 1, paper = 0, the longer side
        at most 1024 pixels: the first of `inks_from_image`.

    Raises
    ------
    NothingDrawnError
        If the image is of one colour, or shows paper only.

    Examples
    --------
    >>> paper = Image.new("L", (4, 4), "white")
    >>> paper.putpixel((1, 2), 0)
    >>> float(ink_from_image(paper).sum())
    1.0
    """
    return next(inks_from_image(image))


def inks_from_image(image: Image.Image) -> Iterator[np.ndarray]:
    """Find the ink on an image in several ways, the most usual first.

    Parameters
    ----------
    image : PIL.Image.Image
        See `ink_from_image`.

    Yields
    ------
    numpy.ndarray
        What `ink_from_image` returns, each time found in another way. The work for one is done
        when it is asked for.

    Raises
    ------
    NothingDrawnError
        If no way finds any ink.
    """
    # Here, not above: the pad's strokes never come this way, and OpenCV is the largest import.
    from digitlab.preprocess.paper import FAINTEST, differences, grey_image
    from digitlab.preprocess.ways import MOSTLY, edgeless, inks

    grey = grey_image(opaque := _opaque(image))
    if float(np.ptp(grey)) < FAINTEST:
        raise NothingDrawnError(_ONE_COLOUR if opaque.getcolors(maxcolors=1) else _ONLY_PAPER)
    some, again = itertools.tee(differences(grey))
    ways = itertools.chain(map(inks, some), map(edgeless, again))
    likely = (ink for way in ways for ink in way if ink.mean() < MOSTLY)
    if (first := next(likely, None)) is None:
        raise NothingDrawnError(_ONLY_PAPER)
    yield first
    yield from likely


def _opaque(image: Image.Image) -> Image.Image:
    """Put an image with transparent parts on paper that its ink can be seen on."""
    image = plain(image).reduce(-(-max(image.size) // INK_SIDE))
    if image.mode != "RGBA":
        return image
    least, most = image.getchannel("A").getextrema()
    if least == 255:
        return image
    if most == 0:
        raise NothingDrawnError("There is nothing on this image: it is fully transparent.")
    alpha = np.asarray(image.getchannel("A"), np.float32) / 255
    grey = np.asarray(image.convert("L"), np.float32) / 255
    edge_grey, edge_alpha = edge_of(grey), edge_of(alpha)
    if np.median(edge_alpha) == 1:
        # Paper all the same, with rounded corners, say: they are more of the same paper.
        paper_grey = round(float(np.median(edge_grey[edge_alpha == 1])) * 255)
    else:
        paper_grey = 255 if (grey * alpha).sum() / alpha.sum() < 0.5 else 0  # for dark ink, white
    paper = Image.new("RGBA", image.size, (paper_grey, paper_grey, paper_grey, 255))
    opaque = Image.alpha_composite(paper, image).convert("RGB")
    # Of one colour: then what was erased is the ink.
    return image.getchannel("A") if (np.ptp(np.asarray(opaque), axis=(0, 1)) <= 1).all() else opaque
