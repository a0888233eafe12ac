"""The paper: the canvas that one draws on, and what is painted there."""

from collections.abc import Iterator
from contextlib import contextmanager

import ipywidgets
import numpy as np
from ipycanvas import Canvas, hold_canvas
from PIL import Image

from digitlab.look import INK
from digitlab.pad.curve import curve
from digitlab.pad.history import Drawing
from digitlab.pad.pen import Pen
from digitlab.pad.widgets import close_all
from digitlab.preprocess import Ink, Strokes

OVERSAMPLING = 2
"""Canvas pixels per CSS pixel, unless the screen has more."""

_BLOCKY = 64  # pixels: a smaller image is shown as what it is made of, and not as a blur


class Paper(ipywidgets.Box):
    """A square canvas with the ink of a drawing, and the pen that draws on it.

    Parameters
    ----------
    drawing : Drawing
        What is painted: its strokes, or the ``ink`` of its image.
    pen : Pen
        What draws on it in the browser; set its width, and all is painted anew.
    size : int
        Side in CSS pixels, which are also the unit of the strokes.

    Attributes
    ----------
    canvas : ipycanvas.Canvas
        What one draws on.
    frames : ipywidgets.HTML
        What lies over it and shows where the digits of a number are.
    """

    def __init__(self, drawing: Drawing, pen: Pen, *, size: int) -> None:
        self._drawing, self._pen, self._size = drawing, pen, size
        pen.resolution = side = size * OVERSAMPLING
        self.canvas = Canvas(width=side, height=side).add_class("digitlab-canvas")
        self._nowhere = Canvas(width=1, height=1)  # see _painting
        self.frames = ipywidgets.HTML().add_class("digitlab-frames")
        super().__init__([self.canvas, pen, self.frames])
        self.add_class("digitlab-sheet")
        self._painted = 0  # how many strokes are
        self._may_bend = False  # the last of them, because it was not yet at its end
        pen.observe(lambda _: self.repaint(), ["width", "resolution"])

    def extend(self) -> None:
        """Paint the strokes that came since the last time."""
        if self._may_bend:
            self.repaint()
        elif strokes := self._drawing.strokes[self._painted :]:
            with self._painting() as canvas:
                self._draw(canvas, strokes)

    def repaint(self) -> None:
        """Paint all of the drawing, on empty paper and with the pen prepared."""
        self.canvas.width = self.canvas.height = side = self._pen.resolution
        with self._painting() as canvas:
            canvas.clear()
            canvas.stroke_style = self._pen.colour
            canvas.line_width = self._pen.width * side
            canvas.line_cap = canvas.line_join = "round"
            if self._drawing.image is not None:
                self._lay(canvas, self._drawing.image.ink)
            self._draw(canvas, self._drawing.strokes)

    def close(self) -> None:
        """Close the canvas that nobody sees too."""
        close_all(self._nowhere)
        super().close()

    def _lay(self, canvas: Canvas, ink: Ink) -> None:
        """Paint an image's ink with the pad's own, fitted and centred: dark mode holds for it."""
        side, longer = self._pen.resolution, max(ink.shape)
        height, width = (max(1, round(length * side / longer)) for length in ink.shape)
        method = Image.Resampling.NEAREST if longer < _BLOCKY else Image.Resampling.BICUBIC
        alpha = Image.fromarray((255 * ink).round().astype(np.uint8))
        coloured = np.empty((height, width, 4), np.uint8)
        coloured[..., :3], coloured[..., 3] = INK, alpha.resize((width, height), method)
        canvas.put_image_data(coloured, (side - width) // 2, (side - height) // 2)

    def _draw(self, canvas: Canvas, strokes: Strokes) -> None:
        scale = self._pen.resolution / self._size
        for stroke in strokes:
            canvas.stroke_lines((scale * curve(stroke, size=self._size)).astype(np.float32))
        self._painted, self._may_bend = len(self._drawing.strokes), self._drawing.is_down

    @contextmanager
    def _painting(self) -> Iterator[Canvas]:
        """Paint in one message that names its canvas.

        ipycanvas names a canvas only when it changes, and what is sent before a page connects is
        lost: if that was the name, the page's first command fails and it never paints again.
        So each message ends on a canvas that nobody sees, and the next has to name its own.
        """
        hold = hold_canvas()  # which has no try/finally: an exception inside would hold forever
        hold.__enter__()
        try:
            yield self.canvas
        finally:
            self._nowhere.clear()
            hold.__exit__(None, None, None)
