"""The sections below the pad, each folded until somebody wants to see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets
import traitlets

from digitlab.front.language import table


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
