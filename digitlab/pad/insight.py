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
from digitlab.pad.inline_pictures import AGAINST, FOR, heat_url, ink_url, montage
from digitlab.pad.section import Section
from digitlab.pad.throttle import Throttle
from digitlab.pad.widgets import Panel
from digitlab.preprocess import PICTURE_SIZE, Ink, Picture, Stage, typical_digit

_COLOURS = f".digitlab-insight{{--for:rgb{FOR};--against:rgb{AGAINST}}}"
_EMPTY = "<p>Draw a digit to see this.</p>"
_MAP_LEVELS = 16  # greys: enough for pictures of this size, and a third less to send
_ORDINALS = ("first", "second", "third")


class Insight(Panel):
    """Three folded sections that show what the network makes of a drawing.

    Parameters
    ----------
    classifier : BaseClassifier
        Who reads the drawing: a `digitlab.Classifier`, or what `digitlab.classifier.as_classifier`
        returned.
    **kwargs
        What any ipywidgets box takes, such as ``layout``.

    Attributes
    ----------
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
    >>> "speaks for 7" in insight.why.body.value
    True
    >>> insight.close()
    """

    EVERY = 0.1
    """Least time between two states of a section, in seconds."""

    REST = 9
    """So much longer than it took, a section rests: where computing is slow, it moves less."""

    def __init__(self, classifier: BaseClassifier, **kwargs: Any) -> None:
        self._classifier = classifier
        self._prediction: Prediction | None = None
        self._make_stages: Callable[[], list[Stage]] = list
        self.stages = self._section("From pen to 28 × 28", self._stages_html)
        self.feature_maps = self._section("Feature maps", self._feature_maps_html)
        self.why = self._section("Why?", self._why_html)
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

    def _section(self, title: str, html: Callable[[Prediction], str]) -> Section:
        def show(body: ipywidgets.HTML) -> None:
            try:
                body.value = _EMPTY if self._prediction is None else html(self._prediction)
            except Exception as error:  # nobody sees a kernel's log
                body.value = (
                    '<p role="alert">This could not be shown. '
                    f"({escape(type(error).__name__)}: {escape(str(error))})</p>"
                )
                raise

        return Section(title, ipywidgets.HTML, show)

    def _stages_html(self, prediction: Prediction) -> str:
        figures = [
            _figure(stage, kind="stage", number=str(number))
            for number, stage in enumerate(self._make_stages(), start=1)
        ]
        digit, caption = prediction.digit, "From the digits that MNIST has to learn from."
        typical = Stage(f"A typical {digit}", typical_digit(digit), caption)
        figures.append(_figure(typical, kind="typical"))
        return f'<ol class="digitlab-stages">{"".join(figures)}</ol>'

    def _feature_maps_html(self, prediction: Prediction) -> str:
        if not self._classifier.has_feature_maps:
            return "<p>This classifier shows no feature maps: it answers probabilities alone.</p>"
        layers = self._classifier.feature_maps(prediction.picture[None])
        tiles = "".join(_layer(number, maps[0]) for number, maps in enumerate(layers))
        return (
            "<p>Each tile is one filter’s view of the drawing: it has marks where the filter finds "
            f'what it looks for.</p><div class="digitlab-maps">{tiles}</div>'
        )

    def _why_html(self, prediction: Prediction) -> str:
        picture, digit = prediction.picture, prediction.digit
        relevance = occlusion_map(self._classifier, picture)
        # Odds that change by less than a factor of e hardly change: that is no full colour.
        strength = relevance / max(float(np.abs(relevance).max()), 1.0)
        place = _where_most(relevance, picture, digit)
        alt = f"The drawing as the network gets it, coloured. {place}"
        return (
            '<div class="digitlab-why"><div class="digitlab-why-picture">'
            f'{_image(ink_url(0.35 * picture), alt)}<img src="{heat_url(strength, picture)}" '
            'alt="" decoding="sync"></div><div>'
            f"<p>Orange ink speaks for {digit}, blue ink against it: each spot shows how much less "
            "or more sure the network would be if the ink around it were wiped out.</p>"
            f'<ul><li class="digitlab-for">speaks for {digit}</li>'
            "<li>makes no difference</li>"
            f'<li class="digitlab-against">speaks against {digit}</li></ul></div></div>'
        )


def _figure(stage: Stage, *, kind: str, number: str = "") -> str:
    height, width = stage.picture.shape
    name = escape(stage.name)
    image = _image(ink_url(stage.picture), f"{name}: {width} × {height} pixels")
    fine = " digitlab-fine" if max(height, width) > PICTURE_SIZE else ""
    return (
        f'<li class="digitlab-{kind}{fine}">{image}'
        f"<p><span>{number}</span> <strong>{name}</strong></p><p>{escape(stage.caption)}</p></li>"
    )


def _layer(number: int, maps: NDArray[np.float32]) -> str:
    count, height, width = maps.shape
    ordinal = _ORDINALS[number] if number < len(_ORDINALS) else f"{number + 1}th"
    title = f"{ordinal.capitalize()} convolution: {count} maps of {width}&nbsp;×&nbsp;{height}"
    roots = np.sqrt(maps.clip(0) / (maps.max() or 1))  # so that you see faint finds
    alt = f"{count} feature maps of the {ordinal} convolution, {width} × {height} pixels each"
    image = _image(ink_url(montage(roots), levels=_MAP_LEVELS), alt)
    return f"<div><p><strong>{title}</strong></p>{image}</div>"


def _image(url: str, alt: str) -> str:
    # Decoded before it is painted: in the place of the picture before, nothing flickers.
    return f'<img src="{url}" alt="{alt}" decoding="sync">'


def _where_most(relevance: Ink, picture: Picture, digit: int) -> str:
    """Say in words where the ink is that speaks most for a digit."""
    if relevance.max() <= 0:
        return f"No ink speaks for {digit}."
    rows, columns = np.nonzero(picture)
    row, column = np.unravel_index(relevance.argmax(), relevance.shape)
    third = _third(row, rows, ("at the top", "half-way down", "at the bottom"))
    side = _third(column, columns, ("on the left", "in the centre", "on the right"))
    return f"Most speaks for {digit} {third}, {side}."


def _third(place: np.integer, places: NDArray[np.integer], names: tuple[str, str, str]) -> str:
    share = (place - places.min()) / max(1, np.ptp(places))
    return names[min(2, int(3 * share))]
