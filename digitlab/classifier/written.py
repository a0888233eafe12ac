"""Reading what a pen has drawn: one digit, or a number."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from digitlab.classifier.reading import Predict, ReadDigit, Reading, read_lines
from digitlab.preprocess import AnyStrokes, Picture, Size, Strokes, picture_from_strokes
from digitlab.preprocess.segments import Box, Part, join_pieces, sort_into_lines
from digitlab.preprocess.strokes import plain_strokes

_GRID = 1000  # steps across the pad, to compare places in
_PEN = 20  # steps: half of a line's thickness
_AMONG = 2  # digits beside which there may be a mark that is none


@dataclass(frozen=True, eq=False)
class _Group(Part):
    """Strokes that may be a digit; the box is on the grid."""

    strokes: Strokes
    box: Box
    step: float
    size: Size | None

    @classmethod
    def of(cls, strokes: Strokes, step: float, size: Size | None) -> _Group:
        points = np.concatenate(strokes) / step
        reach = [*points.min(axis=0) - _PEN, *points.max(axis=0) + _PEN]
        left, top, right, bottom = np.rint(reach).astype(int).tolist()
        return cls(strokes, (left, top, right, bottom), step, size)

    def joined(self, other: _Group) -> _Group:
        return _Group.of([*self.strokes, *other.strokes], self.step, self.size)

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
    groups = [_Group.of([stroke], step, size) for stroke in drawn]
    parts = join_pieces(sorted(groups, key=lambda group: -group.height))
    lines = sort_into_lines(parts)
    whole = _Group.of(drawn, step, size)
    [answer] = predict([whole.picture()])
    digits = [ReadDigit(answer, whole.box, 0, strokes=drawn)]
    reading = Reading(digits)
    if len(parts) > 1:
        found = read_lines(lines, predict)
        digits = [
            ReadDigit(said, part.box, line, strokes=part.strokes) for line, part, said in found
        ]
    sure = sum(found.prediction.is_digit for found in digits)
    # Parts of one digit, a 4 say, may look like digits too; they are close together.
    apart = all(b.box[0] > a.box[2] for line in lines for a, b in itertools.pairwise(line))
    needed = _AMONG if not answer.is_digit else len(digits) if apart else np.inf
    if len(digits) > 1 and sure >= needed:
        reading = Reading(digits).as_several(answer)
    return reading.with_boxes(lambda box: box * step, size or (extent, extent))
