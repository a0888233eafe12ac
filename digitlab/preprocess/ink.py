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

import cv2
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
_PALE = 0.15  # of full ink: what is fainter, on noisy paper, is ink only beside darker ink
_FIT_SIDE = 48  # pixels: the paper's shading is smooth, so a small image shows all of it
_BROADEST = 1 / 6  # of the longer side: what is broader is paper, where it is measured locally
_LONG = 0.5  # of the image: a level or upright line of this length may be ruled
_SPANS = 0.9  # of the image: ink of this length is a frame or a line, where there is other ink
_ALONG = 0.25  # of a side of the image: what lies along so much of it is the edge of the sheet
_USUAL = 0.5  # of the visible ink is fainter than what counts as full ink
_INNER = 1 / 40  # of the longer side: ink this tall away from the edge may be a digit
_READABLE = 10  # pixels: nothing less tall can be read
_SOLID = 1 / 25  # of the longer side: no ruled line is so thick
_SHEET = 1 / 8  # of the longer side: no line is so thick
_MOSTLY = 0.8  # of the image: where so much is ink, it is paper


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
    if float(np.ptp(grey)) < _FAINTEST:
        raise NothingDrawnError("There is nothing on this image: it is of one colour.")
    found = False
    differences = []
    for difference in _differences(grey):
        differences.append(difference)
        for ink in _inks(difference):
            if ink.mean() < _MOSTLY:
                found = True
                yield ink
    for difference in differences:
        yield from _unruled(difference)
    if not found:
        raise NothingDrawnError("There is nothing on this image but paper.")


def _differences(grey: np.ndarray) -> Iterator[np.ndarray]:
    """How far the image strays from its paper to the side of the ink, by several measures."""
    difference = grey - _paper(grey)
    # Ink is the side on which the image strays furthest from its paper.
    darker = -difference.min() > difference.max()
    if darker:
        difference = -difference
    relative = difference / max(float(difference.max()), _FAINTEST)
    side = round(_SHEET * max(grey.shape))
    solid = cv2.erode(np.uint8(relative > 0.5), np.ones((side, side), np.uint8), borderValue=0)
    # No pen is so thick: it is a sheet, and what is on it is the ink.
    is_sheet = solid.any() and min(grey.shape) >= _FIT_SIDE
    is_photo = _is_noisy(relative) or _has_marks(relative)
    if is_sheet and is_photo:
        yield _local(grey, not darker)
    yield difference
    if is_sheet and not is_photo:
        yield _local(grey, not darker)
    yield _local(grey, darker)


def _local(grey: np.ndarray, darker: bool) -> np.ndarray:
    """How far the image strays from the paper around each pixel, whatever the light there is."""
    side = max(3, round(_BROADEST * max(grey.shape))) | 1
    how = cv2.MORPH_CLOSE if darker else cv2.MORPH_OPEN
    # In whole numbers, six times as fast.
    paper = cv2.morphologyEx(np.uint8(np.rint(grey * 255)), how, np.ones((side, side), np.uint8))
    difference = np.float32(paper) / 255 - grey
    if not darker:
        np.negative(difference, out=difference)
    # Of grain it took the brightest everywhere.
    return difference - np.median(difference)


def _inks(difference: np.ndarray) -> Iterator[np.ndarray]:
    """The ink in a difference: without frames, as it is, drawn harder, without ruled lines."""
    try:
        ink = _ink(difference)
    except NothingDrawnError:
        return
    frames = _frames(ink)
    if min(ink.shape) < _FIT_SIDE:
        yield ink  # so small that it is one digit, and no frame
    if frames is not None:
        yield from _inks(_wiped(difference, frames, 5 + max(ink.shape) // 200 * 2))
    if min(ink.shape) >= _FIT_SIDE:
        yield ink
    try:
        hard = _ink_on_noisy_paper(difference)
        if not np.array_equal(hard, ink):
            yield hard
    except NothingDrawnError:
        return


def _unruled(difference: np.ndarray) -> Iterator[np.ndarray]:
    """The ink in a difference without ruled lines, where there are any."""
    try:
        ruled = _ruled(_ink(difference))
        if ruled is not None:
            ink = _ink(_wiped(difference, ruled))
            # What they crossed is torn now.
            bridged = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
            yield np.where(cv2.dilate(ruled, np.ones((5, 5), np.uint8)), bridged, ink)
    except NothingDrawnError:
        return


def _frames(ink: np.ndarray) -> np.ndarray | None:
    """What is a frame around other ink, or the edge of the sheet; None where nothing is."""
    pieces, found = _pieces(ink, 0.25)  # of what is drawn in a black frame with a pencil, too
    height, width = ink.shape
    edge = 1 + max(ink.shape) // 100
    frames = []
    for number, (left, top, wide, tall, _) in enumerate(found[1:].tolist(), start=1):
        own = pieces[top : top + tall, left : left + wide] == number
        # How much of each side of the image it lies along.
        along = max(
            np.count_nonzero(own[:edge].any(axis=0)) / width if top < edge else 0,
            np.count_nonzero(own[-edge:].any(axis=0)) / width if top + tall > height - edge else 0,
            np.count_nonzero(own[:, :edge].any(axis=1)) / height if left < edge else 0,
            np.count_nonzero(own[:, -edge:].any(axis=1)) / height
            if left + wide > width - edge
            else 0,
        )
        inside = _inside(found, left, top, wide, tall)
        spans = wide >= _SPANS * width or tall >= _SPANS * height
        if along > _ALONG or (inside.any() and _is_hollow(own)) or spans:
            frames.append(number)
    others = np.setdiff1d(np.arange(1, len(found)), frames)
    if not frames or not len(others):
        return None
    if found[others, cv2.CC_STAT_HEIGHT].max() < max(_INNER * max(ink.shape), _READABLE):
        return None
    return np.isin(pieces, frames).astype(np.uint8)


def _inside(found: np.ndarray, left: int, top: int, wide: int, tall: int) -> np.ndarray:
    """Which pieces lie inside a box and are of some size, compared with it."""
    x, y, w, h, _ = found[1:].T
    within = (x > left) & (y > top) & (x + w < left + wide) & (y + h < top + tall)
    return within & (h > 0.25 * tall)


def _is_hollow(piece: np.ndarray) -> bool:
    """Whether a piece of ink lies along all four sides of its box."""
    band = max(1, round(0.15 * min(piece.shape)))
    return all(
        side[:band].mean(axis=1).max() > 0.7 for side in (np.rot90(piece, turn) for turn in range(4))
    )


def _ruled(ink: np.ndarray) -> np.ndarray | None:
    """Level and upright lines that are longer than a digit would be; None where there are none."""
    line = (ink > 0.5).astype(np.uint8)
    ruled = np.zeros_like(line)
    for axis in (0, 1):
        length = max(5, round(_LONG * ink.shape[axis]))
        shape = (length, 1) if axis == 0 else (1, length)
        ruled |= cv2.morphologyEx(line, cv2.MORPH_OPEN, np.ones(shape, np.uint8))
    side = max(3, round(_SOLID * max(ink.shape)))
    ruled &= ~cv2.morphologyEx(line, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    return ruled if ruled.any() else None


def _wiped(difference: np.ndarray, unwanted: np.ndarray, reach: int = 5) -> np.ndarray:
    """The difference once what is unwanted counts as paper, a little around it too."""
    around = cv2.dilate(unwanted, np.ones((reach, reach), np.uint8))
    return np.where(around, np.float32(0), difference)


def _pieces(ink: np.ndarray, level: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Each pixel's piece of ink, 0 is paper; and the box and the area of each piece."""
    _, pieces, found, _ = cv2.connectedComponentsWithStats((ink > level).astype(np.uint8))
    return pieces, found


def _ink(difference: np.ndarray) -> np.ndarray:
    contrast = float(difference.max())
    if contrast < _FAINTEST:
        raise NothingDrawnError("There is nothing on this image: it is of one colour.")
    relative = difference / contrast
    if _is_noisy(relative) or _has_marks(relative):
        return _ink_on_noisy_paper(difference)
    return _without_specks(_between(relative, _CLEAN), contrast, 0)


def _ink_on_noisy_paper(difference: np.ndarray) -> np.ndarray:
    """Find ink among grain and dirt: smooth the image, draw a hard line, leave out specks."""
    # The darkest pixel may be a grain.
    darkest = float(np.quantile(difference, 0.9995))
    inside = cv2.distanceTransform((difference > darkest / 2).astype(np.uint8), cv2.DIST_L2, 5)
    pen = 4 * float(np.median(inside[inside > 0])) - 1
    smooth = cv2.GaussianBlur(difference, (0, 0), max(pen / 6, 0.1))
    grain = 1.5 * float(np.median(np.abs(smooth)))
    visible = smooth[smooth > max(4 * grain, darkest / 4)]
    if not len(visible):
        raise NothingDrawnError("There is nothing on this image but paper.")
    contrast = float(np.quantile(visible, _USUAL))
    smooth /= contrast
    noise = _noise(smooth)
    marked = _has_marks(smooth, 2 * noise)
    floor = _NOISY if marked else float(np.clip(3 * noise, _CLEAN, _NOISY))
    return _without_specks(_between(smooth, floor), contrast, _PALE)


def _without_specks(ink: np.ndarray, contrast: float, faintest: float) -> np.ndarray:
    """Leave out what is far smaller than the largest piece, and what is nowhere dark."""
    pieces, found = _pieces(ink)
    sizes = found[1:, cv2.CC_STAT_AREA]  # the paper itself is piece 0
    scattered = contrast < LEAST_CONTRAST and sizes.max(initial=0) < sizes.sum() / 2
    if scattered or not len(sizes):
        raise NothingDrawnError("There is nothing on this image but paper.")
    small = np.flatnonzero(sizes <= _SPECK * sizes.max()) + 1
    soft = (ink > faintest).astype(np.uint8)
    n, soft_pieces = cv2.connectedComponents(soft)
    kept = np.zeros(n, bool)
    kept[soft_pieces[np.isin(pieces, small, invert=True) & (pieces > 0)]] = True
    if kept[1:].all() and not faintest:
        return ink
    # A pixel around, for the soft edge of what is kept.
    around = cv2.dilate(kept[soft_pieces].astype(np.uint8), np.ones((3, 3), np.uint8))
    return ink * around


def _grey(image: Image.Image) -> np.ndarray:
    """One value a pixel: along the line in colour space from the paper to the ink."""
    if image.mode == "L":
        return np.asarray(image, np.float32) / 255
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


def _has_marks(difference: np.ndarray, noise: float = 0) -> bool:
    """Whether the paper is ruled, squared or stained: faint, and far from any ink.

    The edges of ink are faint too, but ink is next to them.
    """
    height, width = difference.shape
    if min(height, width) < _FIT_SIDE:
        return False  # so small that ink may be faint itself: MNIST's own pictures are such
    ink = difference > _NOISY
    faint = (difference > max(2 * _CLEAN, noise)) & ~ink
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
