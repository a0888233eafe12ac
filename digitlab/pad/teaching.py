"""Teaching: a person says which digit a drawing really was, and the drawing is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets

from digitlab.classifier import Prediction
from digitlab.drawings import Drawings, Tally
from digitlab.errors import DrawingsError
from digitlab.pad.widgets import Panel
from digitlab.preprocess import Size, Strokes

NOUNS: dict[int | None, str] = {digit: f"a {digit}" for digit in range(10)}
NOUNS |= {8: "an 8", None: "not a digit"}
"""What a drawing can be, a digit or none, and how one says so."""


class Teaching(Panel):
    """Eleven buttons to say which digit a drawing really was, and a sentence of thanks.

    Parameters
    ----------
    drawings : Drawings
        Where the drawings are kept.
    **kwargs
        What any ipywidgets box takes, such as ``layout``.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     drawings = Drawings(Path(folder, "drawings.sqlite3"))
    ...     teaching = Teaching(drawings)
    ...     teaching.offer([[(60, 50), (200, 50), (110, 240)]], size=(280, 280), prediction=None)
    ...     teaching.say(7)
    ...     [drawing.label for drawing in drawings]
    [7]
    >>> teaching.close()
    """

    def __init__(self, drawings: Drawings, **kwargs: Any) -> None:
        self.drawings = drawings
        self._strokes: Strokes = []  # what is on the pad now
        self._size = (0.0, 0.0)
        self._prediction: Prediction | None = None
        self._judged: Strokes = []  # what the sentence is about
        self._kept: int | None = None  # its id, where it can be taken back

        layout, style = ipywidgets.Layout(), ipywidgets.ButtonStyle()  # eleven share them
        self._buttons = {
            label: ipywidgets.Button(
                description=noun if label is None else str(label),
                tooltip=f"It was {noun}",
                disabled=True,
                layout=layout,
                style=style,
            )
            for label, noun in NOUNS.items()
        }
        self._said = ipywidgets.HTML().add_class("digitlab-teaching-said")
        # Not "Undo", which is what the pad beside it calls its own.
        self._back = ipywidgets.Button(
            description="Take it back", tooltip="It was a slip: keep nothing of this drawing"
        )
        super().__init__(
            [
                ipywidgets.HTML(
                    '<p class="digitlab-teaching-question">Which digit was it really?</p>'
                ),
                ipywidgets.Box(list(self._buttons.values())).add_class("digitlab-teaching-labels"),
                ipywidgets.HTML(_place(drawings.path)),
                self._said,
                self._back.add_class("digitlab-teaching-back"),
            ],
            sheets=["teaching.css"],
            **kwargs,
        )
        self.add_class("digitlab-teaching")
        self._mark(kept=None)

        for label, button in self._buttons.items():
            button.on_click(lambda _, label=label: self.say(label))
        self._back.on_click(lambda _: self.take_back())

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
            self._mark(kept=None)
        for button in self._buttons.values():
            button.disabled = not self._strokes

    def say(self, label: int | None) -> None:
        """Say which digit is on the pad, None for no digit: what the eleven buttons do.

        Said again of the same drawing, the last word counts. What goes wrong is shown, not raised.
        """
        with self._explaining():
            kept = self.drawings.add(
                self._strokes, size=self._size, label=label, prediction=self._prediction
            )
            self._judged = self._strokes
            self._mark(kept=kept, label=label)
            self._thank(f"Thank you: it was {NOUNS[label]}.")

    def take_back(self) -> None:
        """Keep nothing of the drawing that was corrected last, if any."""
        if self._kept is not None:
            with self._explaining():
                self.drawings.remove(self._kept)
                self._mark(kept=None)
                self._thank("Taken back.")

    def _mark(self, *, kept: int | None, label: int | None = None) -> None:
        """Show which label is kept, and the way back from there; neither where nothing is."""
        self._kept = kept
        # Hidden, not removed, so that nothing below moves.
        self._back.layout.visibility = "hidden" if kept is None else "visible"
        for other, button in self._buttons.items():
            is_chosen = kept is not None and other == label
            mark = button.add_class if is_chosen else button.remove_class
            mark("digitlab-teaching-chosen")

    def _thank(self, thanks: str) -> None:
        self._said.value = f'<p role="status">{thanks} {_count(self.drawings.total())}</p>'

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        """Say on the page what goes wrong: nobody sees a kernel's log."""
        try:
            yield
        except (DrawingsError, ValueError) as error:
            self._said.value = f'<p role="alert">{escape(str(error))}</p>'


def _count(total: Tally) -> str:
    kept = f"Kept: {total.kept:,} drawing{'s' if total.kept != 1 else ''}"
    if not total.read:
        return f"{kept}."
    if total.kept == 1:
        return f"{kept}, and it was read {'right' if total.right else 'wrong'}."
    return f"{kept}, {total.right:,} of them {'was' if total.right == 1 else 'were'} read right."


def _place(path: Path) -> str:
    return (
        '<p class="digitlab-teaching-place">What you say is kept with your strokes in '
        f"<code>{escape(str(path))}</code> on the computer that this runs on, and nothing leaves "
        "it.</p>"
    )
