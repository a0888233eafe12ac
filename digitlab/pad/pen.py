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
    on_moves : callable
        Called with a list of `Move` whenever some arrive.
    on_ready : callable
        Called without arguments when a browser shows the pad, which knows of no ink yet.
    on_image : callable
        Called with the content of each image file that the page hands in.
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
    resolution = traitlets.Int(min=1, max=4096).tag(sync=True)

    def __init__(
        self,
        *,
        on_moves: Callable[[list[Move]], None],
        on_ready: Callable[[], None],
        on_image: Callable[[bytes], None],
        **traits: Any,
    ) -> None:
        self._on_moves, self._on_ready, self._on_image = on_moves, on_ready, on_image
        self._heard: dict[str, int] = {}
        super().__init__(**traits)
        self.add_class("digitlab-ink")
        self.on_msg(self._hear)

    @traitlets.default("_esm")
    def _module(self) -> str:
        return os.environ.get(MODULE_VARIABLE) or module("widget.js")

    def _hear(self, _: object, content: dict[str, Any], buffers: list[memoryview]) -> None:
        match content:
            case {"event": "ready"}:
                self._on_ready()
            case {"event": "image"}:
                self._on_image(bytes(buffers[0]))
            case {"event": "moves", "who": who, "first": first, "moves": moves}:
                heard = self._heard.get(who, 0)
                self._heard[who] = max(heard, first + len(moves)) if first <= heard else heard
                try:
                    if fresh := moves[heard - first :] if first <= heard else []:
                        self._on_moves(fresh)
                finally:
                    self.send({"who": who, "heard": self._heard[who]})
