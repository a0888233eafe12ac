"""Where a pad says what went wrong: nobody who draws sees a kernel's log."""

from collections.abc import Callable
from html import escape

import ipywidgets


class Alert(ipywidgets.HTML):
    """A sentence over the paper, which a screen reader says at once; none most of the time.

    Examples
    --------
    >>> alert = Alert()
    >>> alert.say("This is not an image.")
    >>> alert.value
    '<p role="alert">This is not an image.</p>'
    """

    def __init__(self):
        super().__init__()
        self.add_class("digitlab-complaint")

    def say(self, sentence: str) -> None:
        """Show a sentence in plain text; an empty one shows nothing."""
        self.value = sentence and f'<p role="alert">{escape(sentence)}</p>'

    def guard(self, act: Callable, *arguments) -> None:
        """Do what an event asks for; if it fails, say so and raise the error all the same."""
        try:
            act(*arguments)
        except Exception as error:
            self.say(
                "Something went wrong on this pad, please reload the page. "
                f"({type(error).__name__}: {error})"
            )
            raise


def close_all(*widgets: ipywidgets.Widget) -> None:
    """Close widgets with all that they consist of; ipywidgets would leave that to its fate."""
    for widget in widgets:
        parts = [getattr(widget, name, None) for name in ("layout", "style")]
        close_all(*getattr(widget, "children", ()), *filter(None, parts))
        widget.close()
