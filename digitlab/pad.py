"""The drawing pad: a canvas, a sentence, and ten bars that move under the pen.

A thin widget over `digitlab.pen`: it hands the browser's events down, paints the ink that came of
them, asks the classifier, and shows the answer.
"""

import asyncio
import functools
import math
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path

import ipywidgets
import numpy as np
import traitlets
from ipycanvas import Canvas, hold_canvas

from digitlab.classifier import Classifier, Prediction
from digitlab.errors import StrokesError
from digitlab.pen import Drawing, Point, Strokes

_INK = "#1d2733"  # the stylesheet inverts the canvas where the page is dark
_STYLESHEET = Path(__file__).with_name("pad.css")


@functools.cache
def shipped_classifier() -> Classifier:
    """Load the shipped network once for all pads of this process."""
    return Classifier.load()


class _StrokesTrait(traitlets.TraitType):
    """Strokes, from whatever sequences: kept as lists of lists of pairs of floats."""

    def make_dynamic_default(self) -> Strokes:
        return []

    def validate(self, _, value: object) -> Strokes:
        try:
            strokes = [[(float(x), float(y)) for x, y in stroke] for stroke in value]
        except (TypeError, ValueError):
            raise StrokesError(
                "These are not strokes: expected a list of strokes, each a list of points (x, y), "
                f"got {value!r:.80}"
            ) from None
        if not np.isfinite([xy for stroke in strokes for point in stroke for xy in point]).all():
            raise StrokesError("These strokes hold a point that is not a finite number.")
        return [stroke for stroke in strokes if stroke]


class DigitPad(ipywidgets.VBox):
    """A pad to draw a digit on, which says what it reads while one draws.

    Parameters
    ----------
    classifier : Classifier, optional
        Who reads. Default: the shipped network, loaded when it is first asked.
    size : int, optional
        Side of the canvas in CSS pixels. A narrow screen shrinks it; the strokes keep this unit
        all the same.
    pen_width : float, optional
        Thickness of the ink on the screen, in the same unit; a fourteenth of the size if not
        given. It is for the eye: the network sees strokes as thick as those it learned from.
    **kwargs
        What any ipywidgets box takes, such as ``layout``.

    Attributes
    ----------
    strokes : list of strokes
        Each a list of points ``(x, y)`` in ``[0, size]``, y down. Observe them, or set them to
        draw from Python: a stroke may then be any sequence of points, also an array ``(n, 2)``;
        what is not raises `StrokesError`.
    prediction : Prediction or None
        What the classifier reads in these strokes; None while there are none. Read-only.

    Examples
    --------
    >>> pad = DigitPad()
    >>> pad.strokes = [[(60, 50), (200, 50), (110, 240)]]
    >>> pad.prediction.digit
    7
    >>> pad.clear()
    >>> pad.prediction is None
    True
    """

    PREDICT_EVERY = 0.03
    """Least time between two predictions while drawing, in seconds; the eye wants no more."""

    OVERSAMPLING = 2
    """Canvas pixels per CSS pixel, so that ink is crisp on screens of high density."""

    strokes = _StrokesTrait()
    prediction = traitlets.Instance(Prediction, allow_none=True, read_only=True)

    def __init__(
        self,
        *,
        classifier: Classifier | None = None,
        size: int = 280,
        pen_width: float | None = None,
        **kwargs,
    ):
        self.size = size
        self.pen_width = size / 14 if pen_width is None else pen_width
        self._classifier = classifier
        self._drawing = Drawing(reach=size / 4)
        self._update: asyncio.TimerHandle | None = None
        self._updated = -math.inf
        self._mark = f"digitlab-{uuid.uuid4().hex[:8]}"

        self._canvas = Canvas(width=size * self.OVERSAMPLING, height=size * self.OVERSAMPLING)
        self._canvas.add_class("digitlab-canvas")
        self._nowhere = Canvas(width=1, height=1)  # see _painting
        self._answer = ipywidgets.HTML().add_class("digitlab-answer")
        self._levels = ipywidgets.HTML().add_class("digitlab-levels")
        self._text = ipywidgets.HTML().add_class("digitlab-probabilities")
        self._complaint = ipywidgets.HTML().add_class("digitlab-complaint")
        undo = ipywidgets.Button(description="Undo", tooltip="Take back the last stroke")
        clear = ipywidgets.Button(description="Clear", tooltip="Start on empty paper")
        bars = ipywidgets.HTML(_bars()).add_class("digitlab-bars")
        style = f"<style>{_STYLESHEET.read_text()}.{self._mark}{{--digitlab-size:{size}px}}</style>"
        super().__init__(
            [
                ipywidgets.HTML(style).add_class("digitlab-style"),
                _box("paper", self._canvas, _box("buttons", undo, clear)),
                _box("reading", self._answer, bars, self._text, self._levels),
                self._complaint,
            ],
            **kwargs,
        )
        self.add_class("digitlab-pad").add_class(self._mark)
        self._show()

        undo.on_click(lambda _: self._guarded(self.undo))
        clear.on_click(lambda _: self._guarded(self.clear))
        self._listen()

    def __repr__(self) -> str:
        """Say what it is; the text form of a box would be its whole style sheet."""
        return f"{type(self).__name__}(size={self.size})"

    def clear(self) -> None:
        """Remove everything that is drawn."""
        self.strokes = []

    def undo(self) -> None:
        """Remove the last stroke, if there is one."""
        self.strokes = self.strokes[:-1]

    # What the visitor does ----------------------------------------------------------------

    def _listen(self) -> None:
        """Tie the browser's events to what a pen can do."""
        canvas, drawing = self._canvas, self._drawing

        def mouse(act: Callable[[Point], bool]) -> Callable[[float, float], None]:
            return lambda x, y: self._guarded(self._draw, act, self._point(x, y))

        def touch(act: Callable[[list[Point]], bool]) -> Callable[[list], None]:
            return lambda touches: self._guarded(
                self._draw, act, [self._point(*touch) for touch in touches]
            )

        canvas.on_mouse_down(mouse(drawing.pen_down))
        canvas.on_mouse_move(mouse(drawing.pen_move))
        canvas.on_mouse_up(mouse(lambda _: drawing.pen_up()))
        canvas.on_mouse_out(mouse(lambda _: drawing.pen_up()))
        canvas.on_touch_start(touch(drawing.fingers_down))
        canvas.on_touch_move(touch(drawing.fingers_move))
        canvas.on_touch_end(touch(drawing.fingers_up))
        canvas.on_touch_cancel(touch(drawing.fingers_up))
        # A page that connects, or is loaded again, has seen nothing of what was painted so far.
        canvas.on_client_ready(lambda: self._guarded(self._repaint))

    def _point(self, x: float, y: float) -> Point:
        """From canvas pixels to the pad's own unit."""
        return x / self.OVERSAMPLING, y / self.OVERSAMPLING

    def _draw(self, act: Callable, where: Point | list[Point]) -> None:
        if act(where):
            self._paint([self._drawing.strokes[-1][-2:]])
            self.strokes = self._drawing.strokes

    def _guarded(self, act: Callable, *arguments) -> None:
        """Do what an event asks for; if it fails say so on the page: nobody sees a kernel's log."""
        try:
            act(*arguments)
        except Exception as error:
            self._complaint.value = (
                '<p role="alert">Something went wrong on this pad, please reload the page. '
                f"({escape(type(error).__name__)}: {escape(str(error))})</p>"
            )
            raise

    # What follows from it ------------------------------------------------------------------

    @traitlets.observe("strokes")
    def _on_strokes(self, change: traitlets.Bunch) -> None:
        if change.new == self._drawing.strokes:  # from the pen, and painted already
            self._predict_soon()
        else:
            self._drawing.replace(change.new)
            self._repaint()
            self._predict()

    def _predict_soon(self) -> None:
        """Predict when the waiting events are through: they come faster than answers."""
        loop = asyncio.get_running_loop()
        # A timer that is long overdue belongs to a loop that ended with its browser tab.
        if self._update is None or self._update.when() < loop.time() - 1:
            when = max(loop.time(), self._updated + self.PREDICT_EVERY)
            self._update = loop.call_at(when, self._guarded, self._predict)

    def _predict(self) -> None:
        if self._update is not None:
            self._update.cancel()
            self._update = None
        prediction = None
        if self.strokes:
            classifier = self._classifier or shipped_classifier()
            prediction = classifier.predict_strokes(self.strokes, size=(self.size, self.size))
        self._updated = time.monotonic()
        self._complaint.value = ""
        self.set_trait("prediction", prediction)

    @traitlets.observe("prediction")
    def _on_prediction(self, _: traitlets.Bunch) -> None:
        self._show()

    # What the visitor sees -------------------------------------------------------------------

    def _show(self) -> None:
        self._answer.value = _sentence(self.prediction)
        self._levels.value = _levels(self.prediction, self._mark)
        self._text.value = _text(self.prediction)

    def _repaint(self) -> None:
        self._paint(self._drawing.strokes, anew=True)

    def _paint(self, strokes: Strokes, *, anew: bool = False) -> None:
        """Send ink to the canvas; ``anew`` on empty paper, with the pen prepared."""
        # A line of one point paints nothing; a line from a point to itself is a dot.
        lines = [
            self.OVERSAMPLING * np.array(stroke if stroke[1:] else 2 * stroke, np.float32)
            for stroke in strokes
        ]
        with self._painting() as canvas:
            if anew:
                canvas.clear()
                canvas.stroke_style = _INK
                canvas.line_width = self.OVERSAMPLING * self.pen_width
                canvas.line_cap = canvas.line_join = "round"
            for line in lines:
                canvas.stroke_lines(line)

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
                yield self._canvas
            except Exception as error:
                failure = error
            self._nowhere.clear()
        if failure is not None:
            raise failure


def _box(name: str, *children: ipywidgets.Widget) -> ipywidgets.Box:
    return ipywidgets.Box(children).add_class(f"digitlab-{name}")


def _sentence(prediction: Prediction | None) -> str:
    if prediction is None:
        return (
            '<p class="digitlab-result">Draw a digit</p>'
            '<p class="digitlab-detail">any from 0 to 9, as large as you like</p>'
        )
    runner_up = prediction.runner_up
    answer = f"Predicted result is <strong>{prediction.digit}</strong>"
    sure = (
        f"{_share(prediction.confidence)} sure, "
        f"runner-up {runner_up} ({_share(prediction.probabilities[runner_up])})"
    )
    if prediction.is_digit:
        return f'<p class="digitlab-result">{answer}</p><p class="digitlab-detail">{sure}</p>'
    return (
        '<div class="digitlab-result"><p>Not a digit?</p>'
        f'<p class="digitlab-detail">{answer}, {sure}</p></div>'
    )


def _share(probability: float) -> str:
    """A probability as a person would say it: never quite certain, never quite impossible."""
    if probability > 0.99:
        return "over 99&nbsp;%"
    if probability < 0.01:
        return "under 1&nbsp;%"
    return f"{100 * probability:.0f}&nbsp;%"


def _text(prediction: Prediction | None) -> str:
    """The ten probabilities for those who cannot see bars."""
    if prediction is None:
        return "Nothing is drawn."
    percents = 100 * prediction.probabilities
    return ", ".join(f"{digit}: {percent:.0f} %" for digit, percent in enumerate(percents))


def _bars() -> str:
    """Ten bars whose lengths and figures come from `_levels`; they stay, so they can glide."""
    return "".join(
        f'<div class="digitlab-bar" aria-hidden="true" '
        f'style="--level:var(--level-{digit},0);--percent:var(--percent-{digit},0)">'
        f"<span>{digit}</span><i></i><b></b></div>"
        for digit in range(10)
    )


def _levels(prediction: Prediction | None, mark: str) -> str:
    """The bars' lengths as a style sheet for the pad with this mark: one message moves them all."""
    if prediction is None:
        return ""
    levels = "".join(
        f"--level-{digit}:{level:.4f};--percent-{digit}:{100 * level:.0f};"
        for digit, level in enumerate(prediction.probabilities)
    )
    best = f".{mark} .digitlab-bar:nth-child({prediction.digit + 1})"
    return f"<style>.{mark}{{{levels}}}{best}{{--bar:var(--accent)}}</style>"
