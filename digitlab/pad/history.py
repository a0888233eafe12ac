"""What is on a pad and how it came there: strokes, their history, and no widgets."""

from dataclasses import dataclass
from typing import Any

from digitlab.preprocess import Point, Strokes

UNDO_SHEETS = 50
"""How many sheets can come back: each may hold an image, and a kernel has little memory."""


@dataclass(eq=False)
class _Sheet:
    """A sheet of paper: all strokes ever drawn on it, or the image that lies on it instead."""

    strokes: Strokes
    image: Any = None


_Step = tuple[_Sheet, int]
"""A sheet and how much of it was shown, so a history of any length is small."""


class Drawing:
    """What is on a pad, how it came there, and the pen that may be drawing.

    What a pen does returns whether it left ink, so that the caller knows what to paint.

    Attributes
    ----------
    strokes : list of strokes
        Each a list of points ``(x, y)``, y down; the last one grows while the pen is down.
    image : object or None
        What `replace` laid there instead of strokes; the first stroke begins an empty sheet.
    is_down : bool
        Whether the pen is down, and the last stroke still grows.

    Examples
    --------
    >>> drawing = Drawing()
    >>> drawing.pen_down((10.0, 10.0)), drawing.pen_move((10.0, 90.0)), drawing.pen_up()
    (True, True, False)
    >>> drawing.pen_move((50.0, 50.0))
    False
    >>> drawing.strokes
    [[(10.0, 10.0), (10.0, 90.0)]]
    >>> drawing.undo()
    >>> drawing.strokes, drawing.can_undo, drawing.can_redo
    ([], False, True)
    """

    def __init__(self) -> None:
        self.is_down = False
        self._sheet = _Sheet([])
        self._shown = 0  # how many of the sheet's strokes: the others were taken back
        self._past: list[_Step] = []  # all strokes of the last sheets
        self._future: list[_Step] = []

    @property
    def strokes(self) -> Strokes:
        """The strokes that are shown, in a list of its own."""
        return self._sheet.strokes[: self._shown]

    @property
    def image(self) -> Any:
        """The image on the pad, or None."""
        return self._sheet.image

    @property
    def is_empty(self) -> bool:
        """Whether there is neither a stroke nor an image."""
        return not self._shown and self._sheet.image is None

    @property
    def can_undo(self) -> bool:
        """Whether there is anything to take back."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether anything was taken back that can come again."""
        return bool(self._future)

    # What a pen does ---------------------------------------------------------------------------

    def pen_down(self, point: Point) -> bool:
        """Begin a stroke: a dot, for now."""
        if self._sheet.image is None:
            self._remember()
        else:
            self.replace([])  # an empty sheet
        # A stroke that was taken back is replaced; no step that is remembered shows it.
        self._sheet.strokes[self._shown :] = [[point]]
        self._shown += 1
        self.is_down = True
        return True

    def pen_move(self, point: Point) -> bool:
        """Continue the stroke, if the pen is down."""
        if not self.is_down or point == self._sheet.strokes[-1][-1]:
            return False
        self._sheet.strokes[-1].append(point)
        return True

    def pen_up(self) -> bool:
        """End the stroke; the next one needs a new `pen_down`."""
        self.is_down = False
        return False

    # What is done to the whole sheet -----------------------------------------------------------

    def replace(self, strokes: Strokes, image: Any = None) -> None:
        """Lift the pen and put other strokes, or an image, in place of what is there.

        Strokes can be taken back one by one, an image at once, and then what was there before comes
        again.
        """
        self.is_down = False
        self._remember()
        kept = list(dict.fromkeys(sheet for sheet, _ in self._past))[-UNDO_SHEETS:]
        self._past = [step for step in self._past if step[0] in kept]
        self._sheet = _Sheet([list(stroke) for stroke in strokes], image)
        self._past += [(self._sheet, shown) for shown in range(1, len(strokes))]
        self._shown = len(strokes)

    def undo(self) -> None:
        """Lift the pen and take back the last step, if there is one."""
        self._step(self._past, self._future)

    def redo(self) -> None:
        """Do again what was taken back last, if nothing was drawn since."""
        self._step(self._future, self._past)

    def _remember(self) -> None:
        self._past.append((self._sheet, self._shown))
        self._future.clear()

    def _step(self, source: list[_Step], target: list[_Step]) -> None:
        self.pen_up()
        if source:
            target.append((self._sheet, self._shown))
            self._sheet, self._shown = source.pop()
