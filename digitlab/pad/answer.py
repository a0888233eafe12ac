"""What the pad says: a sentence, ten bars, and the same in words for those who cannot see bars."""

import uuid
from collections.abc import Callable
from typing import Any

import ipywidgets

from digitlab.classifier import Prediction, Reading
from digitlab.front.language import Words, table

__all__ = ["Answer", "share"]


_LONGEST = 24  # characters of a number that is shown


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
    >>> answer.show(Classifier.load().predict_strokes(strokes, size=(280, 280)))
    >>> "Predicted result is <strong>7</strong>" in answer.sentence
    True
    """

    def __init__(
        self, lang: str = "en", *, on_choose: Callable[[int], object] = lambda _: None
    ) -> None:
        self._words = table(lang)["pad"]
        self._mark = f"digitlab-{uuid.uuid4().hex[:8]}"
        self._sentence = ipywidgets.HTML().add_class("digitlab-answer")
        bars = ipywidgets.HTML(_bars()).add_class("digitlab-bars")
        self._figures = ipywidgets.HTML().add_class("digitlab-figures")
        self._on_choose, self._is_showing = on_choose, False
        self._chooser = ipywidgets.ToggleButtons(layout={"display": "none"})
        self._chooser.add_class("digitlab-chooser").tooltip = self._words["choose"]
        self._chooser.observe(self._choose, "index")
        super().__init__([self._sentence, bars, self._figures, self._chooser])
        self.add_class("digitlab-reading").add_class(self._mark)
        self.show(None)

    @property
    def sentence(self) -> str:
        """The sentence that is shown, as HTML."""
        return self._sentence.value

    @property
    def figures(self) -> str:
        """The ten probabilities, as HTML: in words, and as a style sheet that moves the bars."""
        return self._figures.value

    def _choose(self, change: Any) -> None:
        if not self._is_showing and change.new is not None:
            self._on_choose(change.new)

    def show_digits(self, reading: Reading | None, chosen: int) -> None:
        """Offer the digits of a number to choose from; the bars are about the chosen one.

        Parameters
        ----------
        reading : Reading or None
            What was read; a single digit leaves nothing to choose.
        chosen : int
            Which of its digits is chosen.
        """
        several = reading.digits if reading is not None and len(reading.digits) > 1 else []
        labels = [str(d.prediction.digit) if d.prediction.is_digit else "?" for d in several]
        self._is_showing = True
        if labels != [label for label, _ in self._chooser.options]:
            self._chooser.options = list(zip(labels, range(len(labels)), strict=True))
        self._chooser.index = chosen if labels else None
        self._chooser.layout.display = "flex" if labels else "none"
        self._is_showing = False

    def show(
        self, prediction: Prediction | None, *, points: int = 0, number: str | None = None
    ) -> None:
        """Show a prediction; None asks for a drawing.

        Parameters
        ----------
        prediction : Prediction or None
            What to show.
        points : int, optional
            How many of the pen's points it knows of, for a page that wants to know how far
            behind the pen its bars are: ``data-points`` of ``.digitlab-probabilities``.
        number : str, optional
            The digits as text, of a number that the prediction is a part of.
        """
        sentence, text, levels = _invitation(self._words), self._words["nothing"], ""
        if prediction is not None:
            sentence, text = _sentence(prediction, self._words, number), _text(prediction)
            levels = _levels(prediction, self._mark)
        self._sentence.value = sentence
        self._figures.value = (
            f'<div class="digitlab-probabilities" data-points="{points}">{text}</div>{levels}'
        )


def share(probability: float, over: str) -> str:
    """Say a probability as a person would: never quite certain, and then with these words."""
    return over if probability > 0.99 else f"{_percent(probability)}&nbsp;%"


def _percent(probability: float) -> int:
    """In whole percent; 100 would be a promise that no network can give."""
    return min(99, round(100 * probability))


def _invitation(words: Words) -> str:
    return (
        f'<p class="digitlab-result">{words["invitation"]}</p>'
        f'<p class="digitlab-detail">{words["invitation_more"]}</p>'
    )


def _sentence(prediction: Prediction, words: Words, number: str | None) -> str:
    runner_up = prediction.runner_up
    chance = float(prediction.probabilities[runner_up])
    answer = words["result"].format(digit=prediction.digit)
    sure = words["sure"].format(share=share(prediction.confidence, words["over"]))
    if _percent(chance):
        sure += ", " + words["next"].format(digit=runner_up, share=share(chance, words["over"]))
    if number:
        sure = f"{prediction.digit}: {sure}" if prediction.is_digit else words["doubt"]
        number = number.replace("\n", " / ")
        if len(number) > _LONGEST:
            number = f"{number[: _LONGEST - 1]}…"
        answer = words["result"].format(digit=number)
    if number or prediction.is_digit:
        return f'<p class="digitlab-result">{answer}</p><p class="digitlab-detail">{sure}</p>'
    return (
        f'<div class="digitlab-result"><p>{words["doubt"]}</p>'
        f'<p class="digitlab-detail">{answer}, {sure}</p></div>'
    )


def _text(prediction: Prediction) -> str:
    percents = map(_percent, prediction.probabilities)
    return ", ".join(f"{digit}: {percent} %" for digit, percent in enumerate(percents))


def _bars() -> str:
    """Ten bars whose lengths and figures come from `_levels`; they stay, so they can glide."""
    return "".join(
        f'<div class="digitlab-bar" aria-hidden="true" '
        f'style="--level:var(--level-{digit},0);--percent:var(--percent-{digit},0)">'
        f"<span>{digit}</span><i></i><b></b></div>"
        for digit in range(10)
    )


def _levels(prediction: Prediction, mark: str) -> str:
    """The bars' lengths as a style sheet for the box of this mark: one message moves them all."""
    levels = "".join(
        f"--level-{digit}:{level:.4f};--percent-{digit}:{_percent(level)};"
        for digit, level in enumerate(prediction.probabilities)
    )
    best = f".{mark} .digitlab-bar:nth-child({prediction.digit + 1})"
    return f"<style>.{mark}{{{levels}}}{best}{{--bar:var(--accent)}}</style>"
