"""The pad's tools: what one can press beside the paper."""

from collections.abc import Callable

import ipywidgets
import traitlets

from digitlab.front.language import Words, table
from digitlab.look import MAX_BYTES
from digitlab.pad.history import Drawing
from digitlab.preprocess import Picture, stored_digit

_PEN_WIDTHS = {"thin": 0.5, "medium": 1.0, "thick": 1.7}  # of the usual width


class Steps(ipywidgets.Box):
    """Undo, Redo and Clear, each of which can be pressed when it would do something.

    Parameters
    ----------
    lang : str, optional
        The language of their names: ``"en"``, ``"ro"`` or ``"de"``.

    Attributes
    ----------
    undo, redo, clear : ipywidgets.Button
        The three buttons.
    """

    def __init__(self, lang: str = "en") -> None:
        words = table(lang)["pad"]
        self.undo, self.redo, self.clear = (
            _button(words, name) for name in ("undo", "redo", "clear")
        )
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
    lang : str, optional
        As above.

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
        lang: str = "en",
    ) -> None:
        words = table(lang)["pad"]
        self._on_picture, self._on_file = on_picture, on_file
        self._choosing = False
        self._none = words["none"]
        self._pen = ipywidgets.RadioButtons(
            options=[(words[name], share * pen_width) for name, share in _PEN_WIDTHS.items()],
            orientation="horizontal",
            description=words["pen"],
        ).add_class("digitlab-pen")
        self._stored = ipywidgets.Dropdown(
            description=words["stored"],
            options=[self._none, *map(str, range(10))],
            tooltip=words["stored_more"],
        ).add_class("digitlab-stored")
        surprise = _button(words, "surprise")
        # Jupyter counts the files behind the description; on a second line it can be hidden.
        self._upload = ipywidgets.FileUpload(
            description=words["upload"] + "\n",
            accept="image/*",
            icon="",
            tooltip=words["upload_more"].format(most=f"{MAX_BYTES / 1e6:.0f}"),
        ).add_class("digitlab-upload")
        tools = [self._pen, self._stored, surprise, self._upload, _button(words, "save")]
        super().__init__(tools, pen_width=pen_width)
        self.add_class("digitlab-tools")

        self._pen.observe(self._choose_pen, "value")
        self._stored.observe(self._choose_stored, "value")
        self._upload.observe(self._choose_file, "value")
        surprise.on_click(lambda _: self._on_picture(stored_digit()))

    def forget_stored(self) -> None:
        """Show that what is on the pad is no longer the stored digit that was chosen."""
        if not self._choosing:
            self._stored.value = self._none

    @traitlets.observe("pen_width")
    def _show_pen(self, change: traitlets.Bunch) -> None:
        widths = [width for _, width in self._pen.options]
        self._pen.index = widths.index(change.new) if change.new in widths else None

    def _choose_pen(self, change: traitlets.Bunch) -> None:
        if change.new is not None:
            self.pen_width = change.new

    def _choose_stored(self, change: traitlets.Bunch) -> None:
        if change.new == self._none:
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


def _button(words: Words, name: str) -> ipywidgets.Button:
    """Make a button that the page finds by its class, whatever it is called."""
    button = ipywidgets.Button(description=words[name], tooltip=words[f"{name}_more"])
    return button.add_class(f"digitlab-{name}")
