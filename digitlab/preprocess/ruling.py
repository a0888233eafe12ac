"""Ruled lines that digits were written on or across: of a form, a table or squared paper.

A digit has straight strokes, too. So a line counts as ruled only if it ends at other lines or at
the edge of the image, or is far longer than its piece of ink is tall; and of lines that end at
others, two have to cross two. Where a stroke touches a line, the line stays.

It imports OpenCV, the largest import of all, so nothing that the pad's strokes need imports it.
"""

import functools

import cv2
import numpy as np

from digitlab.preprocess.pieces import may_be_digits, opened, pieces_of, square

_LEAST = 12  # pixels: a smaller piece of ink has no lines in it
_WIDE = 2  # times as wide as tall: no digit is so wide, and no stroke so long
_LONG = 0.6  # of the shorter side of its piece: a line is as long, at least
_ALONG = 0.4  # of the side of its piece that it runs along: as long as this, with those in its line
_THIN = 7  # times as long as thick: and as thin as this
_TILT = 0.06  # of its length: so much a line may rise
_ALONE = 0.2  # of a line, at least, is as thin as it is where no stroke touches it
_BENT = 0.7  # of a pixel: how far half of its points may stray from a straight line
_END = 0.15  # of its length: so near its end is what it ends at

_Line = tuple[np.ndarray, int]
"""An upright line, or a level one of a transposed image: drawn as 1 on 0; and how thick it is."""


def without_ruling(difference: np.ndarray, ink: np.ndarray) -> np.ndarray | None:
    """Take ruled lines out of a difference from the paper, except where a stroke touches them.

    Parameters
    ----------
    difference, ink : numpy.ndarray
        ``float32``, ``(height, width)``: how far the image strays from its paper, and the ink that
        was found in that, in ``[0, 1]``, ink = 1.

    Returns
    -------
    numpy.ndarray or None
        The difference, 0 where the lines run alone; None if there are none, or without them there
        is nothing that may be a digit.
    """
    pieces, found = pieces_of(ink)
    rights, bottoms = (found[:, :2] + found[:, 2:4]).T
    edge, ruled = np.zeros((2, *ink.shape), bool)
    edge[[0, -1]] = edge[:, [0, -1]] = True
    for number, (x, y, w, h, _) in enumerate(found[1:].tolist(), start=1):
        around = slice(y, y + h), slice(x, x + w)
        spans = w == ink.shape[1] or h == ink.shape[0]  # as the lines of squared paper do
        lines = _ruling((pieces[around] == number).astype(np.uint8), edge[around] & spans)
        if lines is not None:
            left, boxes = pieces_of((pieces[around] > 0) & ~lines)
            boxes[np.unique(left[edge[around]])] = 0  # of the edge of the sheet
            # An underline has the digits above it, and touches no edge.
            over = (bottoms < y + h) & (found[:, 0] < x + w) & (rights > x) & ~edge[around].any()
            ruled[around] |= lines & may_be_digits(np.vstack([boxes, found[over]]), lines)
    return np.where(ruled, 0.0, difference) if ink[ruled].any() else None


def _ruling(piece: np.ndarray, edge: np.ndarray) -> np.ndarray | None:
    """Where, in a piece of ink, lines run alone: of boxes, squared paper, or below digits."""
    if max(piece.shape) < _LEAST:
        return None
    longest = _WIDE * len(piece)
    level = _lines(piece.T, edge.T)
    if len(level) < (1 if piece.shape[1] > longest else 2) and not edge.any():
        return None  # whatever lines are upright
    upright = _lines(piece, edge)
    across, along = _all_of(upright, piece) | edge, _all_of(level, piece.T) | edge.T
    upright = [line for line in upright if _is_held(line, along.T)]
    level = [line for line in level if _is_held(line, across.T) or line[0].any(1).sum() > longest]
    is_form = min(len(upright), len(level)) > 1 or (len(level) == 1 and piece.shape[1] > longest)
    if not (is_form or (edge.any() and upright + level)):
        return None
    # With their soft edges.
    across = cv2.dilate(_all_of(upright, piece), square(3))
    along = cv2.dilate(_all_of(level, piece.T), square(3)).T
    # Where a stroke touches a line, the ink is broader.
    broad = max(thickness for _, thickness in upright + level) + 2
    strokes = opened(piece * (along == 0), 1, broad), opened(piece * (across == 0), broad, 1)
    alone = [cv2.dilate(touching, square(3)) == 0 for touching in strokes]
    return (across > 0) & alone[0] | (along > 0) & alone[1]


def _all_of(lines: list[_Line], piece: np.ndarray) -> np.ndarray:
    """All lines of a piece in one drawing."""
    return functools.reduce(np.maximum, [drawn for drawn, _ in lines], np.zeros_like(piece))


def _lines(piece: np.ndarray, edge: np.ndarray) -> list[_Line]:
    """Find the long straight upright lines in a piece of ink, even if they are tilted a little.

    Where lines go from edge to edge of the image, only those: a 1 goes from line to line, too.
    """
    lines = []
    length = max(_LEAST // 2, round(_LONG * min(piece.shape)))
    # Thicker, a tilted line holds a straight one.
    reach = 1 + 2 * min(3, max(1, round(_TILT * length / 2)))
    straight = opened(cv2.dilate(piece, np.ones((1, reach), np.uint8)), length, 1)
    gap = np.ones((length | 1, 1), np.uint8)  # the tops of boxes side by side make one line
    runs, spans = pieces_of(cv2.morphologyEx(straight, cv2.MORPH_CLOSE, gap))
    straight, found = pieces_of(straight)
    for number, (left, top, w, h, _) in enumerate(found[1:].tolist(), start=1):
        around = slice(top, top + h), slice(left, left + w)
        y, x = np.nonzero((straight[around] == number) & (piece[around] > 0))
        in_row = np.bincount(y)
        if np.count_nonzero(in_row) < length:
            continue
        thickness = int(np.quantile(in_row[in_row > 0], _ALONE))
        run = spans[runs[top + y[0], left + x[0]]]
        if len(in_row) - y[0] <= _THIN * thickness or run[3] <= _ALONG * len(piece):
            continue
        rows = np.flatnonzero((in_row > 0) & (in_row <= thickness + 1))  # where no stroke touches
        middles = left + np.bincount(y, x)[rows] / in_row[rows]
        slope, start = np.polyfit(rows, middles, 1)
        bent = np.median(np.abs(middles - start - slope * rows))
        if bent <= _BENT:
            first, last = ((round(start + slope * end), int(top + end)) for end in (y[0], y[-1]))
            drawn = np.zeros(piece.shape, np.uint8)
            lines.append((cv2.line(drawn, first, last, 1, thickness), thickness))
    return [line for line in lines if not edge.any() or (line[0] & edge).any()]


def _is_held(line: _Line, across: np.ndarray) -> bool:
    """Whether the line ends, on top and below, at lines that cross it."""
    rows = np.flatnonzero(line[0].any(axis=1))
    crossed = (cv2.dilate(line[0], square(5)) & across).any(axis=1)[rows[0] : rows[-1] + 1]
    near = max(3, round(_END * len(rows)))
    return bool(crossed[:near].any() and crossed[-near:].any())
