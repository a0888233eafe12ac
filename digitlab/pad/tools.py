"""The pad's tools: what one can press beside the paper."""

from collections.abc import Callable

import ipywidgets
import traitlets

from digitlab.look import MAX_BYTES
from digitlab.pad.history import Drawing
from digitlab.preprocess import Picture, stored_digit

_PEN_WIDTHS = {"Thin pen": 0.5, "Medium pen": 1.0, "Thick pen": 1.7}  # of the usual width
_NONE = "none"


class Steps(ipywidgets.Box):
    """Undo, Redo and Clear, each of which can be pressed when it would do something.

    Attributes
    ----------
    undo, redo, clear : ipywidgets.Button
        The three buttons.
    """

    def __init__(self) -> None:
        self.undo = ipywidgets.Button(description="Undo", tooltip="Take back the last step")
        self.redo = ipywidgets.Button(description="Redo", tooltip="Do again what was taken back")
        self.clear = ipywidgets.Button(description="Clear", tooltip="Start on empty paper")
        super().__init__([self.undo, self.redo, self.clear])
        self.add_class("digitlab-buttons")

    def follow(self, drawing: Drawing) -> None:
        """Say which of them would do something to this drawing."""
        self.undo.disabled = not drawing.can_undo
        self.redo.disabled = not drawing.can_redo
        self.clear.disabled = drawing.is_empty


class Tools(ipywidgets.Box):
    """The pen's width, and the ways to have a digit without drawing one.

    Parameters
    ----------
    pen_width : float
        The usual width of the pen, which is one of three to choose from.
    on_picture : callable
        Called with each stored digit that is asked for.
    on_file : callable
        Called with the content of each file that is uploaded.

    Attributes
    ----------
    pen_width : float
        The width that was chosen, in the unit of the usual one; any other may be set.
    """

    pen_width = traitlets.Float()

    def __init__(
        self,
        *,
        pen_width: float,
        on_picture: Callable[[Picture], None],
        on_file: Callable[[bytes], None],
    ) -> None:
        self._on_picture, self._on_file = on_picture, on_file
        self._choosing = False
        self._pen = ipywidgets.RadioButtons(
            options=[(name, share * pen_width) for name, share in _PEN_WIDTHS.items()],
            orientation="horizontal",
            tooltip="Width of the pen",
        ).add_class("digitlab-pen")
        self._stored = ipywidgets.Dropdown(
            description="Stored digit",
            options=[_NONE, *map(str, range(10))],
            tooltip="Put a handwritten digit of MNIST on the paper",
        ).add_class("digitlab-stored")
        surprise = ipywidgets.Button(
            description="Surprise me", tooltip="Put any handwritten digit of MNIST on the paper"
        )
        # Jupyter counts the files behind the description; on a second line it can be hidden.
        self._upload = ipywidgets.FileUpload(
            description="Upload an image\n",
            accept="image/*",
            icon="",
            tooltip=f"A drawing, a scan or a photograph of a digit: up to {MAX_BYTES / 1e6:.0f} MB",
        ).add_class("digitlab-upload")
        super().__init__([self._pen, self._stored, surprise, self._upload], pen_width=pen_width)
        self.add_class("digitlab-tools")

        self._pen.observe(self._choose_pen, "value")
        self._stored.observe(self._choose_stored, "value")
        self._upload.observe(self._choose_file, "value")
        surprise.on_click(lambda _: self._on_picture(stored_digit()))

    def forget_stored(self) -> None:
        """Show that what is on the pad is no longer the stored digit that was chosen."""
        if not self._choosing:
            self._stored.value = _NONE

    @traitlets.observe("pen_width")
    def _show_pen(self, change: traitlets.Bunch) -> None:
        widths = [width for _, width in self._pen.options]
        self._pen.index = widths.index(change.new) if change.new in widths else None

    def _choose_pen(self, change: traitlets.Bunch) -> None:
        if change.new is not None:
            self.pen_width = change.new

    def _choose_stored(self, change: traitlets.Bunch) -> None:
        if change.new == _NONE:
            return
        self._choosing = True
        try:
            self._on_picture(stored_digit(int(change.new)))
        finally:
            self._choosing = False

    def _choose_file(self, change: traitlets.Bunch) -> None:
        if change.new:
            self._upload.value = ()  # so that the same file can be chosen again
            self._on_file(bytes(change.new[0]["content"]))
