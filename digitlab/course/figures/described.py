"""A figure that says in words what it shows, and what all figures share."""

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from IPython import get_ipython
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.text import Text
from numpy.typing import ArrayLike

from digitlab.places import beside

__all__ = ["DescribedFigure"]

BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#8C8C8C"
"""Okabe & Ito, "Color universal design", 2008; and a grey for what is only there to compare.

Each has one meaning in the whole course. Blue is right, positive, for; vermilion is wrong,
negative, against.
"""

GREEN = "#009E73"
"""For a second thing of a kind, where neither is better."""

INK = "#7A7A7A"
"""For text and axes: as easy to read on a white page as on a dark one (4.3 and 4.4 to 1)."""

_SAID = beside(__file__, "described.toml")
_SHARPNESS = 1.5  # pixels drawn for each pixel shown: enough for a good screen, small in git


class DescribedFigure(Figure):
    """A figure that knows in words what it shows.

    In a notebook its text form is ``description``, which holds no measured number and so is the
    same on every machine. The picture's alternative text adds ``findings``; it is kept where
    Jupyter's tools look for it, the key ``alt`` in the picture's metadata.

    Parameters
    ----------
    size : (width, height)
        In inches; a notebook shows 96 pixels an inch.
    name : str
        The figure's table in ``described.toml``, beside this module: what it ``shows``, its
        ``title`` above all axes and what was ``found``, if it has them.
    **values
        What fills the braces there. Of a list or mapping, the items or keys are enumerated.

    Attributes
    ----------
    description : str
        What is plotted against what, in a sentence.
    findings : str
        What is to be seen in this one, in sentences, numbers included.
    """

    def __init__(self, size: tuple[float, float], name: str, **values: Any):
        super().__init__(figsize=size, dpi=96, layout="constrained", facecolor="none")
        for key, value in values.items():
            values[key] = ", ".join(value) if isinstance(value, Mapping | list) else value
        said = {key: sentence.format(**values) for key, sentence in _SAID[name].items()}
        self.description, self.findings = said["shows"], said.get("found", "")
        if said.get("title"):
            self.suptitle(said["title"], fontsize="medium")

    def tell(self, finding: str) -> None:
        """Add a sentence to the findings."""
        self.findings = f"{self.findings} {finding}".strip()

    def panels(self, count: int, columns: int) -> list[Axes]:
        """Make axes row by row, and return them; the rest of the last row stays empty."""
        all_axes = self.subplots(-(-count // columns), columns, squeeze=False).ravel().tolist()
        for axes in all_axes[count:]:
            axes.set_axis_off()
        return all_axes[:count]

    def pictures(
        self, pictures: Iterable[ArrayLike], captions: Sequence[str], columns: int, **title: Any
    ) -> None:
        """Draw pictures row by row, each under its caption, which looks as `title` says."""
        axes = self.panels(len(captions), columns)
        for one, picture, caption in zip(axes, pictures, captions, strict=True):
            show_picture(one, picture)
            one.set_title(caption, **{"fontsize": "small", **title})

    def plots(self, *shape: int, **options: Any) -> Any:
        """Make axes without lines that say nothing, and with those that help to read a height."""
        made = self.subplots(*shape, **options)
        for axes in self.axes:
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(axis="y", color="0.5", alpha=0.2)
            axes.set_axisbelow(True)
        return made

    def __repr__(self) -> str:
        """Return the description: a notebook shows it where it cannot show the picture."""
        return self.description

    @property
    def alternative_text(self) -> str:
        """Description and findings, for readers who cannot see the picture."""
        return f"{self.description} {self.findings}".strip()

    def _repr_png_(self) -> tuple[bytes, dict[str, Any]]:
        """Draw the picture for a notebook, with its size on the page and its alternative text."""
        self._suit_any_page()
        png = io.BytesIO()
        self.savefig(png, format="png", dpi=self.dpi * _SHARPNESS)
        width, height = (round(inches * self.dpi) for inches in self.get_size_inches())
        return png.getvalue(), {"width": width, "height": height, "alt": self.alternative_text}

    def _suit_any_page(self) -> None:
        """Let the page shine through, and draw in `INK` what is black or grey and lies on it."""
        for axes in self.axes:
            axes.patch.set_visible(False)
            axes.tick_params(color=INK, labelcolor=INK)
            axes.spines[:].set_color(INK)
        for line in self.findobj(Line2D):
            line.set_color(_visible(line.get_color()))
        on_pictures = {text for axes in self.axes if axes.images for text in axes.texts}
        for text in self.findobj(Text):
            if text not in on_pictures:
                text.set_color(_visible(text.get_color()))


def _visible(colour: Any) -> Any:
    """Return a colour, or `INK` in place of black and dark grey."""
    red, green, blue = to_rgb(colour)
    return INK if red == green == blue < 0.5 else colour


if shell := get_ipython():
    # `ipywidgets.interact` loads matplotlib's inline backend, which takes over the drawing of all
    # figures: from then on the alternative text would be missing, and the sizes would differ. What
    # is registered for the class itself comes before what is registered for all figures, in
    # whatever order.
    pictures = shell.display_formatter.formatters["image/png"]
    pictures.for_type(DescribedFigure, DescribedFigure._repr_png_)


def show_picture(axes: Axes, picture: ArrayLike, title: str = "", **colours: Any) -> AxesImage:
    """Draw a picture, by default with dark ink on white paper: a thin frame, and no ticks.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw.
    picture : array
        ``(height, width)``.
    title : str
        What to write above it.
    **colours
        As for `matplotlib.axes.Axes.imshow`: ``cmap``, ``vmin`` and ``vmax``.

    Returns
    -------
    matplotlib.image.AxesImage
        For a colour bar.
    """
    colours = {"cmap": "gray_r", "vmin": 0, "vmax": 1, **colours}
    image = axes.imshow(np.asarray(picture), **colours)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(True)
    axes.set_title(title, fontsize="small")
    return image


def told_apart(curves: Mapping[str, Any], looks: Sequence[tuple[str, str]]) -> Iterable[Any]:
    """Give each curve its own look.

    Parameters
    ----------
    curves : mapping of str to Any
        By name.
    looks : sequence of (str, str)
        Colour and line, say.

    Returns
    -------
    iterable
        For each curve its name and values, and its look.

    Raises
    ------
    ValueError
        If there are more curves than looks.

    Examples
    --------
    >>> [*told_apart({"loss": [2.3, 0.1]}, [("black", "-")])]
    [(('loss', [2.3, 0.1]), ('black', '-'))]
    """
    if len(curves) > len(looks):
        raise ValueError(f"At most {len(looks)} curves can be told apart: {len(curves)}.")
    return zip(curves.items(), looks, strict=False)


def percent(share: float) -> str:
    """Write 0.99 as 99 %, and 0.9947 as 99.5 %."""
    return f"{round(100 * share, 1):g} %"
