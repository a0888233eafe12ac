"""Reading what a pen has drawn: one digit, or a number."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from digitlab.classifier.reading import Predict, ReadDigit, Reading, best_path, join_all
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
    size: Size | None

    def joined(self, other: _Group) -> _Group:
        boxes = np.array([self.box, other.box])
        (left, top), (right, bottom) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        box = int(left), int(top), int(right), int(bottom)
        return _Group([*self.strokes, *other.strokes], box, self.size)

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
    points = [np.array(stroke) for stroke in drawn]
    extent = max(size or np.ptp(np.concatenate(points), axis=0))
    step = float(extent) / _GRID or 1.0
    groups = []
    for stroke, path in zip(drawn, points, strict=True):
        reach = np.concatenate([path.min(axis=0) / step - _PEN, path.max(axis=0) / step + _PEN])
        left, top, right, bottom = np.rint(reach).astype(int).tolist()
        groups.append(_Group([stroke], (left, top, right, bottom), size))
    lines = sort_into_lines(join_pieces(sorted(groups, key=lambda group: -group.height)))
    parts = [part for line in lines for part in line]
    whole = _Group(drawn, join_all(parts).box, size)
    pictures = [whole.picture(), *(part.picture() for part in parts if len(parts) > 1)]
    answer, *answers = predict(pictures)
    one = Reading([ReadDigit(answer, _in_pixels(whole.box, step), 0, strokes=drawn)])
    if len(parts) == 1:
        return one
    digits, said = [], iter(answers)
    for number, line in enumerate(lines):
        for part, prediction in best_path([(part, next(said)) for part in line], predict):
            box = _in_pixels(part.box, step)
            digits.append(ReadDigit(prediction, box, number, strokes=part.strokes))
    sure = sum(found.prediction.is_digit for found in digits)
    if len(digits) == 1:
        return one
    # Parts of one digit, a 4 say, may look like digits too; they are close together.
    apart = all(b.box[0] > a.box[2] for line in lines for a, b in itertools.pairwise(line))
    is_number = sure >= (_AMONG if not answer.is_digit else len(digits) if apart else np.inf)
    return Reading(digits).as_several(answer) if is_number else one


def _in_pixels(box: Box, step: float) -> Box:
    left, top, right, bottom = (round(length * step) for length in box)
    return left, top, right, bottom
