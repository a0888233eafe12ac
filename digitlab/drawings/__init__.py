"""Corrected drawings: what people drew, and which digit they say it was.

`Drawings` keeps them in one local SQLite file (`store`, `sqlite`); a `CorrectedDrawing` is one of
them (`drawing`), and `pen_strokes` is the format in which they are exported and imported. A whole
class can write on paper: `sheet` draws the sheets and cuts up their photographs, and a
`SheetReport` says what was found.

This room is on the light floor: it imports the rooms `preprocess` and `classifier`.
"""

from digitlab.drawings.drawing import CorrectedDrawing, Guess
from digitlab.drawings.report import SheetReport
from digitlab.drawings.store import Drawings, Tally

__all__ = ["CorrectedDrawing", "Drawings", "Guess", "SheetReport", "Tally"]
