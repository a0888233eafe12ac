"""Jupyter shows a `DescribedFigure` by its own picture, with its size and alternative text."""

from IPython import get_ipython
from IPython.core.interactiveshell import InteractiveShell

from digitlab.course.figures.described import DescribedFigure


def show_as_described(shell: InteractiveShell | None) -> None:
    """Tell a notebook to draw described figures as they say themselves.

    ``ipywidgets.interact`` loads matplotlib's inline backend, and that takes the drawing of every
    figure over: from then on the alternative text would be missing, and the sizes differ. What is
    said of the class itself goes before what is said of all figures, in whatever order.

    Parameters
    ----------
    shell : InteractiveShell or None
        IPython, if this runs in it.

    Examples
    --------
    >>> show_as_described(None)
    """
    if shell is not None:
        pictures = shell.display_formatter.formatters["image/png"]
        pictures.for_type(DescribedFigure, DescribedFigure._repr_png_)


show_as_described(get_ipython())
