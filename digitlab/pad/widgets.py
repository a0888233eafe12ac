"""What the parts of a pad are made of: panels, and the place where it says what went wrong."""

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets

from digitlab.front.language import Words
from digitlab.pad.throttle import Throttle


class Panel(ipywidgets.VBox):
    """A column with a style sheet of its own, which closes with all that it consists of.

    Parameters
    ----------
    children : sequence of widgets
        What it shows.
    sheets : sequence of str
        Names of the style sheets, files beside this module.
    rules : str, optional
        More rules: those that depend on something.
    throttles : sequence of Throttle, optional
        What may be due when it closes, and is not done then.
    **kwargs
        What any ipywidgets box takes, such as ``layout``; a layout from outside stays open.
    """

    def __init__(
        self,
        children: Sequence[ipywidgets.Widget],
        *,
        sheets: Sequence[str],
        rules: str = "",
        throttles: Sequence[Throttle] = (),
        **kwargs: Any,
    ) -> None:
        self._throttles = throttles
        self._shares_layout = "layout" in kwargs
        css = "".join(Path(__file__).with_name(sheet).read_text() for sheet in sheets) + rules
        style = ipywidgets.HTML(f"<style>{css}</style>").add_class("digitlab-style")
        super().__init__([style, *children], **kwargs)

    def __repr__(self) -> str:
        """Say what it is; the text form of a box would be its whole style sheet."""
        return f"{type(self).__name__}()"

    def close(self) -> None:
        """Close it, with all that it consists of; what was due is not done."""
        if self.comm is not None:  # nor is there one where the constructor was not finished
            for throttle in self._throttles:
                throttle.cancel()
            close_all(*self.children, *([] if self._shares_layout else [self.layout]))
            super().close()


class Alert(ipywidgets.HTML):
    """A sentence over the paper, which a screen reader says at once; none most of the time.

    Parameters
    ----------
    broken : str
        What to say of a fault of the pad itself, with ``{error}`` in it.

    Examples
    --------
    >>> alert = Alert("Something went wrong. ({error})")
    >>> alert.say("This is not an image.")
    >>> alert.value
    '<p role="alert">This is not an image.</p>'
    """

    def __init__(self, broken: str) -> None:
        super().__init__()
        self._broken = broken
        self.add_class("digitlab-complaint")

    def say(self, sentence: str) -> None:
        """Show a sentence in plain text; an empty one shows nothing."""
        self.value = sentence and f'<p role="alert">{escape(sentence)}</p>'

    def guarded(self, act: Callable[..., object]) -> Callable[..., None]:
        """Return what does the same for an event; if it fails, that is said, and raised too."""

        def guarded(*arguments: Any) -> None:
            try:
                act(*arguments)
            except Exception as error:
                self.say(self._broken.format(error=f"{type(error).__name__}: {error}"))
                raise

        return guarded


def button(words: Words, name: str, act: Callable[[], object] = bool) -> ipywidgets.Button:
    """Make a button that the page finds by its class, whatever it is called.

    Parameters
    ----------
    words : dict of str to str
        Holds the label under the name, and the tooltip under the name with ``_more``.
    name : str
        Its name: ``"undo"`` gives the class ``digitlab-undo``.
    act : callable, optional
        What it does, without arguments; nothing if not given.

    Examples
    --------
    >>> button({"undo": "Undo", "undo_more": "Take back the last step"}, "undo").description
    'Undo'
    """
    made = ipywidgets.Button(description=words[name], tooltip=words[f"{name}_more"])
    made.on_click(lambda _: act())
    return made.add_class(f"digitlab-{name}")


def close_all(*widgets: ipywidgets.Widget) -> None:
    """Close widgets with all that they consist of; ipywidgets would leave that to its fate."""
    for widget in widgets:
        parts = [getattr(widget, name, None) for name in ("layout", "style")]
        close_all(*getattr(widget, "children", ()), *filter(None, parts))
        widget.close()
