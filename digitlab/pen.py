"""The pen and what it leaves on the pad: strokes, and no widgets."""

import math

Point = tuple[float, float]
Strokes = list[list[Point]]


class Drawing:
    """The strokes on a pad, and the pen or finger that may be on it.

    What a pen does returns whether it left ink, so that the caller knows what to paint.

    Parameters
    ----------
    reach : float, optional
        How far a finger may have moved between two events, in the unit of the points: what is
        farther from where the finger was is another finger.

    Attributes
    ----------
    strokes : list of strokes
        Each a list of points ``(x, y)``, y down; the last one grows while the pen is down.

    Examples
    --------
    >>> drawing = Drawing()
    >>> drawing.pen_down((10.0, 10.0)), drawing.pen_move((10.0, 90.0)), drawing.pen_up()
    (True, True, False)
    >>> drawing.pen_move((50.0, 50.0))
    False
    >>> drawing.strokes
    [[(10.0, 10.0), (10.0, 90.0)]]
    """

    def __init__(self, *, reach: float = math.inf):
        self.strokes: Strokes = []
        self._reach = reach
        self._is_down = False

    def pen_down(self, point: Point) -> bool:
        """Begin a stroke: a dot, for now."""
        self.strokes.append([point])
        self._is_down = True
        return True

    def pen_move(self, point: Point) -> bool:
        """Continue the stroke, if the pen is down."""
        if not self._is_down or point == self.strokes[-1][-1]:
            return False
        self.strokes[-1].append(point)
        return True

    def pen_up(self) -> bool:
        """End the stroke; the next one needs a new `pen_down`."""
        self._is_down = False
        return False

    def fingers_down(self, touches: list[Point]) -> bool:
        """Begin a stroke with the first finger; a second one or a palm changes nothing.

        Parameters
        ----------
        touches : list of points
            All fingers on the screen. They come without names: which is which can only be told
            from where they are.
        """
        return not self._is_down and len(touches) == 1 and self.pen_down(touches[0])

    def fingers_move(self, touches: list[Point]) -> bool:
        """Continue the stroke with the finger that is nearest to its end."""
        if not self._is_down or not touches:
            return False
        nearest = min(touches, key=self._distance)
        return self._distance(nearest) <= self._reach and self.pen_move(nearest)

    def fingers_up(self, touches: list[Point]) -> bool:
        """End the stroke, unless the finger that draws is among those that stay."""
        if self._is_down and not any(self._distance(touch) <= self._reach for touch in touches):
            self.pen_up()
        return False

    def replace(self, strokes: Strokes) -> None:
        """Lift the pen and put other strokes in place of these."""
        self.pen_up()
        self.strokes = [list(stroke) for stroke in strokes]

    def _distance(self, point: Point) -> float:
        return math.dist(point, self.strokes[-1][-1])
