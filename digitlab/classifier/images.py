"""Reading what an image shows: one digit, or several."""

import contextlib
import functools
import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from digitlab import preprocess
from digitlab.classifier.paths import MANY, MOSTLY, PLENTY, SHORT, Predict, best_path, sureness
from digitlab.classifier.reading import ReadDigit, Reading
from digitlab.errors import NothingDrawnError
from digitlab.preprocess import ImageSource
from digitlab.preprocess.segments import join_all, segments_from_ink

_BROKEN = 6  # a digit written with a broken line may come in up to this many pieces
_TINY = 48  # pixels: so small an image has no sheet with an edge on it
_LINE = 5  # times as tall as wide: a 1, or a line
_TURNED = 3  # ways to find the ink, after which an image may lie on its side
_ROW = 3  # digits, at least, that lie on their side
_TRUST = 10  # times as likely as on an image by itself


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
    upright, size = preprocess.read_reduced(image, side=preprocess.INK_SIDE)
    best, inks = None, []
    for tries, ink in enumerate(preprocess.inks_from_image(upright), start=1):
        inks.append(ink)
        with contextlib.suppress(NothingDrawnError):
            reading = _reading(ink, predict, tries)
            believed = _is_sure(reading) and len(reading.digits) == 1 and not _is_at_edge(reading)
            if best is None or _is_better_than(reading, best) or (believed and _is_at_edge(best)):
                best = reading
            if _is_sure(best) and not _is_at_edge(best):
                break
    if best is None:
        raise NothingDrawnError("There is nothing on this image but paper.")
    as_it_lies = not _unread(best) or _is_mostly_digits(best, PLENTY) or len(best.digits) > MANY
    if not as_it_lies or _is_at_edge(best):
        turned = [r for r in _on_its_side(inks[:_TURNED], predict) if _lies_on_its_side(best, r)]
        best = max(turned, key=lambda r: _worth(r) / len(r.digits)) if turned else best
    scale = max(size) / max(best.ink.shape)
    best = best.with_boxes(lambda box: box * scale, size)
    if _is_mostly_digits(best, 2):  # then the next mark is hardly anything else
        best = replace(best, digits=[_times_as_likely(_TRUST, found) for found in best.digits])
    if len(best.digits) == 1:
        return best
    [whole] = predict([preprocess.picture_from_ink(preprocess.with_usual_pen(best.ink))])
    return best.as_several(whole)


def _is_sure(reading: Reading) -> bool:
    return all(found.prediction.is_digit for found in reading.digits)


def _unread(reading: Reading) -> int:
    """How many marks are neither digits nor so small that they may be signs, such as a plus."""
    # Of each box, the longer side.
    sides = np.ptp(np.array([f.box for f in reading.digits]).reshape(-1, 2, 2), axis=1).max(axis=1)
    are_digits = np.array([found.prediction.is_digit for found in reading.digits])
    return int((sides[~are_digits] > SHORT * sides[are_digits].max(initial=0)).sum())


def _is_mostly_digits(reading: Reading, least: int) -> bool:
    """Whether it shows at least this many digits, and few other marks that are as large."""
    accepted = sum(found.prediction.is_digit for found in reading.digits)
    return accepted >= max(least, MOSTLY * (accepted + _unread(reading)))


def _worth(reading: Reading) -> float:
    """How much of it was read: half for nothing, more for digits, less for marks."""
    return sum(sureness(found.prediction) - 0.5 for found in reading.digits)


def _lies_on_its_side(reading: Reading, turned: Reading) -> bool:
    """Whether an image shows much more once it is turned, and not because a dash becomes a 1."""
    then, before = (sum(d in "023456789" for d in r.text) for r in (turned, reading))
    return then >= before and _worth(turned) > _worth(reading) + 1


def _is_better_than(one: Reading, other: Reading) -> bool:
    """Whether it shows more, and no fewer digits: to be sure counts as two digits more."""
    more = _worth(one) + (_is_sure(one) > _is_sure(other)) > _worth(other) + _is_sure(other)
    return more and len(one.text) >= len(other.text)


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


def _times_as_likely(odds: float, found: ReadDigit) -> ReadDigit:
    """Lower the threshold of a mark that is more likely a digit, and raise that of one less likely.

    The odds say how many times as likely.
    """
    threshold = found.prediction.threshold
    threshold /= threshold + (1 - threshold) * odds
    return replace(found, prediction=replace(found.prediction, threshold=threshold))


def _reading(ink: np.ndarray, predict: Predict, tries: int) -> Reading:
    """Read this ink. Who tries ten ways to find a digit errs ten times as often."""
    lines = segments_from_ink(ink)
    segments = [segment for line in lines for segment in line]
    said = iter(predict([segment.picture() for segment in segments]))
    digits = [
        ReadDigit(prediction, part.box, number, part.ink)
        for number, line in enumerate(lines)
        for part, prediction in best_path([(part, next(said)) for part in line], predict)
    ]
    reading = Reading(digits, ink)
    if 1 < len(digits) <= _BROKEN and not _is_sure(reading):
        whole = join_all(segments)
        [answer] = predict([whole.picture()])
        one = _times_as_likely(1 / tries, ReadDigit(answer, whole.box, 0, whole.ink))
        if one.prediction.is_digit and whole.height < 2 * max(part.height for part in segments):
            return Reading([one], ink)
    if len(digits) == 1:
        digits[0] = _times_as_likely(1 / tries, digits[0])
    return reading
