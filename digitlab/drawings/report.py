"""What was found on the photograph of a sheet: in a sentence, and as a picture to look at."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from PIL import Image, ImageDraw

from digitlab.classifier import BaseClassifier
from digitlab.drawings.drawing import CorrectedDrawing, Guess
from digitlab.errors import NothingDrawnError
from digitlab.preprocess import PICTURE_SIZE

COLUMNS = 10
"""Boxes in the row of each digit."""

_TIMES, _GAP = 2, 6  # a digit picture is enlarged so often; pixels between two
_DOUBT = (200, 30, 30)


@dataclass(frozen=True, eq=False)
class SheetReport:
    """What was found on the photograph of a sheet.

    Attributes
    ----------
    drawings : list of CorrectedDrawing or None
        One for each box, row by row; None where it was empty.

    Examples
    --------
    >>> print(SheetReport([None] * 100))
    0 digits, 100 boxes empty
    """

    drawings: list[CorrectedDrawing | None]

    @property
    def kept(self) -> int:
        """How many digits there are."""
        return len(self.drawings) - self.drawings.count(None)

    def __str__(self) -> str:
        """Say it in a line."""
        kept, empty = self.kept, self.drawings.count(None)
        said = f"{kept} digit{'s' * (kept != 1)}, {empty} box{'es' * (empty != 1)} empty"
        if doubtful := sum(drawing is not None and drawing.suspect for drawing in self.drawings):
            said += f", {doubtful} look{'s' * (doubtful == 1)} like no digit"
        return said

    def contact_sheet(self) -> Image.Image:
        """Show all digits as the network gets them, in the places of their boxes.

        Returns
        -------
        PIL.Image.Image
            Mode ``"RGB"``; a row for each digit, and a red frame around what looks like none.
        """
        side, rows = _TIMES * PICTURE_SIZE, -(-len(self.drawings) // COLUMNS)
        step = side + _GAP
        sheet = Image.new("RGB", (COLUMNS * step + _GAP, rows * step + _GAP), (225, 225, 225))
        draw = ImageDraw.Draw(sheet)
        for number, drawing in enumerate(self.drawings):
            if drawing is not None:
                left, top = (_GAP + step * place for place in (number % COLUMNS, number // COLUMNS))
                ink = Image.fromarray((255 * (1 - drawing.picture)).astype(np.uint8))
                sheet.paste(ink.resize((side, side), Image.Resampling.NEAREST), (left, top))
                if drawing.suspect:
                    box = (left - 3, top - 3, left + side + 2, top + side + 2)
                    draw.rectangle(box, outline=_DOUBT, width=3)
        return sheet


def drawing_from_box(
    label: int, image: Image.Image | None, classifier: BaseClassifier
) -> CorrectedDrawing | None:
    """Find the ink in a box, and ask a classifier whether it is a digit; None where it is empty."""
    if image is None:
        return None
    try:
        reading = classifier.read(image)
    except NothingDrawnError:
        return None
    ink = reading.digits[0].ink if len(reading.digits) == 1 else reading.ink
    guess = Guess.of(reading.prediction)
    how = {"source": "sheet", "suspect": not guess.is_digit}
    return CorrectedDrawing.of_ink(ink, label, prediction=guess, time=datetime.now(UTC), **how)
