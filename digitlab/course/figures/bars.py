"""Bars: quantities that were measured, and what speaks for each of the ten digits."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from digitlab.classifier import Prediction
from digitlab.course.figures.described import BLUE, GREY, DescribedFigure, percent, show_picture
from digitlab.course.placing import SHEET_SIZE
from digitlab.preprocess import Strokes

__all__ = ["nearest_average", "probability_bars", "share_bars"]


def share_bars(shares: Mapping[str, float], *, title: str, guessing: float) -> DescribedFigure:
    """Compare shares of digits, in percent.

    Parameters
    ----------
    shares : mapping of str to float
        Name and share, 0 to 1, from the top down.
    title : str
        Title of the figure.
    guessing : float
        The share that you get by guessing, to draw a line at.

    Returns
    -------
    DescribedFigure
        A bar a share, with the share at its end.

    Examples
    --------
    >>> share_bars({"ill": 0.1, "cured": 0.9}, title="Digits read right", guessing=0.1)
    Digits read right: a bar for each of ill, cured.
    """
    words = [percent(share) for share in shares.values()]
    found = ", ".join(map(" ".join, zip(shares, words, strict=True)))
    size = (7.2, 0.34 * len(shares) + 1.1)
    figure = DescribedFigure(size, "share_bars", title=title, shares=shares, found=found)
    axes = figure.plots()
    bars = axes.barh(list(shares), [100 * s for s in shares.values()], color=BLUE, height=0.65)
    axes.bar_label(bars, words, padding=4)
    axes.invert_yaxis()
    axes.spines["left"].set_visible(False)
    axes.grid(visible=False)
    axes.tick_params(axis="y", length=0)
    axes.set(xlim=(0, 112), xticks=range(0, 101, 20), xlabel="digits (%)")
    axes.axvline(100 * guessing, color=GREY, linestyle="--", linewidth=1)
    axes.set_title(f"dashed: guessing, {percent(guessing)}", fontsize="small", loc="right")
    return figure


def probability_bars(
    prediction: Prediction, *, strokes: Strokes, title: str = "What the network says"
) -> DescribedFigure:
    """Show the path of the pen, the picture that the network saw, and its ten probabilities.

    Parameters
    ----------
    prediction : Prediction
        From `digitlab.Classifier`.
    strokes : sequence of strokes
        The path of the pen on a pad of 280 × 280, ``[[(x, y), …], …]`` with y down; shown as large
        as it was, and in its place.
    title : str
        Title of the figure.

    Returns
    -------
    DescribedFigure
        The strokes, the picture, the bars.
    """
    digit, sure = prediction.digit, percent(prediction.confidence)
    figure = DescribedFigure((8.4, 2.7), "probability_bars", title=title, digit=digit, sure=sure)
    pen, picture, bars = figure.plots(1, 3, width_ratios=[1, 1, 1.6])
    for stroke in strokes:  # each begins with a dot
        path = np.asarray(stroke, dtype=float)
        pen.plot(*path.T, "o-", color="black", linewidth=2, markevery=len(path))
    pen.set(xticks=[], yticks=[], xlim=(0, SHEET_SIZE), ylim=(SHEET_SIZE, 0), aspect="equal")
    pen.set_title("the path of the pen", fontsize="small")
    pen.spines[:].set_visible(True)
    show_picture(picture, prediction.picture, "28 × 28 pixels")
    _ten_bars(bars, 100 * prediction.probabilities, digit)
    if not prediction.is_digit:
        bars.set_title("declined", fontsize="small")
    bars.set(ylim=(0, 100), xlabel="digit", ylabel="probability (%)")
    return figure


def nearest_average(picture: ArrayLike, averages: ArrayLike) -> DescribedFigure:
    """Show a digit, the average digit nearest to it, and how far away all ten are.

    Parameters
    ----------
    picture : numpy.ndarray or torch.Tensor
        A digit picture: ``(28, 28)``, in ``[0, 1]``, ink = 1.
    averages : numpy.ndarray or torch.Tensor
        ``(10, 28, 28)``: the average picture of the digits 0 to 9.

    Returns
    -------
    DescribedFigure
        The digit, the average, the bars: the shortest is the answer.
    """
    picture, averages = np.asarray(picture), np.asarray(averages)
    distances = np.sqrt(((averages - picture) ** 2).sum(axis=(1, 2)))
    nearest = int(distances.argmin())
    found = {"nearest": nearest, "distance": distances[nearest]}
    figure = DescribedFigure((7.2, 2.7), "nearest_average", **found)
    digit, average, bars = figure.plots(1, 3, width_ratios=[1, 1, 1.6])
    show_picture(digit, picture, "the digit")
    show_picture(average, averages[nearest], f"the average {nearest}")
    _ten_bars(bars, distances, nearest)
    # The same scale for all digits, so that bars can be compared while the digit moves.
    bars.set(ylim=(0, 16), xlabel="average digit", ylabel="distance (ink)")
    return figure


def _ten_bars(axes: Axes, heights: np.ndarray, answer: int) -> None:
    """Draw a bar for each digit, that of the answer in a colour of its own."""
    axes.bar(range(10), heights, color=[BLUE if n == answer else GREY for n in range(10)])
    axes.set_xticks(range(10))
    axes.set_title(f"read as {answer}", fontsize="small")
