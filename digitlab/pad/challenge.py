"""The challenge: draw one digit so that the network takes it for another."""

import random

import ipywidgets

from digitlab.classifier import Prediction
from digitlab.front.language import table
from digitlab.pad.answer import share

PAIRS = ((7, 1), (4, 9), (3, 8), (5, 6), (1, 7), (9, 4), (0, 6), (2, 7), (6, 0), (8, 3))
"""What to draw, and what it should be taken for: digits that look alike."""

_CLOSE = 0.05  # from this probability on it is worth saying how near one is


class Challenge(ipywidgets.VBox):
    """A task, and how far the drawing has come; whether a person is fooled too, people must say.

    Parameters
    ----------
    lang : str, optional
        The language that it speaks: ``"en"``, ``"ro"`` or ``"de"``.

    Examples
    --------
    >>> from digitlab import Classifier
    >>> challenge = Challenge()
    >>> seven = [[(60, 50), (200, 50), (110, 240)]]
    >>> challenge.show(Classifier.load().predict_strokes(seven, size=(280, 280)))
    >>> "It says 7. Not fooled yet!" in challenge.text
    True
    """

    def __init__(self, lang: str = "en") -> None:
        self._words = table(lang)["challenge"]
        self._over = table(lang)["pad"]["over"]
        self._pairs = list(PAIRS)
        self._prediction: Prediction | None = None
        self._text = ipywidgets.HTML()
        another = ipywidgets.Button(description=self._words["another"])
        another.on_click(lambda _: self.next())
        super().__init__([self._text, another])
        self.add_class("digitlab-challenge")

    @property
    def text(self) -> str:
        """The task and what came of it so far, as HTML."""
        return self._text.value

    def next(self) -> None:
        """Set another task, any but the one before."""
        self._pairs.append(self._pairs.pop(0))
        self._pairs[1:] = random.sample(self._pairs[1:], len(PAIRS) - 1)
        self.show(self._prediction)

    def show(self, prediction: Prediction | None) -> None:
        """Say how far a drawing has come; None is empty paper."""
        self._prediction = prediction
        (wanted, target), outcome = self._pairs[0], "start"
        values: dict[str, object] = {"wanted": wanted, "target": target}
        if prediction is not None:
            chance = float(prediction.probabilities[target])
            outcome = "nearly" if chance > _CLOSE else "not_yet"
            outcome = "won" if prediction.is_digit and prediction.digit == target else outcome
            values |= {"digit": prediction.digit, "share": share(chance, self._over)}
        task, rule, said = (self._words[key].format(**values) for key in ("task", "rule", outcome))
        self._text.value = (
            f"<p><strong>{task}</strong></p><p>{rule}</p>"
            f'<p class="digitlab-{outcome}" role="status">{said}</p>'
        )
