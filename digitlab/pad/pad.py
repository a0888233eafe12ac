"""The drawing pad: a canvas, a sentence, and ten bars that move under the pen.

A thin widget that ties its parts together: it hands the browser's events to `history`, has `paper`
paint what came of them, asks the classifier, and has `answer` say it.
"""

import functools
from collections.abc import Callable
from typing import Any

import ipywidgets
import traitlets

from digitlab.classifier import BaseClassifier, Classifier, ReadDigit, Reading, as_classifier
from digitlab.drawings import Drawings
from digitlab.errors import DigitlabError, ImageError
from digitlab.front.language import table
from digitlab.look import MAX_BYTES, PENS_ACROSS
from digitlab.pad.answer import Answer
from digitlab.pad.history import Drawing
from digitlab.pad.insight import Insight
from digitlab.pad.paper import Paper
from digitlab.pad.pen import Move, Pen
from digitlab.pad.teaching import Teaching
from digitlab.pad.templates import html
from digitlab.pad.throttle import Throttle
from digitlab.pad.tools import Tools
from digitlab.pad.traits import DrawnStrokes, Following, StrokesTrait
from digitlab.pad.widgets import Alert, Panel, Section, button
from digitlab.preprocess import ImageSource, Stage, stages_from_ink, stages_from_strokes


@functools.cache
def shipped_classifier() -> Classifier:
    """Load the shipped network once for all pads of this process."""
    return Classifier.load()


class DigitPad(Panel, ipywidgets.ValueWidget):
    """A pad to draw a digit on, which says what it reads while one draws.

    Parameters
    ----------
    classifier : optional
        Who reads: a `Classifier`, a torch module such as `digitlab.lab.CNN`, or any function
        from pictures ``(n, 28, 28)`` to probabilities ``(n, 10)``; see
        `digitlab.classifier.as_classifier`. Default: the shipped network, loaded when it is
        first asked.
    size : int, optional
        Side of the canvas in CSS pixels. A narrow screen shrinks it; the strokes keep this unit
        all the same.
    pen_width : float, optional
        Thickness of the ink on the screen, in the same unit; a fourteenth of the size if not
        given. It is for the eye: the network sees strokes as thick as those it learned from.
    collect : bool or Drawings, optional
        Whether the pad keeps the drawings that somebody corrects, and where: True is the user's
        own file, which is made with the first of them. The pad learns from them in any case.
    insight, teach, challenge : bool, optional
        Whether the pad has a section that shows what the network sees, one where you tell it what
        it got wrong, and one where you try to fool it.
    lang : str, optional
        The language that it speaks: ``"en"``, ``"ro"`` or ``"de"``.
    course : str, optional
        Where the notebooks can be read, for links to them: ``"/site/notebooks/"``.
    **kwargs
        What any ipywidgets box takes, such as ``layout``.

    Attributes
    ----------
    strokes : list of strokes
        Each a list of points ``(x, y)`` in ``[0, size]``, y down. Observe them, or set them to
        draw from Python: a stroke may then be any sequence of points, also an array ``(n, 2)``;
        what is not raises `StrokesError`. Empty while an image is on the pad.
    value : int or None
        The digit or the number that is read; None while there is nothing on the pad, or no one
        number. Read-only, as are the next three: observe them, link from them, or hand the pad to
        `ipywidgets.interact`.
    reading : Reading or None
        All digits that are read, one or several.
    picture : numpy.ndarray or None
        The digit picture that the network saw: ``float32``, ``(28, 28)``, in ``[0, 1]``, ink = 1.
        Of a number, it is that of the digit under the pen, or of the one that was chosen.
    prediction : Prediction or None
        All that the classifier says to that picture.
    pen_width : float
        As above; set it, and what is drawn changes its width on the screen.

    Examples
    --------
    >>> pad = DigitPad()
    >>> pad.strokes = [[(60, 50), (200, 50), (110, 240)]]
    >>> pad.value
    7
    >>> pad.clear()
    >>> pad.value is None
    True
    >>> pad.undo()
    >>> pad.picture.shape, pad.prediction.runner_up != 7
    ((28, 28), True)
    """

    PREDICT_EVERY = 0.015
    """Least time between two predictions while drawing, in seconds: about a frame of the screen."""

    PAINT_EVERY = 1.0
    """The same for painting a stroke that the page shows by itself until the pen is up."""

    strokes = StrokesTrait()
    value = Following()
    picture = Following()
    prediction = Following()
    reading = Following()
    pen_width = traitlets.Float(min=0.1)

    def __init__(
        self,
        *,
        classifier: Any = None,
        size: int = 280,
        pen_width: float | None = None,
        collect: bool | Drawings = True,
        insight: bool = True,
        teach: bool = True,
        challenge: bool = True,
        lang: str = "en",
        course: str = "",
        **kwargs: Any,
    ) -> None:
        pen_width = size / PENS_ACROSS if pen_width is None else pen_width
        self.size, self._sides = size, (size, size)
        self._classifier = None if classifier is None else as_classifier(classifier)
        self._taught: BaseClassifier | None = None  # as soon as there is a section for that
        self._digit: ReadDigit | None = None  # the one of several that the bars are about
        self._lang, self._course, self._words = lang, course, table(lang)["pad"]
        self._drawing = drawing = Drawing()
        self._acts = {
            "down": drawing.pen_down,
            "move": drawing.pen_move,
            "up": lambda _: drawing.pen_up(),
            "cancel": lambda _: self.undo(),
        }
        self._alert = Alert(self._words["broken"])
        guarded = self._alert.guarded
        on = {"moves": guarded(self._draw), "image": guarded(self._upload)}
        pen = Pen(on, label=self._words["paper"], width=pen_width / size)
        self._paper = Paper(drawing, pen, size=size)
        on["ready"] = guarded(self._paper.repaint)
        self._answering = Throttle(guarded(self._predict), interval=self.PREDICT_EVERY)
        self._painting = Throttle(guarded(self._paper.repaint), interval=self.PAINT_EVERY)
        acts = {"undo": self.undo, "redo": self.redo, "clear": self.clear}
        self._steps = [button(self._words, name, guarded(act)) for name, act in acts.items()]
        self._answer = Answer(lang, on_choose=guarded(self._choose))
        self._tools = Tools(pen_width=pen_width, on_picture=guarded(self.read), lang=lang)
        fooling = html("challenge", words=table(lang))
        sections = (
            ("insight", insight, self._make_insight, self._show_insight),
            ("teaching", teach, lambda: self._make_teaching(collect), self._offer),
            ("challenge", challenge, lambda: ipywidgets.HTML(fooling), lambda _: None),
        )
        self._sections = [
            Section(table(lang)[name]["title"], build, show, lang=lang)
            for name, is_wanted, build, show in sections
            if is_wanted
        ]
        mark = f"digitlab-{size}"
        steps = ipywidgets.Box(self._steps).add_class("digitlab-buttons")
        super().__init__(
            [
                ipywidgets.Box([self._paper, self._alert, steps]).add_class("digitlab-paper"),
                self._answer,
                self._tools,
                ipywidgets.Box(self._sections).add_class("digitlab-sections"),
            ],
            sheets=("pad.css", "look.css"),
            rules=f".{mark}{{--digitlab-size:{size}px}}",
            throttles=(self._answering, self._painting),
            pen_width=pen_width,
            **kwargs,
        )
        self.add_class("digitlab-pad").add_class(mark)
        self._follow()
        traitlets.link((self, "pen_width"), (self._tools, "pen_width"))
        traitlets.dlink((self, "pen_width"), (pen, "width"), lambda width: width / size)
        self.observe(lambda _: self._frame(), "pen_width")

    def __repr__(self) -> str:
        """Say what it is."""
        return f"{type(self).__name__}(size={self.size})"

    @property
    def classifier(self) -> BaseClassifier:
        """Who reads."""
        return self._taught or self._classifier or shipped_classifier()

    def clear(self) -> None:
        """Begin on empty paper; `undo` brings back what was there."""
        if not self._drawing.is_empty:
            self._step(self._drawing.replace, [])

    def undo(self) -> None:
        """Take back the last step, if there is one: a stroke, an image, or a `clear`."""
        self._step(self._drawing.undo)

    def redo(self) -> None:
        """Do again what was taken back last, if nothing was drawn since."""
        self._step(self._drawing.redo)

    def read(self, image: ImageSource) -> None:
        """Put an image on the pad in place of strokes, and read it.

        Its ink is shown in the colour of the pad's own. The first stroke begins on empty paper.

        Parameters
        ----------
        image : path, PIL image, array, bytes or str
            See `digitlab.preprocess.read_image`.

        Raises
        ------
        ImageError
            If it is not an image that can be read; what was on the pad stays.
        NothingDrawnError
            If there is nothing on it; what was on the pad stays.
        """
        self._step(self._drawing.replace, [], self.classifier.read(image))

    def stages(self) -> list[Stage]:
        """Return the stages from what is on the pad to the picture: see `preprocess.stages`.

        Raises
        ------
        NothingDrawnError
            If nothing is on it.
        """
        if self._digit is not None and self._drawing.image is not None:
            return stages_from_ink(self._digit.ink)
        drawn, pen_width = self._digit.strokes if self._digit else self.strokes, self.pen_width
        return stages_from_strokes(drawn, size=self._sides, pen_width=pen_width)

    # What the visitor does ----------------------------------------------------------------

    def _draw(self, moves: list[Move]) -> None:
        covered = self._drawing.image is not None
        points = [(kind, (float(x) * self.size, float(y) * self.size)) for kind, x, y in moves]
        has_inked = [self._acts[kind](point) for kind, point in points]
        if covered and any(has_inked):
            self._paper.repaint()
        elif self._drawing.is_down:
            self._painting.soon()  # the browser shows it by itself for now
        else:
            self._painting.cancel()
            self._paper.extend()
        if any(has_inked):
            self._follow()
            self._answering.soon()
        if not self._drawing.is_down:
            self._answering.flush()

    def _upload(self, content: bytes) -> None:
        try:
            if len(content) > MAX_BYTES:
                has, most = f"{len(content) / 1e6:.1f}", f"{MAX_BYTES / 1e6:.0f}"
                raise ImageError(
                    f"This file has {has} MB, and at most {most} MB are accepted: make it smaller, "
                    "or cut the digits out of it."
                )
            self.read(content)
        except DigitlabError as error:
            self._alert.say(self._words["another"].format(problem=f"{str(error).rstrip('.')}."))

    # What is below -------------------------------------------------------------------------

    def _make_insight(self) -> Insight:
        insight = Insight(self.classifier, lang=self._lang, course=self._course)
        insight.stages.is_open = True  # so that there is something to see at once
        return insight

    def _show_insight(self, insight: Insight) -> None:
        insight.classifier = self.classifier
        insight.show(self.prediction, self.stages)

    def _make_teaching(self, collect: Drawings | bool) -> Teaching:
        # Not `collect or …`: an empty one is false.
        drawings = collect if isinstance(collect, Drawings) else (Drawings() if collect else None)
        teaching = Teaching(self.classifier, drawings, on_change=self._predict, lang=self._lang)
        self._taught = teaching.taught
        return teaching

    def _offer(self, teaching: Teaching) -> None:
        teaching.offer(self._digit.strokes if self._digit else [], size=self._sides)

    # What follows from it ------------------------------------------------------------------

    @traitlets.observe("strokes")
    def _on_strokes(self, change: traitlets.Bunch) -> None:
        if change.new != self._drawing.strokes:  # set from Python
            self._step(self._drawing.replace, change.new)

    def _step(self, act: Callable[..., None], *arguments: Any) -> None:
        """Change the drawing as a whole, and all that follows from it."""
        act(*arguments)
        self._painting.cancel()
        self._paper.repaint()
        self._follow()
        self._predict()

    def _follow(self) -> None:
        """Set strokes, buttons and tools to what is on the pad now."""
        drawing = self._drawing
        self.strokes = DrawnStrokes(drawing.strokes)
        useful = drawing.can_undo, drawing.can_redo, not drawing.is_empty
        for step, is_useful in zip(self._steps, useful, strict=True):
            step.disabled = not is_useful
        self._tools.forget_stored()

    def _predict(self) -> None:
        self._answering.cancel()
        reading = self._drawing.image
        if self.strokes:
            reading = self.classifier.read_strokes(self.strokes, size=self._sides)
        self.set_trait("reading", reading)
        # A number's last stroke is where the pen is; of an image, the first digit is looked at.
        self._choose(reading.index_of(self.strokes[-1]) if reading and self.strokes else 0)

    def _choose(self, number: int) -> None:
        """Show what the network says to one of the digits."""
        reading = self.reading
        self._digit = reading and reading.digits[number]
        prediction = self._digit and self._digit.prediction
        self._alert.say("")
        self._answer.show(reading, number, points=sum(map(len, self.strokes)))
        with self.hold_trait_notifications():  # who observes one of them finds all of them new
            self.set_trait("prediction", prediction)
            self.set_trait("picture", prediction and prediction.picture)
            self.set_trait("value", reading and _number(reading))
        self._frame()
        for section in self._sections:
            section.refresh()

    def _frame(self) -> None:
        """Show where the digits of a number are: around all the ink, not only the pen's path."""
        air = self.pen_width / 2 if self.strokes else 0
        self._paper.frames.value = html("frames", reading=self.reading, chosen=self._digit, air=air)


def _number(reading: Reading) -> int | None:
    """The digit or the number that was read; of several lines, or marks alone, there is none."""
    if len(reading.digits) == 1:
        return reading.digits[0].prediction.digit
    return int(reading.text) if reading.text.isdigit() else None
