"""Teaching: a person says which digit a drawing really was, and the pad learns it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape

import ipywidgets

from digitlab.classifier import BaseClassifier, Taught
from digitlab.drawings import Drawings
from digitlab.errors import DrawingsError
from digitlab.front.language import table
from digitlab.pad.widgets import Panel, button
from digitlab.preprocess import Picture, Size, Strokes


class Teaching(Panel):
    """Eleven buttons to say which digit a drawing really was, and what came of it.

    Parameters
    ----------
    classifier : BaseClassifier
        What reads the drawings. It makes use of each drawing as soon as you teach it.
    drawings : Drawings, optional
        Where the drawings are kept; nowhere if not given.
    on_change : callable, optional
        Called without arguments when it has learned or forgotten something.
    lang : str, optional
        The language that it speaks: ``"en"``, ``"ro"`` or ``"de"``.

    Attributes
    ----------
    taught : Taught
        The classifier, with what it has learned since.

    Examples
    --------
    >>> from digitlab import Classifier
    >>> teaching = Teaching(Classifier.load())
    >>> teaching.offer([[(60, 50), (200, 50), (110, 240)]], size=(280, 280))
    >>> teaching.say(7)
    >>> len(teaching.taught)
    1
    >>> teaching.close()
    """

    def __init__(
        self,
        classifier: BaseClassifier,
        drawings: Drawings | None = None,
        *,
        on_change: Callable[[], object] = bool,
        lang: str = "en",
    ) -> None:
        self.taught, self.drawings, self.on_change = Taught(classifier), drawings, on_change
        self._words = words = table(lang)["teaching"]
        self._strokes: Strokes = []  # what is on the pad now
        self._size = (0.0, 0.0)
        self._judged: Strokes = []  # what the sentence is about
        # Of strokes that were corrected: what was learned, and what is kept.
        self._lessons: dict[str, tuple[Picture, int | None]] = {}

        # Eleven buttons have one of each.
        same = {"disabled": True, "layout": ipywidgets.Layout(), "style": ipywidgets.ButtonStyle()}
        self._names: dict[int | None, str] = {n: str(n) for n in range(10)} | {None: words["none"]}
        self._buttons = {
            label: ipywidgets.Button(
                description=name, tooltip=words["was"].format(digit=name), **same
            )
            for label, name in self._names.items()
        }
        self._said = ipywidgets.HTML().add_class("digitlab-teaching-said")
        self._back = button(words, "back", self.take_back)
        self._forget = button(words, "forget", self.forget_all)
        place = words["kept" if drawings is not None else "not_kept"]
        super().__init__(
            [
                ipywidgets.HTML(f'<p class="digitlab-teaching-question">{words["question"]}</p>'),
                ipywidgets.Box([*self._buttons.values()]).add_class("digitlab-teaching-labels"),
                ipywidgets.HTML(f'<p class="digitlab-teaching-place">{place}</p>'),
                self._said,
                ipywidgets.Box([self._back, self._forget]).add_class("digitlab-teaching-back"),
            ],
            sheets=["teaching.css"],
        )
        self.add_class("digitlab-teaching")
        self._mark()
        for label, choice in self._buttons.items():
            choice.on_click(lambda _, label=label: self.say(label))

    def offer(self, strokes: Strokes, *, size: Size) -> None:
        """Tell what is on the pad now; cheap enough to be told after each move of the pen.

        Parameters
        ----------
        strokes : list of strokes
            Each a list of points ``(x, y)``, y down. Where there are none, on empty paper or an
            image that was uploaded, there is nothing to correct.
        size : (width, height)
            The pad's size in the same unit.
        """
        self._strokes = [list(stroke) for stroke in strokes]  # a copy: the last one may grow
        self._size = size
        # Empty paper leaves the thanks, and the way back, until something else is drawn.
        if self._strokes and self._strokes != self._judged:
            self._judged, self._said.value = [], ""
            self._mark()
        for choice in self._buttons.values():
            choice.disabled = not self._strokes

    def say(self, label: int | None) -> None:
        """Say which digit is on the pad, None for no digit: what the eleven buttons do.

        Said again of the same drawing, the last word counts. What goes wrong is shown, not raised.
        """
        with self._explaining():
            strokes, size, kept = self._strokes, self._size, None
            said = self.taught.base.predict_strokes(strokes, size=size)  # the network itself
            if self.drawings is not None:
                kept = self.drawings.add(strokes, size=size, label=label, prediction=said)
            self._judged = strokes
            self._lessons[str(strokes)] = said.picture, kept
            self.taught.teach(said.picture, label)
            thanks = self._words["thanks" if label is not None else "thanks_none"]
            self._changed(thanks.format(digit=self._names[label]), label)

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
        for way, is_there in ((self._back, label != -1), (self._forget, bool(self._lessons))):
            way.layout.visibility = "visible" if is_there else "hidden"
        for other, choice in self._buttons.items():
            mark = choice.add_class if other == label else choice.remove_class
            mark("digitlab-teaching-chosen")

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        """Say on the page what goes wrong: nobody sees a kernel's log."""
        try:
            yield
        except (DrawingsError, ValueError) as error:
            self._said.value = f'<p role="alert">{escape(str(error))}</p>'
