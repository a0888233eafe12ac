"""Teaching: a person says which digit a drawing really was, and the pad learns it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

import ipywidgets

from digitlab.classifier import Prediction, Taught
from digitlab.drawings import Drawings
from digitlab.errors import DrawingsError
from digitlab.front.language import Words, table
from digitlab.pad.widgets import Panel
from digitlab.preprocess import Picture, Size, Strokes, picture_from_strokes

LABELS: tuple[int | None, ...] = (*range(10), None)
"""What a drawing can be: a digit, or none."""


class Teaching(Panel):
    """Eleven buttons to say which digit a drawing really was, and what came of it.

    Parameters
    ----------
    drawings : Drawings, optional
        Where the drawings are kept; nowhere if not given.
    taught : Taught, optional
        Who learns from them at once; nobody if not given.
    on_change : callable, optional
        Called without arguments when it has learned or forgotten something.
    lang : str, optional
        The language that it speaks: ``"en"``, ``"ro"`` or ``"de"``.
    **kwargs
        What any ipywidgets box takes, such as ``layout``.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from pathlib import Path
    >>> with TemporaryDirectory() as folder:
    ...     drawings = Drawings(Path(folder, "drawings.sqlite3"))
    ...     teaching = Teaching(drawings)
    ...     teaching.offer([[(60, 50), (200, 50), (110, 240)]], size=(280, 280), prediction=None)
    ...     teaching.say(7)
    ...     [drawing.label for drawing in drawings]
    [7]
    >>> teaching.close()
    """

    def __init__(
        self,
        drawings: Drawings | None = None,
        *,
        taught: Taught | None = None,
        on_change: Callable[[], object] = bool,
        lang: str = "en",
        **kwargs: Any,
    ) -> None:
        self.drawings, self.taught, self.on_change = drawings, taught, on_change
        self._words = words = table(lang)["teaching"]
        self._strokes: Strokes = []  # what is on the pad now
        self._size = (0.0, 0.0)
        self._prediction: Prediction | None = None
        self._judged: Strokes = []  # what the sentence is about
        self._lessons: dict[
            str, tuple[Picture, int | None]
        ] = {}  # of strokes: what is kept of them

        layout, style = ipywidgets.Layout(), ipywidgets.ButtonStyle()  # eleven share them
        self._buttons = {
            label: ipywidgets.Button(
                description=_name(label, words),
                tooltip=words["was"].format(digit=_name(label, words)),
                disabled=True,
                layout=layout,
                style=style,
            )
            for label in LABELS
        }
        self._said = ipywidgets.HTML().add_class("digitlab-teaching-said")
        self._back = ipywidgets.Button(description=words["back"], tooltip=words["back_more"])
        self._forget = ipywidgets.Button(description=words["forget"], tooltip=words["forget_more"])
        ways_back = [self._back, self._forget]
        place = words["kept" if drawings is not None else "not_kept"]
        super().__init__(
            [
                ipywidgets.HTML(f'<p class="digitlab-teaching-question">{words["question"]}</p>'),
                ipywidgets.Box(list(self._buttons.values())).add_class("digitlab-teaching-labels"),
                ipywidgets.HTML(f'<p class="digitlab-teaching-place">{place}</p>'),
                self._said,
                ipywidgets.Box(ways_back).add_class("digitlab-teaching-back"),
            ],
            sheets=["teaching.css"],
            **kwargs,
        )
        self.add_class("digitlab-teaching")
        self._mark()

        for label, button in self._buttons.items():
            button.on_click(lambda _, label=label: self.say(label))
        self._back.on_click(lambda _: self.take_back())
        self._forget.on_click(lambda _: self.forget_all())

    def __repr__(self) -> str:
        """Say what it is."""
        return f"{type(self).__name__}({self.drawings!r})"

    def offer(self, strokes: Strokes, *, size: Size, prediction: Prediction | None) -> None:
        """Tell what is on the pad now; cheap enough to be told after each move of the pen.

        Parameters
        ----------
        strokes : list of strokes
            Each a list of points ``(x, y)``, y down. Where there are none, on empty paper or an
            image that was uploaded, there is nothing to correct.
        size : (width, height)
            The pad's size in the same unit.
        prediction : Prediction or None
            What the network says to these strokes.
        """
        self._strokes = [list(stroke) for stroke in strokes]  # a copy: the last one may grow
        self._size, self._prediction = size, prediction
        # Empty paper leaves the thanks, and the way back, until something else is drawn.
        if self._strokes and self._strokes != self._judged:
            self._judged, self._said.value = [], ""
            self._mark()
        for button in self._buttons.values():
            button.disabled = not self._strokes

    def say(self, label: int | None) -> None:
        """Say which digit is on the pad, None for no digit: what the eleven buttons do.

        Said again of the same drawing, the last word counts. What goes wrong is shown, not raised.
        """
        with self._explaining():
            picture, kept = picture_from_strokes(self._strokes, size=self._size), None
            prediction = self._prediction
            if self.taught:  # what is kept is what the network itself says
                prediction = self.taught.base.predict_strokes(self._strokes, size=self._size)
            if self.drawings is not None:
                kept = self.drawings.add(
                    self._strokes, size=self._size, label=label, prediction=prediction
                )
            self._judged = self._strokes
            self._lessons[str(self._judged)] = picture, kept
            if self.taught is not None:
                self.taught.teach(picture, label)
            name = _name(label, self._words)
            thanks = self._words["thanks" if label is not None else "thanks_none"]
            self._changed(thanks.format(digit=name), label)

    def take_back(self) -> None:
        """Forget the drawing that was corrected last, if any."""
        self._unlearn([str(self._judged)], self._words["taken_back"])

    def forget_all(self) -> None:
        """Forget all drawings that were corrected here: the pad reads as it did before."""
        self._unlearn(list(self._lessons), self._words["forgotten"])

    def _unlearn(self, judged: list[str], said: str) -> None:
        with self._explaining():
            for strokes in judged:
                if strokes not in self._lessons:
                    return
                picture, kept = self._lessons[strokes]
                if self.drawings is not None and kept is not None:
                    self.drawings.remove(kept)
                if self.taught is not None:
                    self.taught.forget(picture)
                del self._lessons[strokes]
            self._changed(said)

    def _changed(self, said: str, label: int | None = -1) -> None:
        """Say what has changed, and show which label the drawing has: -1 for none that is kept."""
        self._mark(label)
        if self.taught:
            said += " " + self._words["count"].format(n=len(self.taught))
        self._said.value = f'<p role="status">{said}</p>'
        self.on_change()

    def _mark(self, label: int | None = -1) -> None:
        # Hidden, not removed, so that nothing below moves.
        for button, is_there in ((self._back, label != -1), (self._forget, bool(self._lessons))):
            button.layout.visibility = "visible" if is_there else "hidden"
        for other, button in self._buttons.items():
            mark = button.add_class if other == label else button.remove_class
            mark("digitlab-teaching-chosen")

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        """Say on the page what goes wrong: nobody sees a kernel's log."""
        try:
            yield
        except (DrawingsError, ValueError) as error:
            self._said.value = f'<p role="alert">{escape(str(error))}</p>'


def _name(label: int | None, words: Words) -> str:
    return words["none"] if label is None else str(label)
