"""The pen: what the browser's half of the pad says, and what it is told."""

import os
from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from digitlab.front import MODULE_VARIABLE, module
from digitlab.look import INK

Move = tuple[str, float, float]
"""What a pen does, ``down``, ``move``, ``up`` or ``cancel``, and where, in shares of the side."""


class Pen(anywidget.AnyWidget):
    """Mouse, finger or pen on a canvas beside it, drawn at once in the browser (``front/``).

    Parameters
    ----------
    on : dict of str to callable
        Who hears of what: ``"moves"`` brings a list of `Move`; ``"ready"``, without arguments,
        means that a browser shows the pad, and knows of no ink yet; ``"image"`` brings the content
        of an image file.
    **traits
        The attributes below.

    Attributes
    ----------
    colour : str
        The ink's colour, as CSS has it.
    label : str
        What a screen reader calls the paper.
    width : float
        The pen's width, as a share of the paper's side.
    resolution : int
        How many pixels the canvas's side is to have; a browser whose screen has more asks for them.

    Notes
    -----
    Moves come with the number of the first one, and each browser that shows the pad counts its
    own. What has arrived is answered by how many have by now, so a browser can send again what may
    be lost: what is known already is left out.
    """

    _esm = traitlets.Unicode().tag(sync=True)
    colour = traitlets.Unicode(f"rgb{INK}").tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    width = traitlets.Float().tag(sync=True)
    resolution = traitlets.Int(1, min=1, max=4096).tag(sync=True)

    def __init__(self, on: dict[str, Callable[..., None]], **traits: Any) -> None:
        self._on = on
        self._heard: dict[str, int] = {}
        super().__init__(**traits)
        self.add_class("digitlab-ink")
        self.on_msg(self._hear)

    @traitlets.default("_esm")
    def _module(self) -> str:
        return os.environ.get(MODULE_VARIABLE) or module("widget.js")

    def _hear(self, _: object, content: dict[str, Any], buffers: list[memoryview]) -> None:
        if content["event"] != "moves":
            return self._on[content["event"]](*map(bytes, buffers))
        who, first, moves = content["who"], content["first"], content["moves"]
        heard = self._heard.get(who, 0)
        fresh = moves[heard - first :] if first <= heard else []
        self._heard[who] = heard + len(fresh)
        try:
            if fresh:
                self._on["moves"](fresh)
        finally:
            self.send({"who": who, "heard": self._heard[who]})
