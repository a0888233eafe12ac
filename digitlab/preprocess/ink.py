"""Finding the ink on an image: a clean drawing, a scan, or a photograph of a sheet of paper.

MNIST's digits were black and white before they were made small. So the paper is measured first,
as a smooth surface that may be coloured, shaded or lit from one side; ink is what differs from
it; and the noisier the paper, the harder the line that is drawn between the two. On a clean image
next to nothing is lost: its greys stay within four hundredths of what they are.

No one way finds the ink on everything that people bring. `inks_from_image` goes on to others:
paper that is measured around each pixel, ink that does not touch the edge, ink without ruled
lines. Which of them is right, who reads the digits can tell: `digitlab.classifier` takes the
first that it is sure of.
"""

from collections.abc import Iterator

import numpy as np
from PIL import Image

from digitlab.errors import NothingDrawnError
from digitlab.preprocess.images import plain

MAX_SIDE = 1024
"""Larger images are reduced to this before the ink is looked for, in pixels."""

LEAST_CONTRAST = 0.08
"""Of the range from black to white: what differs less is ink only where it holds together."""

_FAINTEST = 0.003  # of the range from black to white: a little less than one step of 8 bits
_CLEAN = 0.04  # of the contrast: fainter is paper, even on the cleanest image
_INK = 0.3  # of the contrast: more is no grain of the paper
_NOISY = 0.42  # of the contrast: on the noisiest, ink is what is darker than this
_MARKED = 0.002  # of the image: more that is faint and far from ink is printed on the paper
_SPECK = 0.03  # of the largest piece of ink: smaller pieces are dirt
_FIT_SIDE = 48  # pixels: the paper's shading is smooth, so a small image shows all of it
_BROADEST = 1 / 10  # of the longer side: what is broader is paper, where it is measured locally
_LONG = 1 / 4  # of the longer side: a level or upright line of this length may be ruled
_INNER = 1 / 6  # of the longer side: ink this tall away from the edge may be the digit


def ink_from_image(image: Image.Image) -> np.ndarray:
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
    grey = _grey(_opaque(image))
    refusal = None
    found = False
    for difference in _differences(grey):
        try:
            ink = _ink(difference)
        except NothingDrawnError as error:
            refusal = refusal or error
            continue
        found = True
        yield from _with_and_without(ink, difference)
    if not found:
        raise refusal or NothingDrawnError("There is nothing on this image: it is of one colour.")


def _differences(grey: np.ndarray) -> Iterator[np.ndarray]:
    """How far the image strays from its paper to the side of the ink, by several measures."""
    difference = grey - _paper(grey)
    # Ink is the side on which the image strays furthest from its paper.
    darker = -difference.min() > difference.max()
    yield -difference if darker else difference
    import cv2

    side = max(3, round(_BROADEST * max(grey.shape))) | 1
    kernel = np.ones((side, side), np.uint8)
    above = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, kernel) - grey
    below = grey - cv2.morphologyEx(grey, cv2.MORPH_OPEN, kernel)
    yield from (above, below) if darker else (below, above)


def _with_and_without(ink: np.ndarray, difference: np.ndarray) -> Iterator[np.ndarray]:
    """The ink as it was found, without what touches the edge, and without ruled lines."""
    import cv2

    line = (ink > 0.5).astype(np.uint8)
    n, pieces, found, _ = cv2.connectedComponentsWithStats(line)
    at_edge = np.zeros(n, bool)
    at_edge[_edge(pieces)] = True
    at_edge[0] = False
    inner = ~at_edge
    inner[0] = False
    heights = found[:, cv2.CC_STAT_HEIGHT]
    has_inner = inner.any() and heights[inner].max() >= _INNER * max(ink.shape)
    without_edge = _without(difference, at_edge[pieces]) if at_edge.any() and inner.any() else None
    if without_edge is not None and has_inner:
        yield without_edge
        yield ink
    else:
        yield ink
        if without_edge is not None:
            yield without_edge
    length = max(5, round(_LONG * max(ink.shape)))
    ruled = np.zeros_like(line)
    for shape in ((1, length), (length, 1)):
        ruled |= cv2.morphologyEx(line, cv2.MORPH_OPEN, np.ones(shape, np.uint8))
    if ruled.any():
        without = _without(difference, ruled > 0)
        if without is not None:
            yield without


def _without(difference: np.ndarray, unwanted: np.ndarray) -> np.ndarray | None:
    """The ink once some of it counts as paper; None where there is no more."""
    import cv2

    around = cv2.dilate(unwanted.astype(np.uint8), np.ones((5, 5), np.uint8))
    try:
        return _ink(np.where(around, np.float32(0), difference))
    except NothingDrawnError:
        return None


def _ink(difference: np.ndarray) -> np.ndarray:
    contrast = float(difference.max())
    if contrast < _FAINTEST:
        raise NothingDrawnError("There is nothing on this image: it is of one colour.")
    difference = difference / contrast
    if _is_noisy(difference) or _has_marks(difference):
        difference *= contrast
        return _ink_on_noisy_paper(difference)
    return _without_specks(_between(difference, _CLEAN), contrast)


def _without_specks(ink: np.ndarray, contrast: float) -> np.ndarray:
    """Leave out pieces that are far smaller than the largest."""
    import cv2

    n, pieces, found, _ = cv2.connectedComponentsWithStats((ink > 0.5).astype(np.uint8))
    if n == 1:  # the paper itself is piece 0
        raise NothingDrawnError("There is nothing on this image but paper.")
    sizes = found[:, cv2.CC_STAT_AREA]
    if contrast < LEAST_CONTRAST and sizes[1:].max() < sizes[1:].sum() / 2:
        raise NothingDrawnError("There is nothing on this image but paper.")
    large = sizes > _SPECK * sizes[1:].max()
    if large[1:].all():
        return ink
    small = ~large
    # A pixel around, for the soft edge of what is left out.
    return np.where(cv2.dilate(small[pieces].astype(np.uint8), np.ones((3, 3), np.uint8)), 0, ink)


def _ink_on_noisy_paper(difference: np.ndarray) -> np.ndarray:
    """Find ink among grain and dirt: smooth the image, draw a hard line, leave out specks."""
    import cv2

    # The darkest pixel may be a grain.
    darkest = float(np.quantile(difference, 0.9995))
    inside = cv2.distanceTransform((difference > darkest / 2).astype(np.uint8), cv2.DIST_L2, 5)
    pen = 4 * float(np.median(inside[inside > 0])) - 1
    smooth = cv2.GaussianBlur(difference, (0, 0), max(pen / 6, 0.1))
    grain = 1.5 * float(np.median(np.abs(smooth)))
    visible = smooth[smooth > max(4 * grain, darkest / 4)]
    if not len(visible):
        raise NothingDrawnError("There is nothing on this image but paper.")
    contrast = float(np.quantile(visible, 0.75))
    smooth /= contrast
    marked = _has_marks(smooth)
    floor = _NOISY if marked else float(np.clip(3 * _noise(smooth), _CLEAN, _NOISY))
    ink = _between(smooth, floor)
    n, pieces, found, _ = cv2.connectedComponentsWithStats((smooth > 0.5).astype(np.uint8))
    if n == 1:  # the paper itself is piece 0
        raise NothingDrawnError("There is nothing on this image but paper.")
    sizes = found[:, cv2.CC_STAT_AREA]
    if contrast < LEAST_CONTRAST and sizes[1:].max() < sizes[1:].sum() / 2:
        raise NothingDrawnError("There is nothing on this image but paper.")
    large = sizes > _SPECK * sizes[1:].max()
    large[0] = False
    # A pixel around, for the soft edge of what is kept.
    kept = cv2.dilate(large[pieces].astype(np.uint8), np.ones((3, 3), np.uint8))
    return ink * kept


def _grey(image: Image.Image) -> np.ndarray:
    """One value a pixel: along the line in colour space from the paper to the ink."""
    if image.mode == "L":
        return np.asarray(image, np.float32) / 255
    import cv2

    rgb = np.asarray(image.convert("RGB"))
    small = np.asarray(
        image.convert("RGB").resize((_FIT_SIDE, _FIT_SIDE), Image.Resampling.BOX), np.float32
    )
    strays = (small - np.median(_edge(small), axis=0)).reshape(-1, 3)
    _, _, axes = np.linalg.svd(strays.T @ strays)
    axis = axes[0] * (np.sign(axes[0].sum()) or 1)
    axis = axis / np.abs(axis).sum() / 255
    return cv2.transform(rgb.astype(np.float32), axis[None].astype(np.float32))


def _between(difference: np.ndarray, floor: float) -> np.ndarray:
    """Map ``[floor, 1 - floor]`` to ``[0, 1]``: what is fainter is paper, what is darker ink."""
    ink = difference - floor
    ink /= 1 - 2 * floor
    return ink.clip(0, 1, out=ink)


def _is_noisy(difference: np.ndarray) -> bool:
    """Whether `_noise` is more than on a clean image: a question that is answered faster."""
    deviation = np.abs(difference)
    paper = deviation < _INK
    strays = paper & (deviation > _CLEAN / 2)
    return np.count_nonzero(strays) > 0.1 * np.count_nonzero(paper)


def _noise(difference: np.ndarray) -> float:
    """How far paper strays from itself: nine tenths of its pixels differ by less than this."""
    deviation = np.abs(difference)
    paper = deviation[deviation < _INK]
    # A screened image may have no grey at all where its paper is.
    return float(np.quantile(paper, 0.9)) if len(paper) else _INK


def _has_marks(difference: np.ndarray) -> bool:
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
    return np.count_nonzero(faint & (beside_ink == 0)) > least


def _paper(grey: np.ndarray) -> np.ndarray | np.float32:
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


def _edge(values: np.ndarray) -> np.ndarray:
    """The outermost pixels, all round."""
    return np.concatenate([values[0], values[-1], values[:, 0], values[:, -1]])


def _terms(height: int, width: int) -> np.ndarray:
    """1, x, y, x², xy, y² at each pixel, ``(height * width, 6)``, x and y from -1 to 1."""
    y, x = np.meshgrid(
        np.linspace(-1, 1, height, dtype=np.float32),
        np.linspace(-1, 1, width, dtype=np.float32),
        indexing="ij",
    )
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1).reshape(-1, 6)


def _opaque(image: Image.Image) -> Image.Image:
    """Put an image with transparent parts on paper that its ink can be seen on."""
    image = plain(image)
    if max(image.size) > MAX_SIDE:
        image = image.reduce(-(-max(image.size) // MAX_SIDE))
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
    opaque = Image.alpha_composite(paper, image).convert("RGB")
    is_even = all(most - least <= 1 for least, most in opaque.getextrema())
    return image.getchannel("A") if is_even else opaque  # what was erased is ink too
