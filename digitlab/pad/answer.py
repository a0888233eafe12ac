"""What the pad says: a sentence, ten bars, and the same in words for those who cannot see bars."""

from collections.abc import Callable
from typing import Any

import ipywidgets

from digitlab.classifier import Reading
from digitlab.front.language import table
from digitlab.pad.templates import html


class Answer(ipywidgets.Box):
    """The place where a pad shows what the network reads.

    Parameters
    ----------
    lang : str, optional
        The language that it speaks: ``"en"``, ``"ro"`` or ``"de"``.
    on_choose : callable, optional
        Called with the number of the digit whose bars somebody wants to see.

    Examples
    --------
    >>> from digitlab import Classifier
    >>> answer = Answer()
    >>> strokes = [[(60, 50), (200, 50), (110, 240)]]
    >>> answer.show(Classifier.load().read_strokes(strokes, size=(280, 280)))
    >>> "Predicted result is <strong>7</strong>" in answer.children[0].value
    True
    """

    def __init__(self, lang: str = "en", *, on_choose: Callable[[int], object] = bool) -> None:
        self._words = table(lang)["pad"]
        self._sentence = ipywidgets.HTML().add_class("digitlab-answer")
        bars = ipywidgets.HTML(html("bars")).add_class("digitlab-bars")
        self._figures = ipywidgets.HTML().add_class("digitlab-figures")
        self._on_choose, self._is_showing = on_choose, False
        self._chooser = ipywidgets.ToggleButtons(layout={"display": "none"})
        self._chooser.add_class("digitlab-chooser").tooltip = self._words["choose"]
        self._chooser.observe(self._choose, "index")
        super().__init__([self._sentence, bars, self._figures, self._chooser])
        self._mark = f"digitlab-{self.model_id[:8]}"
        self.add_class("digitlab-reading").add_class(self._mark)
        self.show(None)

    def _choose(self, change: Any) -> None:
        if not self._is_showing and change.new is not None:
            self._on_choose(change.new)

    def show(self, reading: Reading | None, chosen: int = 0, *, points: int = 0) -> None:
        """Show what was read; None asks for a drawing.

        Parameters
        ----------
        reading : Reading or None
            What to show. The digits of a number are offered to choose from.
        chosen : int, optional
            Which of its digits the bars are about.
        points : int, optional
            How many of the pen's points it knows of, for a page that wants to know how far
            behind the pen its bars are: ``data-points`` of ``.digitlab-probabilities``.
        """
        said = [d.prediction for d in reading.digits] if reading and reading.digits[1:] else []
        shown = {"reading": reading, "chosen": chosen, "words": self._words}
        self._sentence.value = html("sentence", **shown)
        self._figures.value = html("figures", points=points, mark=self._mark, **shown)
        # ToggleButtons tells its buttons apart by what they say: spaces of no width follow.
        labels = [(str(p.digit) if p.is_digit else "?") + "\u200b" * n for n, p in enumerate(said)]
        self._is_showing = True
        if labels != [label for label, _ in self._chooser.options]:
            self._chooser.options = list(zip(labels, range(len(labels)), strict=True))
        self._chooser.index = chosen if labels else None
        self._chooser.layout.display = "flex" if labels else "none"
        self._is_showing = False
