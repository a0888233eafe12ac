"""Reading all digits on an image, one or several.

Where digits touch, or one is written in pieces, no rule about ink tells what belongs together; but
the network is sure of a digit and unsure of half of one. So a line of ink is cut more often than it
need be, and of all ways to put the parts together the one is taken that the network is surest of
[1]_, section V.

References
----------
.. [1] Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document
   recognition", Proceedings of the IEEE, 1998.
"""

import contextlib
import functools
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from digitlab import preprocess
from digitlab.classifier.prediction import Prediction
from digitlab.errors import NothingDrawnError
from digitlab.preprocess import ImageSource, Point, Size, Strokes
from digitlab.preprocess.segments import Box, Part, PartT, Segment, segments_from_ink

__all__ = ["ReadDigit", "Reading"]

_WIDE = 1.25, 0.8, 1.33, 1.11, 1.11, 1.43, 1.0, 1.05, 1.05, 0.9
"""Times as wide as tall: 95 of 100 MNIST digits 0 to 9 are narrower, and wider ones may be two."""

_WIDEST = 1.8  # times as wide as its line is tall: no digit is wider
_NEAR = 0.3  # of the height of the line: parts that are farther apart are not one digit
_PARTS = 5  # at most, that are put together to one digit
_BROKEN = 6  # a digit written with a broken line may come in up to this many pieces
_TINY = 48  # pixels: so small an image has no sheet with an edge on it
_LINE = 5  # times as tall as wide: a 1, or a line
_TURNED = 3  # ways to find the ink, after which an image may lie on its side
_ROW = 3  # digits, at least, that lie on their side
_PLENTY = 10  # digits, most of the marks on an image: it doesn't lie on its side
_SHORT = 0.6  # of the height of what is cut: no part of it is less tall
_MANY = 100  # marks on an image, or parts of a line: it is a text, which would take seconds
_MOSTLY = 0.6  # of the marks on an image: if this share are digits, the others likely are, too
_TRUST = 10  # times as likely as on an image by itself
_OVER = 0.5  # what it costs that two digits overlap, of how far, in heights of the line
_PER_DIGIT = 0.02  # what each digit costs a reading, in shares of a digit that cannot be read

Predict = Callable[[list[np.ndarray]], list[Prediction]]
"""From digit pictures to predictions."""

Read = tuple[PartT, Prediction]
"""What may be a digit, and what the network says to it."""

_no_ink = functools.partial(np.zeros, (0, 0), np.float32)


@dataclass(frozen=True, eq=False)
class ReadDigit:
    """A digit that was found on an image, or a mark that looks like none.

    Attributes
    ----------
    prediction : Prediction
        What the network says to it; `Prediction.is_digit` is False for letters and marks.
    box : tuple of int
        Left, top, right, bottom in pixels of the upright image: the first two belong to it, the
        last two do not.
    line : int
        In which line it stands, from 0.
    ink : numpy.ndarray
        Nothing but its ink: ``float32``, ``(height, width)``, in ``[0, 1]``, ink = 1; of what
        a pen drew, there is none.
    strokes : list of strokes
        Those that a pen drew it with; none of what was found on an image.
    """

    prediction: Prediction
    box: Box
    line: int
    ink: np.ndarray = field(default_factory=_no_ink, repr=False)
    strokes: Strokes = field(default_factory=list, repr=False)

    def _asking(self, change: Callable[[float], float]) -> "ReadDigit":
        """The same, with another threshold."""
        threshold = change(self.prediction.threshold)
        return replace(self, prediction=replace(self.prediction, threshold=threshold))


@dataclass(frozen=True, eq=False)
class Reading:
    """All that was found on an image, or that a pen drew.

    Attributes
    ----------
    digits : list of ReadDigit
        In reading order: lines from top to bottom, each from left to right.
    ink : numpy.ndarray
        The ink that they were found in: ``float32``, ``(height, width)``, in ``[0, 1]``, ink = 1;
        of what a pen drew, there is none.
    whole : Prediction or None
        What the network says to all the ink at once, where that is several digits.
    size : (width, height)
        Of the upright image, or of the pad, in the unit of the boxes.
    """

    digits: list[ReadDigit]
    ink: np.ndarray = field(default_factory=_no_ink, repr=False)
    whole: Prediction | None = field(default=None, repr=False)
    size: Size = (0.0, 0.0)

    @property
    def prediction(self) -> Prediction:
        """The answer for somebody who expects one digit: that digit, or that there are several."""
        return self.whole or self.digits[0].prediction

    @property
    def text(self) -> str:
        """The digits as text, a newline between two lines; letters and marks are left out."""
        believed = (found for found in self.digits if found.prediction.is_digit)
        lines = itertools.groupby(believed, key=lambda found: found.line)
        return "\n".join("".join(str(f.prediction.digit) for f in line) for _, line in lines)

    def index_of(self, stroke: list[Point]) -> int:
        """Where the digit that a stroke belongs to is among the digits; 0 if it belongs to none."""
        return next((n for n, found in enumerate(self.digits) if stroke in found.strokes), 0)

    def as_several(self, whole: Prediction) -> "Reading":
        """The same, with what the network says to all of it at once."""
        return replace(self, whole=replace(whole, several=self.text))

    @property
    def _is_sure(self) -> bool:
        return all(found.prediction.is_digit for found in self.digits)

    def _is_mostly_digits(self, least: int) -> bool:
        """Whether at least this many of its marks are digits, and most of them are."""
        accepted = sum(found.prediction.is_digit for found in self.digits)
        return accepted >= max(least, _MOSTLY * len(self.digits))

    def _is_better_than(self, other: "Reading") -> bool:
        """Whether it shows more, and no fewer digits: to be sure counts as two digits more."""
        more = self._worth + (self._is_sure > other._is_sure) > other._worth + other._is_sure
        return more and len(self.text) >= len(other.text)

    def with_boxes(self, change: Callable[[np.ndarray], np.ndarray], size: Size) -> "Reading":
        """The same, with its boxes in another unit."""
        boxes = [np.rint(change(np.array(digit.box))).astype(int).tolist() for digit in self.digits]
        changed = zip(self.digits, boxes, strict=True)
        return replace(self, digits=[replace(d, box=tuple(box)) for d, box in changed], size=size)

    @property
    def _worth(self) -> float:
        """How much of it was read: half for nothing, more for digits, less for marks."""
        return sum(_sureness(found.prediction) - 0.5 for found in self.digits)


def read(image: ImageSource, predict: Predict) -> Reading:
    """Read all digits on an image.

    Parameters
    ----------
    image : path, PIL image, array, bytes or str
        See `digitlab.preprocess.read_image`.
    predict : callable
        From a list of digit pictures to a list of predictions.

    Returns
    -------
    Reading
        The first way to find the ink on which all marks are digits, unless one before it showed
        more digits; else the one that shows most. A single digit that may be the edge of the sheet
        makes way for a single one that can't be.

    Raises
    ------
    ImageError
        If it is not an image that can be read.
    NothingDrawnError
        If there is nothing on it.
    """
    upright = preprocess.read_image(image)
    best, inks = None, []
    for tries, ink in enumerate(preprocess.inks_from_image(upright), start=1):
        inks.append(ink)
        with contextlib.suppress(NothingDrawnError):
            reading = _reading(ink, predict, tries)
            believed = reading._is_sure and len(reading.digits) == 1 and not _is_at_edge(reading)
            if best is None or reading._is_better_than(best) or (believed and _is_at_edge(best)):
                best = reading
            if best._is_sure and not _is_at_edge(best):
                break
    if best is None:
        raise NothingDrawnError("There is nothing on this image but paper.")
    as_it_lies = best._is_sure or best._is_mostly_digits(_PLENTY) or len(best.digits) > _MANY
    if not as_it_lies or _is_at_edge(best):
        turned = [r for r in _on_its_side(inks[:_TURNED], predict) if r._worth > best._worth + 1]
        best = max(turned, key=lambda r: r._worth / len(r.digits)) if turned else best
    scale = max(upright.size) / max(best.ink.shape)
    best = _trusting(best).with_boxes(lambda box: box * scale, upright.size)
    if len(best.digits) == 1:
        return best
    [whole] = predict([preprocess.picture_from_ink(preprocess.with_usual_pen(best.ink))])
    return best.as_several(whole)


def _is_at_edge(reading: Reading) -> bool:
    """Whether it is a single digit, and that may be the edge of the sheet, or a line beside it."""
    height, width = reading.ink.shape
    if len(reading.digits) > 1 or min(height, width) < _TINY:
        return False
    left, top, right, bottom = reading.digits[0].box
    is_line = bottom - top > _LINE * (right - left)
    beside = (left == 0 or right == width) and (top == 0 or bottom == height or is_line)
    return beside or (top == 0 and bottom == height)


def _on_its_side(inks: list[np.ndarray], predict: Predict) -> Iterator[Reading]:
    """Read an image of several digits after a quarter turn, to either side."""
    for ink, turns in itertools.product(inks, (1, 3)):
        turned = np.rot90(ink, turns)
        with contextlib.suppress(NothingDrawnError):
            reading = _reading(turned, predict, tries=1)
            # Upright digits are easily cut into parts that look like others on their side.
            if _ROW <= len(reading.digits) <= sum(map(len, segments_from_ink(turned))):
                back = functools.partial(_turned_back, turns=turns, shape=ink.shape)
                yield replace(reading.with_boxes(back, reading.size), ink=ink)


def _turned_back(box: np.ndarray, turns: int, shape: tuple[int, int]) -> np.ndarray:
    """Where a box was before the quarter turns, to the left, of an image of this shape."""
    (left, top, right, bottom), (height, width) = box, shape
    before = (width - bottom, left, width - top, right)
    return np.array(before if turns == 1 else (top, height - right, bottom, height - left))


def _trusting(reading: Reading) -> Reading:
    """Ask for less confidence among many digits: there, the next mark is hardly anything else."""
    if not reading._is_mostly_digits(2):
        return reading
    digits = [found._asking(lambda p: p / (p + (1 - p) * _TRUST)) for found in reading.digits]
    return replace(reading, digits=digits)


def _surer(found: ReadDigit, tries: int) -> ReadDigit:
    """Ask for more confidence the more was tried: who tries ten times errs ten times as often."""
    return found._asking(lambda threshold: 1 - (1 - threshold) / tries) if tries > 1 else found


def _reading(ink: np.ndarray, predict: Predict, tries: int) -> Reading:
    lines = segments_from_ink(ink)
    segments = [segment for line in lines for segment in line]
    said = iter(predict([segment.picture() for segment in segments]))
    digits = [
        ReadDigit(prediction, part.box, number, part.ink)
        for number, line in enumerate(lines)
        for part, prediction in _best_path([(part, next(said)) for part in line], predict)
    ]
    reading = Reading(digits, ink)
    if 1 < len(digits) <= _BROKEN and not reading._is_sure:
        whole = join_all(segments)
        [answer] = predict([whole.picture()])
        one = _surer(ReadDigit(answer, whole.box, 0, whole.ink), tries)
        tallest = max(segment.height for segment in segments)
        if one.prediction.is_digit and whole.height < 2 * tallest:
            return Reading([one], ink)
    if len(digits) == 1:
        digits[0] = _surer(digits[0], tries)
    return reading


def _sureness(prediction: Prediction) -> float:
    return prediction.confidence * (1 if prediction.could_be_digit else 0.5)


def _best_path(line: list[Read[Segment]], predict: Predict) -> list[Read[Segment]]:
    """Of all ways to cut and join the segments of a line, the one that is read most surely."""
    doubtful = [not said.is_digit or _excess(part, said) > 0 for part, said in line]
    # If much is in doubt, it is probably text. To cut and join every letter would take seconds.
    if not any(doubtful) or sum(doubtful) > max(_PLENTY, (1 - _MOSTLY) * len(line)):
        return line
    height = float(np.median([segment.height for segment, _ in line]))
    parts: list[Segment] = []
    known: dict[tuple[int, int], Read[Segment]] = {}  # by their first and last part
    for (segment, prediction), is_doubtful in zip(line, doubtful, strict=True):
        cuts = segment.cuts(height) if is_doubtful else [segment]
        known[len(parts), len(parts) + len(cuts)] = segment, prediction
        parts += cuts
    path = cheapest_path(parts, known, height, predict) if len(parts) <= _MANY else line
    # Half a digit is easily taken for one; so all of them must be, and as tall as the others.
    tall = len(path) <= len(line) or all(part.height >= _SHORT * height for part, _ in path)
    return path if tall and all(prediction.is_digit for _, prediction in path) else line


def cheapest_path(
    parts: list[PartT], known: dict[tuple[int, int], Read[PartT]], height: float, predict: Predict
) -> list[Read[PartT]]:
    """Of all ways to put parts together, the one that is read most surely.

    Some runs of parts are known already, by the first and the one after the last. A digit with gaps
    in it costs something, and so do two that overlap.
    """
    gaps = [_gap(a, b) / height for a, b in itertools.pairwise(parts)]
    wanted = {}
    for first in range(len(parts)):
        for last in range(first + 1, min(first + _PARTS, len(parts)) + 1):
            near = max(gaps[first : last - 1], default=0.0) < _NEAR
            if near and (first, last) not in known:
                joined = join_all(parts[first:last])
                if joined.width <= _WIDEST * max(height, joined.height):
                    wanted[first, last] = joined
    answers = predict([part.picture() for part in wanted.values()]) if wanted else []
    known |= dict(zip(wanted, zip(wanted.values(), answers, strict=True), strict=True))
    costs = [0.0] + [np.inf] * len(parts)  # of the cheapest path to each part
    paths: list[list[Read[PartT]]] = [[] for _ in costs]
    for first, last in sorted(known):
        part, said = known[first, last]
        cost = costs[first] + 1 - _sureness(said) + _PER_DIGIT + _excess(part, said)
        cost += sum(max(gap, 0.0) for gap in gaps[first : last - 1])
        cost += _OVER * max(-gaps[first - 1], 0.0) if first else 0.0
        if cost < costs[last]:
            costs[last], paths[last] = cost, [*paths[first], (part, said)]
    return paths[-1]


def _gap(one: Part, other: Part) -> int:
    """How far one part is from another, from left to right; below 0 where they overlap."""
    return max(one.box[0], other.box[0]) - min(one.box[2], other.box[2])


def _excess(part: Part, said: Prediction) -> float:
    """How much wider a part is, in shares of its width, than nearly every such digit."""
    return max(0.0, part.width / (_WIDE[said.digit] * part.height) - 1)


def join_all(parts: list[PartT]) -> PartT:
    """Join parts to one."""
    return functools.reduce(lambda one, other: one.joined(other), parts)
