"""What the network sees: how the ink gets there, what the layers find, what the answer is due to.

Nothing is computed for a section that is folded. What is open is brought up to date a section at a
time, so that the pen's events are dealt with in between.
"""

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import NDArray

from digitlab.classifier import BaseClassifier, Prediction, occlusion_map
from digitlab.classifier.prediction import Floats
from digitlab.front.language import Words, table
from digitlab.pad.inline_pictures import AGAINST, COLUMNS, FOR, heat_url, ink_url, montage
from digitlab.pad.section import Section
from digitlab.pad.throttle import Throttle
from digitlab.pad.widgets import Panel
from digitlab.preprocess import PICTURE_SIZE, Ink, Picture, Stage, typical_digit

_COLOURS = f".digitlab-insight{{--for:rgb{FOR};--against:rgb{AGAINST}}}"
_MAP_LEVELS = 16  # greys: enough for pictures of this size, and a third less to send


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
        Where the notebooks can be read, for a link to the lesson: ``"/course/"``.
    **kwargs
        What any ipywidgets box takes, such as ``layout``.

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

    def __init__(
        self, classifier: BaseClassifier, *, lang: str = "en", course: str = "", **kwargs: Any
    ) -> None:
        self.classifier = classifier
        self._lang, self._course, self._words = lang, course, table(lang)["insight"]
        self._prediction: Prediction | None = None
        self._make_stages: Callable[[], list[Stage]] = list
        self.stages = self._section("stages", self._stages_html)
        self.feature_maps = self._section("maps", self._feature_maps_html)
        self.why = self._section("why", self._why_html)
        self._sections = (self.stages, self.feature_maps, self.why)
        throttles = [
            Throttle(section.refresh, interval=self.EVERY, rest=self.REST)
            for section in self._sections
        ]
        super().__init__(
            self._sections, sheets=["insight.css"], rules=_COLOURS, throttles=throttles, **kwargs
        )
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

    def _section(self, name: str, html: Callable[[Prediction], str]) -> Section:
        words = self._words

        def show(body: ipywidgets.HTML) -> None:
            try:
                empty = f"<p>{words['empty']}</p>"
                body.value = empty if self._prediction is None else html(self._prediction)
            except Exception as error:  # nobody sees a kernel's log
                said = words["broken"].format(error=f"{type(error).__name__}: {escape(str(error))}")
                body.value = f'<p role="alert">{said}</p>'
                raise

        return Section(words[name], ipywidgets.HTML, show, lang=self._lang)

    def _lesson(self, name: str, notebook: str) -> str:
        """The link to the lesson where what one sees is made by hand, where there is one to go."""
        if not self._course:
            return ""
        return f' <a href="{self._course}{notebook}">{self._words[f"lesson_{name}"]}</a>'

    def _stages_html(self, prediction: Prediction) -> str:
        words, digit = self._words, prediction.digit
        figures = [
            self._figure(stage, kind="stage", number=str(number))
            for number, stage in enumerate(self._make_stages(), start=1)
        ]
        name = words["typical"].format(digit=digit)
        typical = Stage(name, typical_digit(digit), words["typical_more"])
        figures.append(self._figure(typical, kind="typical"))
        lesson = self._lesson("mnist", "01-meet-the-data")
        return (
            f'<ol class="digitlab-stages">{"".join(figures)}</ol>'
            f'<p class="digitlab-explained">{words["mnist"]}{lesson}</p>'
        )

    def _feature_maps_html(self, prediction: Prediction) -> str:
        words = self._words
        if not self.classifier.has_feature_maps:
            return f"<p>{words['no_maps']}</p>"
        layers = self.classifier.feature_maps(prediction.picture[None])
        kernels = (self.classifier.kernels, *[None] * len(layers))
        tiles = "".join(
            self._layer(number, maps[0], weights, prediction.picture)
            for number, (maps, weights) in enumerate(zip(layers, kernels, strict=False), start=1)
        )
        lesson = self._lesson("maps", "03-a-convolution-by-hand")
        return f'<p>{words["maps_more"]}{lesson}</p><div class="digitlab-maps">{tiles}</div>'

    def _why_html(self, prediction: Prediction) -> str:
        picture, digit, words = prediction.picture, prediction.digit, self._words
        relevance = occlusion_map(self.classifier, picture)
        # Odds that change by less than a factor of e hardly change: that is no full colour.
        strength = relevance / max(float(np.abs(relevance).max()), 1.0)
        place = _where_most(relevance, picture, digit, words)
        alt = words["why_alt"].format(place=place)
        return (
            '<div class="digitlab-why"><div class="digitlab-why-picture">'
            f'{_image(ink_url(0.35 * picture), alt)}<img src="{heat_url(strength, picture)}" '
            f'alt="" decoding="sync"></div><div><p>{words["why_more"].format(digit=digit)}</p>'
            f'<ul><li class="digitlab-for">{words["for"]}</li><li>{words["neutral"]}</li>'
            f'<li class="digitlab-against">{words["against"]}</li></ul></div></div>'
        )

    def _figure(self, stage: Stage, *, kind: str, number: str = "") -> str:
        height, width = stage.picture.shape
        said = (self._words.get(f"stage: {text}", text) for text in (stage.name, stage.caption))
        name, caption = map(escape, said)
        alt = self._words["pixels"].format(name=name, width=width, height=height)
        fine = " digitlab-fine" if max(height, width) > PICTURE_SIZE else ""
        return (
            f'<li class="digitlab-{kind}{fine}">{_image(ink_url(stage.picture), alt)}'
            f"<p><span>{number}</span> <strong>{name}</strong></p><p>{caption}</p></li>"
        )

    def _layer(self, number: int, maps: Floats, kernels: Floats | None, drawing: Ink) -> str:
        count, height, width = maps.shape
        values = {"number": number, "count": count, "width": width, "height": height}
        title, alt = (self._words[key].format(**values) for key in ("layer", "layer_alt"))
        roots = np.sqrt(maps.clip(0) / (maps.max() or 1))  # so that you see faint finds
        image = _image(ink_url(montage(roots), levels=_MAP_LEVELS), alt)
        # For the page's script, which shows one tile large: see front/maps.js.
        shown = {
            "count": count,
            "columns": COLUMNS,
            "drawing": ink_url(drawing),
            "map": self._words["map"],
            "kernel": self._words["kernel"],
            "kernels": "" if kernels is None else kernels.reshape(count, -1).round(2).tolist(),
        }
        data = " ".join(f'data-{name}="{value}"' for name, value in shown.items())
        return f'<div class="digitlab-layer" {data}><p><strong>{title}</strong></p>{image}</div>'


def _image(url: str, alt: str) -> str:
    # Decoded before it is painted: in the place of the picture before, nothing flickers.
    return f'<img src="{url}" alt="{alt}" decoding="sync">'


def _where_most(relevance: Ink, picture: Picture, digit: int, words: Words) -> str:
    """Say in words where the ink is that speaks most for a digit."""
    if relevance.max() <= 0:
        return words["no_ink"].format(digit=digit)
    rows, columns = np.nonzero(picture)
    row, column = np.unravel_index(relevance.argmax(), relevance.shape)
    return words["most"].format(
        digit=digit,
        row=words[f"row_{_third(row, rows)}"],
        column=words[f"column_{_third(column, columns)}"],
    )


def _third(place: np.integer, places: NDArray[np.integer]) -> int:
    share = (place - places.min()) / max(1, np.ptp(places))
    return min(2, int(3 * share))
