"""The pad's tools: what one can press beside the paper."""

from collections.abc import Callable

import ipywidgets
import traitlets

from digitlab.front.language import table
from digitlab.look import MAX_BYTES
from digitlab.pad.widgets import button
from digitlab.preprocess import Picture, stored_digit

_PEN_WIDTHS = {"thin": 0.5, "medium": 1.0, "thick": 1.7}  # of the usual width


class Tools(ipywidgets.Box):
    """The pen's width, and the ways to have a digit without drawing one.

    The browser does by itself what is behind the buttons that upload and save: see ``front/``.

    Parameters
    ----------
    pen_width : float
        The usual width of the pen, which is one of three to choose from.
    on_picture : callable
        Called with each stored digit that is asked for.
    lang : str, optional
        The language that they speak: ``"en"``, ``"ro"`` or ``"de"``.

    Attributes
    ----------
    pen_width : float
        The width that was chosen, in the unit of the usual one; any other may be set.
    """

    pen_width = traitlets.Float()

    def __init__(
        self, *, pen_width: float, on_picture: Callable[[Picture], None], lang: str = "en"
    ) -> None:
        words = dict(table(lang)["pad"])
        words["upload_more"] = words["upload_more"].format(most=f"{MAX_BYTES / 1e6:.0f}")
        self._on_picture, self._choosing, self._none = on_picture, False, words["none"]
        widths = {words[name]: share * pen_width for name, share in _PEN_WIDTHS.items()}
        pens = ipywidgets.RadioButtons(
            options=widths, orientation="horizontal", description=words["pen"]
        ).add_class("digitlab-pen")
        self._stored = ipywidgets.Dropdown(
            description=words["stored"],
            options=[self._none, *map(str, range(10))],
            tooltip=words["stored_more"],
        ).add_class("digitlab-stored")
        surprise = button(words, "surprise", lambda: on_picture(stored_digit()))
        in_the_browser = [button(words, name) for name in ("upload", "save")]
        super().__init__([pens, self._stored, surprise, *in_the_browser], pen_width=pen_width)
        self.add_class("digitlab-tools")
        traitlets.link(
            (self, "pen_width"),
            (pens, "value"),
            (lambda w: w if w in widths.values() else None, lambda w: w or self.pen_width),
        )
        self._stored.observe(self._choose_stored, "value")

    def forget_stored(self) -> None:
        """Show that what is on the pad is no longer the stored digit that was chosen."""
        if not self._choosing:
            self._stored.value = self._none

    def _choose_stored(self, change: traitlets.Bunch) -> None:
        self._choosing = change.new != self._none
        try:
            if self._choosing:
                self._on_picture(stored_digit(int(change.new)))
        finally:
            self._choosing = False
