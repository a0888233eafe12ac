"""A figure to play with, which leaves a picture where nothing can be played with."""

from base64 import b64encode
from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets

from digitlab.course.figures.described import DescribedFigure

__all__ = ["explore"]


class Explorable(ipywidgets.VBox):
    """A figure with controls that change it, by touch, mouse or keyboard.

    Notebooks call it `explore`. Its stored form holds the picture beside the widget, so an export,
    or a page that only shows the notebook, has the picture with its alternative text.

    Parameters
    ----------
    draw : callable
        Takes the value of each control by its name, returns a `DescribedFigure`.
    columns : int
        Controls in a row.
    **given
        For each control, what it is made of, as for `ipywidgets.interact`: a widget,
        ``(lowest, highest)``, or a list to choose from.

    Attributes
    ----------
    controls : dict of str to ipywidgets.ValueWidget
        By name.

    Examples
    --------
    >>> from digitlab.course.figures import digit_grid
    >>> explore(lambda ink: digit_grid([[[ink]]], title="A pixel"), ink=(0.0, 1.0))
    A pixel: 1 picture.
    """

    def __init__(self, draw: Callable[..., DescribedFigure], *, columns: int = 1, **given: Any):
        widget = ipywidgets.interactive.widget_from_abbrev
        self.controls = {name: widget(each) for name, each in given.items()}
        self._draw, self._picture = draw, ipywidgets.HTML()
        grid = ipywidgets.Layout(grid_template_columns=f"repeat({columns}, max-content)")
        box = ipywidgets.GridBox([*self.controls.values()], layout=grid)
        super().__init__([box, self._picture])
        for name, control in self.controls.items():
            control.description = control.description or name
            control.observe(self.redraw, "value")
        self.redraw()

    def redraw(self, _change: object = None) -> None:
        """Draw the figure anew, from what the controls say now."""
        self.figure = self._draw(**{name: each.value for name, each in self.controls.items()})
        png, self._size = self.figure._repr_png_()
        self._png = b64encode(png).decode()
        source, alt = f"data:image/png;base64,{self._png}", escape(self._size["alt"])
        self._picture.value = f'<img src="{source}" alt="{alt}" width="{self._size["width"]}">'

    def __repr__(self) -> str:
        """Return what the figure shows."""
        return repr(self.figure)

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        widget = super()._repr_mimebundle_(**options)
        said = {"text/plain": repr(self)}  # ipywidgets would cut it off
        return {**widget, **said, "image/png": self._png}, {"image/png": self._size}


explore = Explorable
"""What a notebook says to show such a figure."""
