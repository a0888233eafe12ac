"""What the pad says: a sentence, ten bars, and the same in words for those who cannot see bars."""

import uuid

import ipywidgets

from digitlab.classifier import Prediction


class Answer(ipywidgets.Box):
    """The place where a pad shows what the network reads.

    Examples
    --------
    >>> from digitlab import Classifier
    >>> answer = Answer()
    >>> strokes = [[(60, 50), (200, 50), (110, 240)]]
    >>> answer.show(Classifier.load().predict_strokes(strokes, size=(280, 280)))
    >>> "Predicted result is <strong>7</strong>" in answer.sentence
    True
    """

    def __init__(self) -> None:
        self._mark = f"digitlab-{uuid.uuid4().hex[:8]}"
        self._sentence = ipywidgets.HTML().add_class("digitlab-answer")
        bars = ipywidgets.HTML(_bars()).add_class("digitlab-bars")
        self._figures = ipywidgets.HTML().add_class("digitlab-figures")
        super().__init__([self._sentence, bars, self._figures])
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

    def show(self, prediction: Prediction | None, *, points: int = 0) -> None:
        """Show a prediction; None asks for a drawing.

        Parameters
        ----------
        prediction : Prediction or None
            What to show.
        points : int, optional
            How many of the pen's points it knows of, for a page that wants to know how far
            behind the pen its bars are: ``data-points`` of ``.digitlab-probabilities``.
        """
        sentence, text, levels = _INVITATION, "Nothing is drawn.", ""
        if prediction is not None:
            sentence, text = _sentence(prediction), _text(prediction)
            levels = _levels(prediction, self._mark)
        self._sentence.value = sentence
        self._figures.value = (
            f'<div class="digitlab-probabilities" data-points="{points}">{text}</div>{levels}'
        )


_INVITATION = (
    '<p class="digitlab-result">Draw a digit</p>'
    '<p class="digitlab-detail">any from 0 to 9, as large as you like</p>'
)


def _sentence(prediction: Prediction) -> str:
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


def _text(prediction: Prediction) -> str:
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


def _levels(prediction: Prediction, mark: str) -> str:
    """The bars' lengths as a style sheet for the box of this mark: one message moves them all."""
    levels = "".join(
        f"--level-{digit}:{level:.4f};--percent-{digit}:{100 * level:.0f};"
        for digit, level in enumerate(prediction.probabilities)
    )
    best = f".{mark} .digitlab-bar:nth-child({prediction.digit + 1})"
    return f"<style>.{mark}{{{levels}}}{best}{{--bar:var(--accent)}}</style>"
