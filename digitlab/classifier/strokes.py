"""Reading what a pen has drawn: one digit, or a number."""

import functools
import itertools

import numpy as np

from digitlab.classifier.paths import Predict, cheapest_path
from digitlab.classifier.reading import ReadDigit, Reading
from digitlab.preprocess import AnyStrokes, Picture, Size, Strokes, picture_from_strokes
from digitlab.preprocess.segments import Part, sort_into_lines
from digitlab.preprocess.strokes import plain_strokes

_GRID = 1000  # steps across the pad, to compare places in
_PEN = 20  # steps: half of a line's thickness
_AMONG = 2  # digits, at least, that a number has; beside them there may be marks that are none
_MOST = 30  # strokes: who draws more is not writing a number

# While a pen draws, all strokes but its last stay as they are. Each kernel has such a store.
_picture = functools.lru_cache(maxsize=64)(picture_from_strokes)


class _Group(Part):
    """Strokes that may be a digit; the box is on the grid."""

    def __init__(self, strokes: Strokes, step: float, size: Size | None) -> None:
        self.strokes, self.step, self.size = strokes, step, size
        points = np.concatenate(strokes) / step
        reach = [*points.min(axis=0) - _PEN, *points.max(axis=0) + _PEN]
        self.box = tuple(np.rint(reach).astype(int).tolist())

    def joined(self, other: "_Group") -> "_Group":
        return _Group([*self.strokes, *other.strokes], self.step, self.size)

    def picture(self) -> Picture:
        return _picture(tuple(map(tuple, self.strokes)), size=self.size).copy()


def read_strokes(strokes: AnyStrokes, predict: Predict, size: Size | None) -> Reading:
    """Read all digits that a pen has drawn.

    Parameters
    ----------
    strokes : sequence of strokes
        ``[[(x, y), …], …]``, x to the right, y down.
    predict : callable
        From a list of digit pictures to a list of predictions.
    size : (width, height) or None
        Size of the pad in the same unit.

    Returns
    -------
    Reading
        A number where that is read more surely than one digit, of all strokes.

    Raises
    ------
    StrokesError
        If the strokes are not lists of finite points.
    NothingDrawnError
        If there is no point in them.
    """
    drawn = plain_strokes(strokes)
    extent = max(size or np.ptp(np.concatenate(drawn), axis=0))
    step, size = float(extent) / _GRID or 1.0, size and (size[0], size[1])
    whole = _Group(drawn, step, size)
    [answer] = predict([whole.picture()])
    # Whoever writes a number writes one digit after the other.
    parts = [_Group([stroke], step, size) for stroke in drawn] if len(drawn) <= _MOST else [whole]
    height, known = max(part.height for part in parts), {(0, len(parts)): (whole, answer)}
    said = dict(cheapest_path(parts, known, height, predict, margin=2 * _PEN / height))
    placed = [(n, group) for n, line in enumerate(sort_into_lines(said)) for group in line]
    digits = [ReadDigit(said[group], group.box, n, strokes=group.strokes) for n, group in placed]
    sure = sum(digit.prediction.is_digit for digit in digits)
    stand = all(_stand(a, b) for a, b in itertools.pairwise(digits) if a.line == b.line)
    one = Reading([ReadDigit(answer, whole.box, 0, strokes=drawn)])
    reading = Reading(digits).as_several(answer) if sure >= _AMONG and stand else one
    return reading.with_boxes(lambda box: box * step, size or (extent, extent))


def _stand(one: ReadDigit, other: ReadDigit) -> bool:
    """Whether two neighbours stand apart, or are digits all the same, and no line of a letter."""
    said = one.prediction, other.prediction
    # Half a pen is around each of the boxes: so they may overlap, and the lines be apart.
    return one.box[2] - other.box[0] < 1.5 * _PEN or all(s.is_digit and s.digit != 1 for s in said)
