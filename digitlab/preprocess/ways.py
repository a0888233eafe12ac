"""Ways to find the ink in a difference from the paper: as it is, without frames or ruled lines.

It imports OpenCV, the largest import of all, so nothing that the pad's strokes need imports it.
"""

import contextlib
from collections.abc import Iterator

import cv2
import numpy as np

from digitlab.errors import NothingDrawnError
from digitlab.preprocess import paper
from digitlab.preprocess.pieces import may_be_digits, pieces_of, square
from digitlab.preprocess.ruling import without_ruling
from digitlab.preprocess.segments import DOT, GAP

_SPECK = 0.03  # of the largest piece of ink: smaller pieces are dirt
_SLIVER = 200  # parts of the longer side: what is no broader, at the edge, comes from beyond it
_PALE = 0.15  # of full ink: what is fainter, on noisy paper, is ink only beside darker ink
_SPANS = 0.9  # of the image: ink of this length is a frame or a line, where there is other ink
_ALONG = 0.25  # of a side of the image: what lies along so much of it is the edge of the sheet
_ROUND = 0.8  # times as wide as tall: what is narrower is a 0, which may be slashed
_HOLE = 0.35  # of its box: so much, at least, is inside a ring
_USUAL = 0.5  # of the visible ink is fainter than what counts as full ink
MOSTLY = 0.8  # of the image: where so much is ink, it is paper


def inks(difference: np.ndarray, is_whole: bool = True) -> Iterator[np.ndarray]:
    """The ink in a difference: without ruled lines, without frames, as it is, drawn harder.

    In a difference that is not whole any more, ruled lines were looked for already.
    """
    with contextlib.suppress(NothingDrawnError):
        ink = _ink(difference)
        if min(ink.shape) >= paper.FIT_SIDE:  # or it is so small that it is one digit, and no frame
            if is_whole and (unruled := without_ruling(difference, ink)) is not None:
                yield from inks(unruled, is_whole=False)
            frames, others = _frames(ink)
            if frames.any() and others:
                yield from inks(_without(difference, frames), is_whole=False)
        yield ink
        hard = _ink_on_noisy_paper(difference)
        if not np.array_equal(hard, ink):
            yield hard


def edgeless(difference: np.ndarray) -> Iterator[np.ndarray]:
    """The ink in a difference where the edge of the sheet is so dark that it hides all else."""
    with contextlib.suppress(NothingDrawnError):
        frames, others = _frames(_ink(difference))
        if frames.any() and not others:
            found = inks(_without(difference, frames))
            # Specks of dirt are left out.
            yield from (ink for ink in found if may_be_digits(pieces_of(ink)[1], ink))


def _frames(ink: np.ndarray) -> tuple[np.ndarray, bool]:
    """What is a frame around other ink, or the edge of the sheet; whether there is other ink."""
    pieces, found = pieces_of(ink)
    frames = {
        number
        for rim in (side[: 2 + max(ink.shape) // 50] for side in _sides(pieces))
        for number in np.unique(rim[rim > 0]).tolist()
        if (rim == number).any(axis=0).mean() > _ALONG
    }
    for number, (left, top, wide, tall, _) in enumerate(found[1:].tolist(), start=1):
        own = pieces[top : top + tall, left : left + wide] == number
        spans = max(tall / ink.shape[0], wide / ink.shape[1]) >= _SPANS
        if spans or (_inside(found, left, top, wide, tall).any() and _is_hollow(own)):
            frames.add(number)
    frame = np.isin(pieces, [*frames]).astype(np.uint8)
    return frame, may_be_digits(np.delete(found, [*frames], axis=0), ink)


def _inside(found: np.ndarray, left: int, top: int, wide: int, tall: int) -> np.ndarray:
    """Which pieces lie inside a box and are of some size, compared with it."""
    x, y, w, h, _ = found[1:].T
    return (x > left) & (y > top) & (x + w < left + wide) & (y + h < top + tall) & (h > 0.25 * tall)


def _is_hollow(piece: np.ndarray) -> bool:
    """Whether a piece of ink lies along all four sides of its box, or is a ring."""
    band = max(1, round(0.15 * min(piece.shape)))
    if all(side[:band].mean(axis=1).max() > 0.7 for side in _sides(piece)):
        return True
    how = cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    [outline], _ = cv2.findContours(piece.astype(np.uint8), *how)
    hole = cv2.contourArea(outline) - np.count_nonzero(piece)
    return bool(piece.shape[1] > _ROUND * len(piece) and hole > _HOLE * piece.size)


def _sides(piece: np.ndarray) -> list[np.ndarray]:
    """A piece, turned until its top, right, bottom and left side is on top."""
    return [np.rot90(piece, turn) for turn in range(4)]


def _without(difference: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """The difference once frames count as paper, a little around them too."""
    return np.where(cv2.dilate(frames, square(5 + max(frames.shape) // 200 * 2)), 0.0, difference)


def _ink(difference: np.ndarray) -> np.ndarray:
    contrast = float(difference.max())
    if contrast < paper.FAINTEST:
        raise NothingDrawnError("There is nothing on this image but paper.")
    relative = difference / contrast
    if paper.is_noisy(relative) or paper.has_marks(relative):
        return _ink_on_noisy_paper(difference)
    return _without_specks(_between(relative, paper.CLEAN), contrast, 0)


def _ink_on_noisy_paper(difference: np.ndarray) -> np.ndarray:
    """Find ink among grain and dirt: smooth the image, draw a hard line, leave out specks."""
    # The darkest pixel may be a grain.
    darkest = float(np.quantile(difference, 0.9995))
    inside = cv2.distanceTransform((difference > darkest / 2).astype(np.uint8), cv2.DIST_L2, 5)
    pen = 4 * float(np.median(inside[inside > 0])) - 1
    smooth = np.asarray(cv2.GaussianBlur(difference, (0, 0), max(pen / 6, 0.1)), np.float32)
    grain = 1.5 * float(np.median(np.abs(smooth)))
    visible = smooth[smooth > max(4 * grain, darkest / 4)]
    if not len(visible):
        raise NothingDrawnError("There is nothing on this image but paper.")
    contrast = float(np.quantile(visible, _USUAL))
    smooth /= contrast
    noise = paper.noise_of(smooth)
    marked = paper.has_marks(smooth, 2 * noise)
    floor = paper.NOISY if marked else float(np.clip(3 * noise, paper.CLEAN, paper.NOISY))
    return _without_specks(_between(smooth, floor), contrast, _PALE)


def _without_specks(ink: np.ndarray, contrast: float, faintest: float) -> np.ndarray:
    """Leave out what is far smaller than the largest piece, or nowhere dark, or a sliver."""
    pieces, found = pieces_of(ink)
    x, y, wide, tall, sizes = found[1:].T  # the paper itself is piece 0
    largest = sizes.max(initial=0)
    scattered = contrast < paper.LEAST_CONTRAST and largest < sizes.sum() / 2
    if scattered or not len(sizes):
        raise NothingDrawnError("There is nothing on this image but paper.")
    left, top, across, down, _ = found[1 + sizes.argmax()]
    gaps, middles = np.maximum(top - y - tall, y - top - down), x + wide / 2
    is_near = (gaps > 0) & (gaps < GAP * down) & (left < middles) & (middles < left + across)
    is_dot = is_near & (np.minimum(wide, tall) > DOT * down)  # as below a question mark
    is_sliver = ((x == 0) | (x + wide == ink.shape[1])) & (wide <= max(ink.shape) // _SLIVER)
    is_small = (sizes <= _SPECK * largest) & ~is_dot | is_sliver & (sizes < largest)
    soft_pieces, soft_found = pieces_of(ink, faintest)
    kept = np.zeros(len(soft_found), np.uint8)
    # With `take`, which is twice as fast as an index.
    kept[soft_pieces[np.array([False, *~is_small]).take(pieces)]] = 1
    # A pixel around, for the soft edge of what is kept.
    return ink * cv2.dilate(kept.take(soft_pieces), square(3))


def _between(difference: np.ndarray, floor: float) -> np.ndarray:
    """Map ``[floor, 1 - floor]`` to ``[0, 1]``: what is fainter is paper, what is darker ink."""
    return ((difference - floor) / (1 - 2 * floor)).clip(0, 1)
