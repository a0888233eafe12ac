"""Reading what a pen has drawn: one digit, or a number."""

import itertools

import numpy as np

from digitlab.classifier.reading import Predict, ReadDigit, Reading, read_lines
from digitlab.preprocess import AnyStrokes, Picture, Size, Strokes, picture_from_strokes
from digitlab.preprocess.segments import Part, join_pieces, sort_into_lines
from digitlab.preprocess.strokes import plain_strokes

_GRID = 1000  # steps across the pad, to compare places in
_PEN = 20  # steps: half of a line's thickness
_AMONG = 2  # digits beside which there may be a mark that is none


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
        return picture_from_strokes(self.strokes, size=self.size)


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
        A number where all that stands apart is read surely; else one digit, of all strokes.

    Raises
    ------
    StrokesError
        If the strokes are not lists of finite points.
    NothingDrawnError
        If there is no point in them.
    """
    drawn = plain_strokes(strokes)
    extent = max(size or np.ptp(np.concatenate(drawn), axis=0))
    step = float(extent) / _GRID or 1.0
    groups = [_Group([stroke], step, size) for stroke in drawn]
    parts = join_pieces(sorted(groups, key=lambda group: -group.height))
    lines = sort_into_lines(parts)
    whole = _Group(drawn, step, size)
    [answer] = predict([whole.picture()])
    one = Reading([ReadDigit(answer, whole.box, 0, strokes=drawn)])
    found = read_lines(lines, predict) if len(parts) > 1 else []
    digits = [ReadDigit(said, part.box, n, strokes=part.strokes) for n, part, said in found]
    sure = sum(digit.prediction.is_digit for digit in digits)
    # Parts of one digit, a 4 say, may look like digits too; they are close together.
    apart = all(b.box[0] > a.box[2] for line in lines for a, b in itertools.pairwise(line))
    needed = _AMONG if not answer.is_digit else len(digits) if apart else np.inf
    is_number = len(digits) > 1 and sure >= needed
    reading = Reading(digits).as_several(answer) if is_number else one
    return reading.with_boxes(lambda box: box * step, size or (extent, extent))
