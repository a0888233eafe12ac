"""What a pad is made of: panels, folding sections, and the place where it says what went wrong."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import ipywidgets
import traitlets

from digitlab.front.language import Words, table
from digitlab.pad.throttle import Throttle
from digitlab.places import beside


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
        css = "".join(beside(__file__, sheet) for sheet in sheets) + rules
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


class Section(ipywidgets.VBox):
    """A title that opens and folds what is below it; that is made when it is first opened.

    Parameters
    ----------
    title : str
        The label of the button.
    build : callable
        Makes the widget below, without arguments.
    show : callable
        Brings that widget up to date. It is called when the section opens, and by `refresh`.
    lang : str, optional
        The language of its tooltip: ``"en"``, ``"ro"`` or ``"de"``.

    Attributes
    ----------
    is_open : bool
        Whether it is open; set it to open or fold the section.

    Examples
    --------
    >>> built = []
    >>> section = Section("More", lambda: ipywidgets.HTML(), built.append)
    >>> section.refresh()  # nobody sees it, so nothing is made
    >>> section.is_open = True
    >>> built == [section.body]
    True
    """

    is_open = traitlets.Bool(False)

    def __init__(
        self, title: str, build: Callable[[], Any], show: Callable[[Any], None], *, lang: str = "en"
    ) -> None:
        words = table(lang)["pad"]
        self._states = words["closed"], words["open"]
        self.body: ipywidgets.Widget | None = None
        self._build, self._show = build, show
        self._toggle = ipywidgets.ToggleButton(description=title, tooltip=words["closed"])
        super().__init__([self._toggle])
        self.add_class("digitlab-section")
        traitlets.link((self._toggle, "value"), (self, "is_open"))

    def refresh(self) -> None:
        """Bring what is below up to date, if it can be seen."""
        if self.is_open and self.body is not None:
            self._show(self.body)

    @traitlets.observe("is_open")
    def _on_open(self, change: traitlets.Bunch) -> None:
        # A ToggleButton does not tell a screen reader its state, but its tooltip.
        self._toggle.tooltip = self._states[change.new]
        if change.new and self.body is None:
            self.body = self._build()
            self.children = (self._toggle, self.body)
        if self.body is not None:
            self.body.layout.display = None if change.new else "none"
        self.refresh()


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
