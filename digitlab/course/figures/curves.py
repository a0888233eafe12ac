"""A quantity against another, as curves with points on them."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from digitlab.course.figures.described import BLUE, GREY, VERMILION, DescribedFigure

__all__ = ["curves"]

_LOOKS = [(BLUE, "-"), (VERMILION, "--"), (GREY, ":")]


def curves(
    x: ArrayLike,
    heights: Mapping[str, ArrayLike],
    *,
    title: str,
    labels: tuple[str, str],
    points: Sequence[tuple[float, float]] = (),
) -> DescribedFigure:
    """Plot up to three curves, and points such as the stops of a walk.

    Parameters
    ----------
    x : array_like
        ``(n,)``, ascending.
    heights : mapping of str to array_like
        Name of each curve, and its height at each x. The picture is as high as the first needs, so
        a tangent may run out of it.
    title : str
        Title of the figure.
    labels : (str, str)
        What is plotted to the right, and what upwards, with units.
    points : sequence of (float, float), optional
        To mark, in order.

    Returns
    -------
    DescribedFigure
        The curves, each named; the findings say how far each reaches.

    Examples
    --------
    >>> curves([0, 1], {"half": [0, 0.5]}, title="Halves", labels=("number", "half of it"))
    Halves: half of it against number, for half.
    """
    right, upwards = labels
    words = {"title": title, "right": right, "upwards": upwards, "heights": heights}
    figure = DescribedFigure((6.4, 3.0), "curves", **words)
    axes = figure.plots()
    for (name, values), (colour, line) in zip(heights.items(), _LOOKS, strict=False):
        axes.plot(x, values, line, color=colour, linewidth=2, label=name)
        low, high = float(np.min(values)), float(np.max(values))
        figure.tell(f"{name} reaches from {low:.2f} to {high:.2f}.")
    if points:
        axes.plot(*np.transpose(points), "o", color=VERMILION, markersize=5, zorder=3)
        figure.tell(f"The last point is at {points[-1][0]:.2f}, {points[-1][1]:.2f}.")
    first = np.asarray(next(iter(heights.values())), float)
    room = 0.08 * (np.ptp(first) or 1)
    axes.set(xlabel=right, xlim=(np.min(x), np.max(x)))
    axes.set(ylabel=upwards, ylim=(first.min() - room, first.max() + room))
    if len(heights) > 1:
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return figure
