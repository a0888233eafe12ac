"""Finding the ink on an image: a clean drawing, a scan, or a photograph of a sheet of paper.

MNIST's digits were black and white before they were made small. So the paper is measured first,
as a smooth surface that may be coloured, shaded or lit from one side; ink is what differs from
it; and the noisier the paper, the harder the line that is drawn between the two. On a clean image
next to nothing is lost: its greys stay within four hundredths of what they are.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.errors import NothingDrawnError
from digitlab.preprocess.geometry import Ink
from digitlab.preprocess.images import plain

__all__ = ["ink_from_image"]

MAX_SIDE = 1024
"""Larger images are reduced to this before the ink is looked for, in pixels."""

LEAST_CONTRAST = 0.08
"""Of the range from black to white: what differs less is paper, dust and compression."""

_CLEAN = 0.04  # of the contrast: fainter is paper, even on the cleanest image
_INK = 0.3  # of the contrast: more is no grain of the paper
_NOISY = 0.42  # of the contrast: on the noisiest, ink is what is darker than this
_MARKED = 0.002  # of the image: more that is faint and far from ink is printed on the paper
_SPECK = 0.03  # of the largest piece of ink: smaller pieces on noisy paper are dirt
_FIT_SIDE = 48  # pixels: the paper's shading is smooth, so a small image shows all of it


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
        at most 1024 pixels.

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
    grey = np.asarray(_opaque(image).convert("L"), np.float32)
    grey /= 255  # in place, here and below: fresh memory costs more than the arithmetic
    difference = grey - _paper(grey)
    # Ink is the side on which the image strays furthest from its paper.
    if -difference.min() > difference.max():
        np.negative(difference, out=difference)
    contrast = float(difference.max())
    if contrast < LEAST_CONTRAST:
        raise NothingDrawnError("There is nothing on this image: it is of one colour.")
    difference /= contrast
    if _is_noisy(difference) or _has_marks(difference):
        difference *= contrast
        return _ink_on_noisy_paper(difference)
    return _between(difference, _CLEAN)


def _between(difference: Ink, floor: float) -> Ink:
    """Map ``[floor, 1 - floor]`` to ``[0, 1]``: what is fainter is paper, what is darker ink."""
    ink = difference - floor
    ink /= 1 - 2 * floor
    return ink.clip(0, 1, out=ink)


def _is_noisy(difference: Ink) -> bool:
    """Whether `_noise` is more than on a clean image: a question that is answered faster."""
    deviation = np.abs(difference)
    paper = deviation < _INK
    strays = paper & (deviation > _CLEAN / 2)
    return bool(np.count_nonzero(strays) > 0.1 * np.count_nonzero(paper))


def _noise(difference: Ink) -> float:
    """How far paper strays from itself: nine tenths of its pixels differ by less than this."""
    deviation = np.abs(difference)
    paper = deviation[deviation < _INK]
    # A screened image may have no grey at all where its paper is.
    return float(np.quantile(paper, 0.9)) if len(paper) else _INK


def _has_marks(difference: Ink) -> bool:
    """Whether the paper is ruled, squared or stained: faint, and far from any ink.

    The edges of ink are faint too, but ink is next to them.
    """
    height, width = difference.shape
    if min(height, width) < _FIT_SIDE:
        return False  # so small that ink may be faint itself: MNIST's own pictures are such
    import cv2

    ink = difference > _NOISY
    faint = (difference > 2 * _CLEAN) & ~ink
    least = _MARKED * faint.size
    if np.count_nonzero(faint) <= least:
        return False
    reach = 1 + max(height, width) // 20
    beside_ink = cv2.dilate(ink.astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    return bool(np.count_nonzero(faint & (beside_ink == 0)) > least)


def _ink_on_noisy_paper(difference: Ink) -> Ink:
    """Find ink among grain and dirt: smooth the image, draw a hard line, leave out specks."""
    # Here, not above: the pad's strokes never come this way, and it is the largest import.
    import cv2

    smooth = np.asarray(cv2.medianBlur(difference, 3), np.float32)
    # The darkest pixel may be a grain; the ink of a digit covers at least a two-hundredth.
    contrast = max(float(np.quantile(smooth, 0.995)), LEAST_CONTRAST)
    smooth /= contrast
    marked = _has_marks(smooth)
    floor = _NOISY if marked else float(np.clip(3 * _noise(smooth), _CLEAN, _NOISY))
    n, pieces, found, _ = cv2.connectedComponentsWithStats((smooth > 0.5).astype(np.uint8))
    if n == 1:  # the paper itself is piece 0
        raise NothingDrawnError("There is nothing on this image but paper.")
    sizes = found[:, cv2.CC_STAT_AREA]
    large = sizes > _SPECK * sizes[1:].max()
    large[0] = False
    # A pixel around, for the soft edge of what is kept.
    kept = cv2.dilate(large[pieces].astype(np.uint8), np.ones((3, 3), np.uint8))
    return _between(smooth, floor) * kept


def _paper(grey: Ink) -> Ink | np.float32:
    """Estimate the brightness of the paper everywhere, as a surface of the second degree.

    Ink is left out by fitting again and again to what lies near the surface found before.
    """
    edge = _edge(grey)
    level = np.median(edge)
    if min(grey.shape) < _FIT_SIDE or np.abs(edge - level).max() < _CLEAN * LEAST_CONTRAST:
        return level  # a drawing on even ground: nothing to estimate
    small = np.asarray(Image.fromarray(grey).resize((_FIT_SIDE, _FIT_SIDE), Image.Resampling.BOX))
    terms = _terms(_FIT_SIDE, _FIT_SIDE)
    values = small.ravel()
    near = np.abs(values - level) < max(0.15, 2 * float(np.abs(edge - level).mean()))
    for _ in range(6):
        if near.sum() < terms.shape[1] * 4:
            return level
        surface, *_ = np.linalg.lstsq(terms[near], values[near], rcond=None)
        deviation = np.abs(values - terms @ surface)
        near = deviation < max(3 * float(np.median(deviation[near])), 0.01)
    height, width = grey.shape
    return (_terms(height, width) @ surface.astype(np.float32)).reshape(height, width)


def _edge(values: Ink) -> Ink:
    """The outermost pixels, all round."""
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])


def _terms(height: int, width: int) -> NDArray[np.float32]:
    """1, x, y, x², xy, y² at each pixel, ``(height * width, 6)``, x and y from -1 to 1."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1).reshape(-1, 6)


def reduced(image: Image.Image) -> Image.Image:
    """Reduce an image to what the ink is looked for on: finding it again gives the same.

    Parameters
    ----------
    image : PIL.Image.Image
        Of a mode in which `digitlab.preprocess.read_image` returns it.

    Returns
    -------
    PIL.Image.Image
        At most 1024 pixels a side; the very same image where it is no larger.

    Examples
    --------
    >>> reduced(Image.new("L", (3000, 20))).size
    (1000, 7)
    """
    longer = max(image.size)
    return image.reduce(-(-longer // MAX_SIDE)) if longer > MAX_SIDE else image


def _opaque(image: Image.Image) -> Image.Image:
    """Put an image with transparent parts on paper that its ink can be seen on."""
    image = reduced(plain(image))
    if image.mode != "RGBA":
        return image
    least, most = image.getchannel("A").getextrema()
    if least == 255:
        return image
    if most == 0:
        raise NothingDrawnError("There is nothing on this image: it is fully transparent.")
    alpha = np.asarray(image.getchannel("A"), np.float32) / 255
    grey = np.asarray(image.convert("L"), np.float32) / 255
    edge_grey, edge_alpha = _edge(grey), _edge(alpha)
    if np.median(edge_alpha) == 1:
        # Paper all the same, with rounded corners, say: they are more of the same paper.
        paper_grey = round(float(np.median(edge_grey[edge_alpha == 1])) * 255)
    else:
        ink_is_dark = (grey * alpha).sum() / alpha.sum() < 0.5
        paper_grey = 255 if ink_is_dark else 0
    paper = Image.new("RGBA", image.size, (paper_grey, paper_grey, paper_grey, 255))
    return Image.alpha_composite(paper, image)
