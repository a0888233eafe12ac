"""Ways to find the ink in a difference from the paper: as it is, without frames, without lines.

It imports OpenCV, the largest import of all, so nothing that the pad's strokes need imports it.
"""

import contextlib
from collections.abc import Iterator

import cv2
import numpy as np

from digitlab.errors import NothingDrawnError
from digitlab.preprocess import paper

_SPECK = 0.03  # of the largest piece of ink: smaller pieces are dirt
_SLIVER = 200  # parts of the longer side: what is no broader, at the edge, comes from beyond it
_PALE = 0.15  # of full ink: what is fainter, on noisy paper, is ink only beside darker ink
_LONG = 0.5  # of the image: a level or upright line of this length may be ruled
_LONGER = 1.2  # of the shorter side: as long at least
_END = 9  # pixels: so near to what it ends at
_TILT = 0.06  # of its length: so much a line may rise
_SPANS = 0.9  # of the image: ink of this length is a frame or a line, where there is other ink
_ALONG = 0.25  # of a side of the image: what lies along so much of it is the edge of the sheet
_USUAL = 0.5  # of the visible ink is fainter than what counts as full ink
_INNER = 1 / 40  # of the longer side: ink this tall away from the edge may be a digit
_READABLE = 10  # pixels: nothing less tall can be read
_SOLID = 1 / 25  # of the longer side: no ruled line is so thick
MOSTLY = 0.8  # of the image: where so much is ink, it is paper


def inks(difference: np.ndarray) -> Iterator[np.ndarray]:
    """The ink in a difference: without frames, as it is, drawn harder, without ruled lines."""
    with contextlib.suppress(NothingDrawnError):
        ink = _ink(difference)
        is_small = min(ink.shape) < paper.FIT_SIDE  # so small that it is one digit, and no frame
        if is_small:
            yield ink
        frames, others = _frames(ink)
        if frames.any() and others:
            yield from inks(_without(difference, frames))
        if not is_small:
            yield ink
        hard = _ink_on_noisy_paper(difference)
        if not np.array_equal(hard, ink):
            yield hard


def edgeless(difference: np.ndarray) -> Iterator[np.ndarray]:
    """The ink in a difference where the edge of the sheet is so dark that it hides all else."""
    with contextlib.suppress(NothingDrawnError):
        frames, others = _frames(_ink(difference))
        if frames.any() and not others:
            for ink in inks(_without(difference, frames)):
                _, found = pieces_of(ink)
                if found[1:, cv2.CC_STAT_HEIGHT].max(initial=0) >= _least(ink):  # no speck of dirt
                    yield ink


def unruled(difference: np.ndarray) -> Iterator[np.ndarray]:
    """The ink in a difference without ruled lines, where there are any."""
    with contextlib.suppress(NothingDrawnError):
        ruled = _ruled(_ink(difference))
        if ruled.any():
            ink = _ink(_wiped(difference, ruled))
            # What they crossed is torn now.
            bridged = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, paper.square(9))
            yield np.where(cv2.dilate(ruled, paper.square(5)), bridged, ink)


def _frames(ink: np.ndarray) -> tuple[np.ndarray, bool]:
    """What is a frame around other ink, or the edge of the sheet; whether there is other ink."""
    pieces, found = pieces_of(ink, 0.25)  # of what is drawn in a black frame with a pencil, too
    height, width = ink.shape
    edge = 1 + max(ink.shape) // 100
    frames = []
    for number, (left, top, wide, tall, _) in enumerate(found[1:].tolist(), start=1):
        own = pieces[top : top + tall, left : left + wide] == number
        # How far it is from each side of the image, and how much of those nearby it lies along.
        gaps = top, width - left - wide, height - top - tall, left
        along = (
            np.count_nonzero(side[:edge].any(axis=0)) / length
            for side, gap, length in zip(_sides(own), gaps, (width, height) * 2, strict=True)
            if gap < edge
        )
        spans = wide >= _SPANS * width or tall >= _SPANS * height
        is_around = _inside(found, left, top, wide, tall).any() and _is_hollow(own)
        if spans or is_around or max(along, default=0) > _ALONG:
            frames.append(number)
    tallest = np.delete(found[:, cv2.CC_STAT_HEIGHT], [0, *frames]).max(initial=0)
    frame = np.isin(pieces, frames).astype(np.uint8)
    if frames and (ruled := _ruled(frame)).any() and _holds_digits(frame & (1 - ruled)):
        return ruled, True
    return frame, bool(tallest >= _least(ink))


def _least(ink: np.ndarray) -> float:
    """How tall ink away from the edge is, at least, that may be a digit."""
    return max(_INNER * max(ink.shape), _READABLE)


def _holds_digits(rest: np.ndarray) -> bool:
    """Whether what is left of a frame without its lines may be digits that touched them."""
    _, found = pieces_of(rest)
    x, y, w, h, _ = found[1:].T
    height, width = rest.shape
    inner = (x > 0) & (y > 0) & (x + w < width) & (y + h < height)
    return bool((inner & (np.minimum(w, h) >= _least(rest))).any())


def _inside(found: np.ndarray, left: int, top: int, wide: int, tall: int) -> np.ndarray:
    """Which pieces lie inside a box and are of some size, compared with it."""
    x, y, w, h, _ = found[1:].T
    within = (x > left) & (y > top) & (x + w < left + wide) & (y + h < top + tall)
    return within & (h > 0.25 * tall)


def _is_hollow(piece: np.ndarray) -> bool:
    """Whether a piece of ink lies along all four sides of its box."""
    band = max(1, round(0.15 * min(piece.shape)))
    return all(side[:band].mean(axis=1).max() > 0.7 for side in _sides(piece))


def _sides(piece: np.ndarray) -> list[np.ndarray]:
    """A piece, turned until its top, right, bottom and left side is on top."""
    return [np.rot90(piece, turn) for turn in range(4)]


def _ruled(ink: np.ndarray) -> np.ndarray:
    """Level and upright lines that are longer than a digit would be.

    They go from edge to edge, or from line to line: a digit's own strokes do not. Where a stroke
    crosses one, it stays whole.
    """
    line = (ink > 0.5).astype(np.uint8)
    side = max(3, round(_SOLID * max(ink.shape)))
    thin = line & (1 - _opened(line, (side, side)))
    upright, level = _long(line, thin), _long(line.T, thin.T).T
    return _held(line, upright, level) | _held(line.T, level.T, upright.T).T


def _long(line: np.ndarray, thin: np.ndarray) -> np.ndarray:
    """What is of long upright lines, even if they are tilted a little."""
    # No digit is much longer than the shorter side, however long the other.
    length = max(5, round(min(_LONG * line.shape[0], _LONGER * min(line.shape))))
    # Thicker, a tilted line holds a straight one.
    slope = 1 + 2 * min(3, max(1, round(_TILT * length / 2)))
    thick = cv2.dilate(line, np.ones((1, slope), np.uint8))
    return _opened(thick, (length, 1)) & thin


def _held(line: np.ndarray, upright: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Those upright lines that end, on top and below, at a level line or at the edge."""
    ends = level.copy()
    ends[0] = ends[-1] = 1
    ends = cv2.dilate(ends, paper.square(_END))
    pieces, found = pieces_of(upright)
    held = np.zeros(len(found), np.uint8)
    for number, (x, y, w, h, _) in enumerate(found[1:].tolist(), start=1):
        across = np.asarray(ends[y : y + h, x : x + w].any(axis=1))
        held[number] = across[:_END].any() and across[-_END:].any()
    ruled = held[pieces]
    if not ruled.any():
        return ruled
    thickness = 2 * np.median(cv2.distanceTransform(line, cv2.DIST_L2, 3)[ruled > 0])
    return ruled & (1 - _opened(line, (1, round(3 * thickness) + 1)))


def _opened(mask: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """What is left of a mask where a rectangle of this height and width fits into the image."""
    rectangle = np.ones([length | 1 for length in shape], np.uint8)  # with a middle
    around = cv2.BORDER_CONSTANT  # of 0: beyond the edge there is nothing
    return cv2.morphologyEx(mask, cv2.MORPH_OPEN, rectangle, borderType=around, borderValue=0)


def _without(difference: np.ndarray, frames: np.ndarray) -> np.ndarray:
    return _wiped(difference, frames, 5 + max(frames.shape) // 200 * 2)


def _wiped(difference: np.ndarray, unwanted: np.ndarray, reach: int = 5) -> np.ndarray:
    """The difference once what is unwanted counts as paper, a little around it too."""
    return np.where(cv2.dilate(unwanted, paper.square(reach)), np.float32(0), difference)


def pieces_of(ink: np.ndarray, level: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Each pixel's piece of ink, 0 is paper; and the box and the area of each piece."""
    mask = (ink > level).astype(np.uint8)
    # OpenCV's usual method finds the same, but in one thread it takes three times as long.
    method = 8, cv2.CV_32S, cv2.CCL_GRANA
    _, pieces, found, _ = cv2.connectedComponentsWithStatsWithAlgorithm(mask, *method)
    return pieces, found


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
    x, _, wide, _, sizes = found[1:].T  # the paper itself is piece 0
    largest = sizes.max(initial=0)
    scattered = contrast < paper.LEAST_CONTRAST and largest < sizes.sum() / 2
    if scattered or not len(sizes):
        raise NothingDrawnError("There is nothing on this image but paper.")
    is_sliver = ((x == 0) | (x + wide == ink.shape[1])) & (wide <= max(ink.shape) // _SLIVER)
    small = np.flatnonzero((sizes <= _SPECK * largest) | is_sliver & (sizes < largest)) + 1
    n, soft_pieces = cv2.connectedComponents((ink > faintest).astype(np.uint8))
    kept = np.zeros(n, bool)
    kept[soft_pieces[np.isin(pieces, small, invert=True) & (pieces > 0)]] = True
    if kept[1:].all() and not faintest:
        return ink
    # A pixel around, for the soft edge of what is kept.
    return ink * cv2.dilate(kept[soft_pieces].astype(np.uint8), paper.square(3))


def _between(difference: np.ndarray, floor: float) -> np.ndarray:
    """Map ``[floor, 1 - floor]`` to ``[0, 1]``: what is fainter is paper, what is darker ink."""
    return ((difference - floor) / (1 - 2 * floor)).clip(0, 1)
