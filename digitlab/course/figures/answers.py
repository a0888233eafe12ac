"""What a network says to one drawing."""

from collections.abc import Sequence

import numpy as np

from digitlab.classifier import Prediction
from digitlab.course.figures.described import (
    BLUE,
    GREY,
    VERMILION,
    DescribedFigure,
    percent,
    quieten,
)
from digitlab.course.figures.digits import show_picture


def probability_bars(
    prediction: Prediction,
    *,
    strokes: Sequence[Sequence[tuple[float, float]]] | None = None,
    title: str = "What the network says",
) -> DescribedFigure:
    """Show the picture that the network saw and the ten probabilities that it gave.

    Parameters
    ----------
    prediction : Prediction
        From `digitlab.Classifier`.
    strokes : sequence of strokes, optional
        The path of the pen, ``[[(x, y), …], …]`` with y down, shown to the left of the picture.
    title : str
        Title of the figure.

    Returns
    -------
    DescribedFigure
        The strokes if given, the picture, the bars.
    """
    drawn = "the path of the pen, " if strokes is not None else ""
    figure = DescribedFigure(
        (8.4 if strokes is not None else 6.2, 2.7),
        description=f"{title}: {drawn}the digit picture, and a bar for each of ten probabilities.",
        findings=f"The highest: {prediction.digit}, {percent(prediction.confidence)}.",
    )
    figure.suptitle(title, fontsize="medium")
    widths = [1, 1, 1.6] if strokes is not None else [1, 1.6]
    *before, picture, bars = figure.subplots(1, len(widths), width_ratios=widths)
    for axes in before:
        _show_strokes(axes, strokes)
    show_picture(picture, prediction.picture)
    picture.set_title("28 × 28 pixels", fontsize="small")
    colours = [BLUE if digit == prediction.digit else GREY for digit in range(10)]
    bars.bar(range(10), 100 * prediction.probabilities, color=colours)
    bars.set(xticks=range(10), ylim=(0, 100), xlabel="digit", ylabel="probability (%)")
    bars.set_title(f"read as {prediction.digit}", fontsize="small")
    quieten(bars)
    return figure


def _show_strokes(axes, strokes) -> None:
    """Draw the path of the pen as it went, each stroke beginning with a dot."""
    for stroke in strokes:
        x, y = np.asarray(stroke, dtype=float).T
        axes.plot(x, y, color=VERMILION, linewidth=2)
        axes.plot(x[0], y[0], "o", color=VERMILION)
    axes.set(xticks=[], yticks=[])
    axes.set_box_aspect(1)
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.15)
    axes.invert_yaxis()
    axes.set_title("the path of the pen", fontsize="small")
    axes.spines[:].set_color("0.8")
