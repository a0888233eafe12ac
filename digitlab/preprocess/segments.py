"""Where the digits are on an image: pieces of ink that belong together, line by line.

A *piece* is ink that hangs together. Small pieces are joined to what they lie beside, as the roof
of a 5; what is far smaller than the rest is dirt. Which neighbours are one digit all the same, and
which piece is two digits that touch, only who reads them can tell: see
`digitlab.classifier.paths`.
"""

import functools
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from digitlab.errors import NothingDrawnError
from digitlab.preprocess.geometry import Picture, box_of, picture_from_ink
from digitlab.preprocess.thickness import with_usual_pen

_INK = 0.3  # where a soft edge ends, when pieces are told apart
_BESIDE = 0.1  # of the taller piece: a small piece that is nearer belongs to it
_ROOF, DOT = (0.15, 0.45), 0.03  # of the taller piece: how long a roof is; how large a dot
GAP = 0.35  # of the taller piece: how far off a roof or a dot may be
_SMALL = 0.6  # of the taller piece: what is less tall, or less wide, is small
_TALL = 0.4  # of the usual height: smaller pieces are dots, dashes or dirt
_MOST = 1000  # pieces that are looked at, the largest
_CUT = 0.8  # times as wide as tall: what is narrower is not two digits
_FULL = 0.8  # of its box: if ink fills so much of it, it is a dash
_SPACING = 0.2  # of the height of the line: cuts are this far apart, or farther
_STEPS = 0.2, 0.0, 0.2  # of a pixel of ink: what a step of a cut costs to the left, down, right
_SAME_LINE = 0.3  # of the lower piece: so much of two pieces is level, in one line

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels: the first two belong to the box, the last two do not."""


class Part(Protocol):
    """What may be a digit: a piece of ink, or strokes of a pen.

    Attributes
    ----------
    box : tuple
        Left, top, right, bottom.
    """

    box: Box

    @property
    def height(self) -> int:
        """How tall its box is."""
        return self.box[3] - self.box[1]

    @property
    def width(self) -> int:
        """How wide its box is."""
        return self.box[2] - self.box[0]

    def joined(self, other: Self) -> Self:
        """Both as one."""

    def picture(self) -> Picture:
        """The digit picture, ``(28, 28)``, that a network is asked about."""


PartT = TypeVar("PartT", bound=Part)


@dataclass(frozen=True, eq=False)
class Segment(Part):
    """A part of the ink on an image that may be a digit.

    Attributes
    ----------
    ink : numpy.ndarray
        Nothing but its ink: ``float32``, ``(height, width)`` of its box, in ``[0, 1]``, ink = 1.
    box : tuple
        Left, top, right, bottom in pixels of the ink that it was cut out of.
    """

    ink: np.ndarray
    box: Box

    def joined(self, other: "Segment") -> "Segment":
        """Both as one."""
        left, top = np.minimum(self.box[:2], other.box[:2]).tolist()
        right, bottom = np.maximum(self.box[2:], other.box[2:]).tolist()
        ink = np.zeros((bottom - top, right - left), np.float32)
        for part in (self, other):
            x, y = part.box[0] - left, part.box[1] - top
            place = ink[y : y + part.height, x : x + part.width]
            np.maximum(place, part.ink, out=place)
        return Segment(ink, (left, top, right, bottom))

    def picture(self) -> Picture:
        """The digit picture, drawn with a usual pen."""
        return picture_from_ink(with_usual_pen(self.ink))

    def cuts(self, height: float) -> list["Segment"]:
        """Cut it where digits may touch, in a line of this height; more often than need be.

        It is cut from top to bottom, along lines of least ink.
        """
        if self.width < _CUT * self.height or self.ink.mean() > _FULL:
            return [self]
        lines, costs = _lines_of_least_ink(self.ink)
        middles = lines.mean(axis=0)
        wanted: list[int] = []
        for number in np.argsort(costs, kind="stable").tolist():
            others = np.array([0, self.width, *middles[wanted]])
            if np.abs(middles[number] - others).min() >= max(2, _SPACING * height):
                wanted.append(number)
        passed = (lines[:, wanted, None] <= np.arange(self.width)).sum(axis=1)
        numbers = np.unique(passed[self.ink > 0])
        return [_tight(self.ink * (passed == number), *self.box[:2]) for number in numbers]


def _lines_of_least_ink(ink: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each column, the line from the top that ends there and crosses least; and how much.

    In each row a line goes down, or aside by one. Lines may meet, but never cross.
    """
    columns = np.arange(ink.shape[1])
    around = np.pad(np.zeros(len(columns)), 1, constant_values=np.inf)
    above, costs, came = sliding_window_view(around, 3), around[1:-1], []  # two views of it
    for row in ink:
        ways = above + _STEPS
        best = ways.argmin(axis=1)
        costs[:] = ways[columns, best] + row
        came.append(columns + best - 1)
    lines = [*itertools.accumulate(came[:0:-1], lambda line, before: before[line], initial=columns)]
    return np.array(lines[::-1]), costs


def segments_from_ink(ink: np.ndarray) -> list[list[Segment]]:
    """Find what may be digits, in reading order.

    Parameters
    ----------
    ink : numpy.ndarray
        ``float32``, ``(height, width)``, in ``[0, 1]``, ink = 1, paper = 0.

    Returns
    -------
    list of list of Segment
        Lines from top to bottom, each from left to right; lines may be skewed.

    Raises
    ------
    NothingDrawnError
        If there is no ink at all.

    Examples
    --------
    >>> ink = np.zeros((30, 60), np.float32)
    >>> ink[5:25, 10:14] = ink[8:28, 40:44] = 1
    >>> [[segment.box for segment in line] for line in segments_from_ink(ink)]
    [[(10, 5, 14, 25), (40, 8, 44, 28)]]
    """
    pieces = sorted(_pieces(ink), key=lambda piece: -piece.ink.size)
    if not pieces:
        raise NothingDrawnError("There is no ink on it: draw a digit first.")
    parts = _join_pieces(pieces[:_MOST])
    if len(parts) == 1:
        return [[_tight(ink, 0, 0)]]  # all of it, however soft its edges are
    heights = np.array([max(part.height, part.width) for part in parts])
    # Half of the ink is of parts this tall or taller: many specks do not change what is usual.
    order = np.argsort(heights)[::-1]
    amounts = np.cumsum([parts[number].ink.sum() for number in order])
    usual = heights[order[np.searchsorted(amounts, amounts[-1] / 2)]]
    return sort_into_lines(itertools.compress(parts, heights >= _TALL * usual))


def _pieces(ink: np.ndarray) -> Iterator[Segment]:
    # Here, not above: the pad's strokes never come this way, and it is the largest import.
    import cv2

    from digitlab.preprocess.pieces import pieces_of, square

    pieces, found = pieces_of(ink, _INK)
    for number, (left, top, wide, tall, _) in enumerate(found[1:].tolist(), start=1):
        # A pixel around, for the soft edge.
        x, y = max(left - 1, 0), max(top - 1, 0)
        around = slice(y, top + tall + 1), slice(x, left + wide + 1)
        own = (pieces[around] == number).astype(np.uint8)
        yield _tight(ink[around] * cv2.dilate(own, square(3)), x, y)


def _tight(ink: np.ndarray, left: int, top: int) -> Segment:
    y, x = box_of(ink)
    return Segment(ink[y, x], (left + x.start, top + y.start, left + x.stop, top + y.stop))


def _join_pieces(pieces: list[Segment]) -> list[Segment]:
    """Join small pieces to larger ones that they lie beside; the largest come first."""
    joined: list[Segment] = []
    boxes = np.empty((len(pieces), 4), int)
    for piece in pieces:
        belongs = np.flatnonzero(_belongs(np.array(piece.box), boxes[: len(joined)]))
        if len(belongs):
            number = belongs[0]
            joined[number] = joined[number].joined(piece)
        else:
            number = len(joined)
            joined.append(piece)
        boxes[number] = joined[number].box
    return joined


def _belongs(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Whether a piece of ink belongs to any of others: it lies beside it, and one is small."""
    apart = np.maximum(box[:2], boxes[:, :2]) - np.minimum(box[2:], boxes[:, 2:])
    wide, tall = box[2:] - box[:2]
    widths, heights = (boxes[:, 2:] - boxes[:, :2]).T
    taller = np.maximum(tall, heights)
    small = np.minimum(tall, heights) < _SMALL * taller
    over = -apart[:, 0] > _SMALL * np.minimum(wide, widths)
    # The roof of a 5 and a dot may be far from the rest; dirt is smaller, and a digit is larger.
    size = np.minimum(max(wide, tall), np.maximum(widths, heights)) / taller
    is_roof = (size > np.where(over, DOT, _ROOF[0])) & (size < _ROOF[1])
    return (apart.max(axis=1) <= np.where(is_roof, GAP, _BESIDE) * taller) & (small | over)


def join_all(parts: list[PartT]) -> PartT:
    """Join parts to one."""
    return functools.reduce(lambda one, other: one.joined(other), parts)


def _level(one: Part, other: Part) -> float:
    """How much of the lower of two parts is level with the other."""
    level = min(one.box[3], other.box[3]) - max(one.box[1], other.box[1])
    return level / min(one.height, other.height)


def sort_into_lines(parts: Iterable[PartT]) -> list[list[PartT]]:
    """Sort parts into lines: each goes with the nearest to its left that is level with it."""
    lines: list[list[PartT]] = []
    for part in sorted(parts, key=lambda part: part.box[0]):
        shares = [_level(part, line[-1]) for line in lines]
        if max(shares, default=0) > _SAME_LINE:
            lines[int(np.argmax(shares))].append(part)
        else:
            lines.append([part])
    return sorted(lines, key=lambda line: np.mean([p.box[1] + p.box[3] for p in line]))
