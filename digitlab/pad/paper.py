"""The paper: the canvas that one draws on, and what is painted there."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ipywidgets
import numpy as np
from ipycanvas import Canvas, hold_canvas
from PIL import Image

from digitlab.look import INK
from digitlab.pad.history import Drawing
from digitlab.pad.widgets import close_all
from digitlab.preprocess import Ink, Point

OVERSAMPLING = 2
"""Canvas pixels per CSS pixel, so that ink is crisp on screens of high density."""

Move = tuple[Callable[[Any], bool], Any]
"""A method of `Drawing`, and what it is to be called with."""

_BLOCKY = 64  # pixels: a smaller image is shown as what it is made of, and not as a blur


class Paper(ipywidgets.Box):
    """A square canvas with the ink of a drawing, and a line about what was painted last.

    Parameters
    ----------
    size : int
        Side in CSS pixels, which are also the unit of the strokes.
    pen_width : float
        Thickness of the ink, in the same unit.

    Attributes
    ----------
    canvas : ipycanvas.Canvas
        What one draws on.
    pen_width : float
        Thickness of the ink; it holds from the next `repaint` on.

    Notes
    -----
    A page that draws strokes in progress by itself (`digitlab.app`) finds the pen's width, in
    canvas pixels, in the hidden element of class ``digitlab-painted``::

        <i data-pen="40"></i>

    Its canvas may send, beside ipycanvas's own events, several of them as one message, which
    costs the kernel hardly more than one of them does::

        {"event": "pen", "moves": [["mouse_down", 120.5, 80.0], ["mouse_move", 124.0, 91.5]]}
    """

    def __init__(self, *, size: int, pen_width: float) -> None:
        self.pen_width = pen_width
        self._side = size * OVERSAMPLING
        self.canvas = Canvas(width=self._side, height=self._side)
        self.canvas.add_class("digitlab-canvas")
        self._nowhere = Canvas(width=1, height=1)  # see _painting
        self._painted = ipywidgets.HTML().add_class("digitlab-painted")
        super().__init__([self.canvas, self._painted])
        self.add_class("digitlab-sheet")
        self._reached = (0, 0)  # what is painted: so many strokes, so many points of the last one
        self._tell_pen_width()  # what is told before a page is ready for it would be lost

    def listen(self, drawing: Drawing, do: Callable[[list[Move], bool], None]) -> None:
        """Tie the browser's events to what a pen can do.

        Parameters
        ----------
        drawing : Drawing
            What the pen draws.
        do : callable
            Called with the moves that a message brings, pairs of one of the drawing's methods and
            the point or the list of points to call it with; and with whether the page shows by
            itself, for now, what comes of them.
        """
        down, move, up = drawing.pen_down, drawing.pen_move, lambda _: drawing.pen_up()
        kinds = {"mouse_down": down, "mouse_move": move, "mouse_up": up}

        def mouse(act: Callable[[Point], bool]) -> Callable[[float, float], None]:
            return lambda x, y: do([(act, _point(x, y))], False)

        def touch(act: Callable[[list[Point]], bool]) -> Callable[[list[Any]], None]:
            return lambda touches: do([(act, [_point(*touch) for touch in touches])], False)

        def several(_: object, content: dict[str, Any], __: object) -> None:
            if content.get("event") == "pen":
                moves = [(kinds[kind], _point(x, y)) for kind, x, y in content["moves"]]
                do(moves, up not in dict(moves))

        canvas = self.canvas
        canvas.on_mouse_down(mouse(down))
        canvas.on_mouse_move(mouse(move))
        canvas.on_mouse_up(mouse(up))
        canvas.on_mouse_out(mouse(up))
        canvas.on_touch_start(touch(drawing.fingers_down))
        canvas.on_touch_move(touch(drawing.fingers_move))
        canvas.on_touch_end(touch(drawing.fingers_up))
        canvas.on_touch_cancel(touch(drawing.fingers_up))
        canvas.on_msg(several)

    def extend(self, drawing: Drawing) -> None:
        """Paint what the pen has added to a drawing since the last time."""
        if not (added := self._added(drawing)):
            return
        with self._painting() as canvas:
            # Each piece of the line by itself, as a page paints it: so the two look the same.
            canvas.stroke_line_segments(OVERSAMPLING * np.array(added, np.float32))
        self._note(drawing)

    def repaint(self, drawing: Drawing) -> None:
        """Paint all of a drawing, on empty paper and with the pen prepared."""
        with self._painting() as canvas:
            canvas.clear()
            canvas.stroke_style = f"rgb{INK}"
            canvas.line_width = OVERSAMPLING * self.pen_width
            canvas.line_cap = canvas.line_join = "round"
            if drawing.image is not None:
                self._lay(canvas, drawing.image.ink)
            for stroke in drawing.strokes:
                canvas.stroke_lines(OVERSAMPLING * np.array(_dotted(stroke), np.float32))
        self._note(drawing)
        self._tell_pen_width()

    def close(self) -> None:
        """Close the canvas that nobody sees too."""
        close_all(self._nowhere)
        super().close()

    def _lay(self, canvas: Canvas, ink: Ink) -> None:
        """Paint an image's ink with the pad's own, fitted and centred: dark mode holds for it."""
        longer = max(ink.shape)
        height, width = (max(1, round(length * self._side / longer)) for length in ink.shape)
        method = Image.Resampling.NEAREST if longer < _BLOCKY else Image.Resampling.BICUBIC
        alpha = Image.fromarray((255 * ink).round().astype(np.uint8))
        coloured = np.empty((height, width, 4), np.uint8)
        coloured[..., :3], coloured[..., 3] = INK, alpha.resize((width, height), method)
        canvas.put_image_data(coloured, (self._side - width) // 2, (self._side - height) // 2)

    def _added(self, drawing: Drawing) -> list[tuple[Point, Point]]:
        """The pieces of line that are not painted yet, each from point to point."""
        strokes, points = self._reached
        since = max(0, strokes - 1)
        added: list[tuple[Point, Point]] = []
        for n, stroke in enumerate(drawing.strokes[since:], start=since):
            begin = points - 1 if n < strokes else 0
            added += itertools.pairwise(_dotted(stroke) if begin == 0 else stroke[begin:])
        return added

    def _note(self, drawing: Drawing) -> None:
        strokes = drawing.strokes
        self._reached = len(strokes), len(strokes[-1]) if strokes else 0

    def _tell_pen_width(self) -> None:
        self._painted.value = f'<i data-pen="{OVERSAMPLING * self.pen_width:g}"></i>'

    @contextmanager
    def _painting(self) -> Iterator[Canvas]:
        """Paint in one message that names its canvas.

        ipycanvas names a canvas only when it changes, and what is sent before a page connects is
        lost: if that was the name, the page's first command fails and it never paints again.
        So each message ends on a canvas that nobody sees, and the next has to name its own.
        """
        failure = None
        with hold_canvas():  # which has no try/finally: an exception inside would hold forever
            try:
                yield self.canvas
            except Exception as error:
                failure = error
            self._nowhere.clear()
        if failure is not None:
            raise failure


def _point(x: float, y: float) -> Point:
    """From canvas pixels to the unit of the strokes."""
    return x / OVERSAMPLING, y / OVERSAMPLING


def _dotted(stroke: list[Point]) -> list[Point]:
    """A line of one point paints nothing; a line from a point to itself is a dot."""
    return stroke if stroke[1:] else 2 * stroke
