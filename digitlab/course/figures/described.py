"""A figure that says in words what it shows, and what all figures share."""

import io

from matplotlib.figure import Figure

BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#8C8C8C"
"""Okabe & Ito, "Color universal design", 2008; and a grey for what is only there to compare."""

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
    description : str
        What is plotted against what, in a sentence.
    findings : str
        What is to be seen in this one, in a sentence, numbers included.
    """

    def __init__(self, size: tuple[float, float], *, description: str, findings: str = ""):
        super().__init__(figsize=size, dpi=96, layout="constrained")
        self.description = description
        self.findings = findings

    def __repr__(self) -> str:
        """Return the description: a notebook shows it where it cannot show the picture."""
        return self.description

    @property
    def alternative_text(self) -> str:
        """Description and findings, for who cannot see the picture."""
        return f"{self.description} {self.findings}".strip()

    def _repr_png_(self) -> tuple[bytes, dict]:
        """Draw the picture for a notebook, with its size on the page and its alternative text."""
        png = io.BytesIO()
        self.savefig(png, format="png", dpi=self.dpi * _SHARPNESS)
        width, height = (round(inches * self.dpi) for inches in self.get_size_inches())
        return png.getvalue(), {"width": width, "height": height, "alt": self.alternative_text}


def quieten(axes) -> None:
    """Leave out the lines that say nothing, and add those that help to read a height."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="0.9")
    axes.set_axisbelow(True)


def percent(share: float) -> str:
    """Write 0.99 as 99 %, and 0.9947 as 99.5 %."""
    return f"{round(100 * share, 1):g} %"
