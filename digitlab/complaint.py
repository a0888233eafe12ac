"""Where a pad says what went wrong: nobody who draws sees a kernel's log."""

from collections.abc import Callable
from html import escape

import ipywidgets


class Complaint(ipywidgets.HTML):
    """A sentence over the paper, which a screen reader says at once; none most of the time.

    Examples
    --------
    >>> complaint = Complaint()
    >>> complaint.say("This is not an image.")
    >>> complaint.value
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
