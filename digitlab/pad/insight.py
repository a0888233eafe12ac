"""What the network sees: how the ink gets there, what the layers find, what the answer is due to.

Nothing is computed for a section that is folded. What is open is brought up to date a section at a
time, so that the pen's events are dealt with in between.
"""

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets
import numpy as np

from digitlab.classifier import BaseClassifier, Prediction, occlusion_map
from digitlab.front.language import table
from digitlab.pad.inline_pictures import AGAINST, COLUMNS, FOR, heat_url, montage
from digitlab.pad.templates import html
from digitlab.pad.throttle import Throttle
from digitlab.pad.widgets import Panel, Section
from digitlab.preprocess import Stage, typical_digit

_COLOURS = f".digitlab-insight{{--for:rgb{FOR};--against:rgb{AGAINST}}}"


class Insight(Panel):
    """Three folded sections that show what the network makes of a drawing.

    Parameters
    ----------
    classifier : BaseClassifier
        Who reads the drawing: a `digitlab.Classifier`, or what `digitlab.classifier.as_classifier`
        returned.
    lang : str, optional
        The language that it speaks: ``"en"``, ``"ro"`` or ``"de"``.
    course : str, optional
        Where the notebooks can be read, for a link to the lesson: ``"/site/notebooks/"``.

    Attributes
    ----------
    classifier : BaseClassifier
        As above.
    stages, feature_maps, why : Section
        From the pen to 28 × 28; what each convolution finds; which ink the answer is due to. Set
        ``is_open`` of one to open or fold it.

    Examples
    --------
    >>> from digitlab import Classifier
    >>> from digitlab.preprocess.stages import stages_from_strokes
    >>> classifier, seven = Classifier.load(), [[(60, 50), (200, 50), (110, 240)]]
    >>> insight = Insight(classifier)
    >>> insight.why.is_open = True
    >>> prediction = classifier.predict_strokes(seven, size=(280, 280))
    >>> insight.show(prediction, lambda: stages_from_strokes(seven, size=(280, 280)))
    >>> "more sure that this is a 7" in insight.why.body.value
    True
    >>> insight.close()
    """

    EVERY = 0.1
    """Least time between two states of a section, in seconds."""

    REST = 9
    """So much longer than it took, a section rests: where computing is slow, it moves less."""

    def __init__(self, classifier: BaseClassifier, *, lang: str = "en", course: str = "") -> None:
        self.classifier = classifier
        self._lang, self._course, self._words = lang, course, table(lang)["insight"]
        self._prediction: Prediction | None = None
        self._make_stages: Callable[[], list[Stage]] = list
        self.stages = self._section("stages", self._of_stages)
        self.feature_maps = self._section("maps", self._of_maps)
        self.why = self._section("why", self._of_why)
        self._sections = sections = (self.stages, self.feature_maps, self.why)
        throttles = [Throttle(s.refresh, interval=self.EVERY, rest=self.REST) for s in sections]
        super().__init__(sections, sheets=["insight.css"], rules=_COLOURS, throttles=throttles)
        self.add_class("digitlab-insight")

    def show(self, prediction: Prediction | None, stages: Callable[[], list[Stage]]) -> None:
        """Show this from now on, in what is open; at once where no event loop runs, else soon.

        Parameters
        ----------
        prediction : Prediction or None
            What the network says to the drawing; None where there is none.
        stages : callable
            Makes the drawing's stages, as `stages_from_strokes` does, in case they
            are looked at.
        """
        self._prediction, self._make_stages = prediction, stages
        for section, throttle in zip(self._sections, self._throttles, strict=True):
            if section.is_open:
                throttle.later()

    def _section(self, name: str, values: Callable[[Prediction], dict[str, Any]]) -> Section:
        words = self._words

        def show(body: ipywidgets.HTML) -> None:
            prediction = self._prediction
            shown = {"prediction": prediction, "words": words, "course": self._course}
            try:
                more = {} if prediction is None else values(prediction)
                body.value = html("insight", section=name, **shown, **more)
            except Exception as error:  # nobody sees a kernel's log
                said = words["broken"].format(error=f"{type(error).__name__}: {escape(str(error))}")
                body.value = f'<p role="alert">{said}</p>'
                raise

        return Section(words[name], ipywidgets.HTML, show, lang=self._lang)

    def _of_stages(self, prediction: Prediction) -> dict[str, Any]:
        return {"stages": self._make_stages(), "typical": typical_digit(prediction.digit)}

    def _of_maps(self, prediction: Prediction) -> dict[str, Any]:
        layers = [maps[0] for maps in self.classifier.feature_maps(prediction.picture[None])]
        # Roots, so that you see faint finds.
        shown = [(maps, montage(np.sqrt(maps.clip(0) / (maps.max() or 1)))) for maps in layers]
        return {"layers": shown, "columns": COLUMNS, "kernels": self.classifier.kernels}

    def _of_why(self, prediction: Prediction) -> dict[str, Any]:
        picture = prediction.picture
        relevance = occlusion_map(self.classifier, picture)
        # Odds that change by less than a factor of e hardly change: that is no full colour.
        strength = relevance / max(float(np.abs(relevance).max()), 1.0)
        most = np.unravel_index(relevance.argmax(), relevance.shape)
        inked = np.argwhere(picture)
        share = (most - inked.min(axis=0)) / np.maximum(1, np.ptp(inked, axis=0))
        row, column = np.minimum(2, (3 * share).astype(int))  # thirds, from the top left
        speaks_for, heat = relevance.max() > 0, heat_url(strength, picture)
        return {"heat": heat, "speaks_for": speaks_for, "row": row, "column": column}
