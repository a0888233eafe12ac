"""Bars: quantities that were measured, and what speaks for each of the ten digits."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from digitlab.classifier import Prediction
from digitlab.course.figures.described import BLUE, GREY, DescribedFigure, percent, show_picture
from digitlab.preprocess import Strokes

__all__ = ["nearest_average", "probability_bars", "share_bars"]


def share_bars(
    shares: Mapping[str, float], *, title: str, guessing: float | None = None
) -> DescribedFigure:
    """Compare shares of digits, in percent.

    Parameters
    ----------
    shares : mapping of str to float
        Name and share, 0 to 1, from the top down.
    title : str
        Title of the figure.
    guessing : float, optional
        The share that you get by guessing, to draw a line at.

    Returns
    -------
    DescribedFigure
        A bar a share, with the share at its end.

    Examples
    --------
    >>> share_bars({"ill": 0.1, "cured": 0.9}, title="Digits read right")
    Digits read right: a bar for each of ill, cured.
    """
    description = f"{title}: a bar for each of {', '.join(shares)}."
    figure = DescribedFigure((7.2, 0.34 * len(shares) + 1.1), description=description, title=title)
    percents = {name: 100 * share for name, share in shares.items()}
    axes = _bars(figure, percents, [percent(share) for share in shares.values()])
    axes.set(xlim=(0, 112), xticks=range(0, 101, 20), xlabel="digits (%)")
    if guessing is not None:
        axes.axvline(100 * guessing, color=GREY, linestyle="--", linewidth=1)
        axes.set_title(f"dashed: guessing, {percent(guessing)}", fontsize="small", loc="right")
    return figure


def _bars(figure: DescribedFigure, lengths: Mapping[str, float], words: Sequence[str]) -> Axes:
    """Draw horizontal bars, and write a word at the end of each."""
    figure.tell(", ".join(map(" ".join, zip(lengths, words, strict=True))) + ".")
    axes = figure.subplots()
    bars = axes.barh(list(lengths), list(lengths.values()), color=BLUE, height=0.65)
    axes.bar_label(bars, words, padding=4)
    axes.invert_yaxis()
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return axes


def probability_bars(
    prediction: Prediction,
    *,
    strokes: Strokes | None = None,
    size: tuple[int, int] = (280, 280),
    title: str = "What the network says",
) -> DescribedFigure:
    """Show the picture that the network saw and the ten probabilities that it gave.

    Parameters
    ----------
    prediction : Prediction
        From `digitlab.Classifier`.
    strokes : sequence of strokes, optional
        The path of the pen, ``[[(x, y), …], …]`` with y down, shown to the left of the picture.
    size : (width, height)
        Of what it was drawn on: the path is shown as large as it was, and in its place.
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
        title=title,
    )
    widths = [1, 1, 1.6] if strokes is not None else [1, 1.6]
    *before, picture, bars = figure.subplots(1, len(widths), width_ratios=widths)
    if strokes is not None:
        _show_strokes(before[0], strokes, size)
    show_picture(picture, prediction.picture, "28 × 28 pixels")
    _ten_bars(figure, bars, 100 * prediction.probabilities, prediction.digit)
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
    figure = DescribedFigure(
        (7.2, 2.7),
        description="Which average is nearest?: the digit, the average nearest to it, ten "
        "distances as bars.",
        findings=f"The nearest: {nearest}, at a distance of {distances[nearest]:.1f}.",
        title="Which average is nearest?",
    )
    digit, average, bars = figure.subplots(1, 3, width_ratios=[1, 1, 1.6])
    show_picture(digit, picture, "the digit")
    show_picture(average, averages[nearest], f"the average {nearest}")
    _ten_bars(figure, bars, distances, nearest)
    # The same scale for all digits, so that bars can be compared while the digit moves.
    bars.set(ylim=(0, 16), xlabel="average digit", ylabel="distance (ink)")
    return figure


def _show_strokes(axes: Axes, strokes: Strokes, size: tuple[int, int]) -> None:
    """Draw the path of the pen as it went, each stroke beginning with a dot."""
    for stroke in strokes:
        x, y = np.asarray(stroke, dtype=float).T
        axes.plot(x, y, color="black", linewidth=2)
        axes.plot(x[0], y[0], "o", color="black")
    axes.set(xticks=[], yticks=[], xlim=(0, size[0]), ylim=(size[1], 0), aspect="equal")
    axes.set_title("the path of the pen", fontsize="small")
    axes.spines[:].set_color("0.8")


def _ten_bars(figure: DescribedFigure, axes: Axes, heights: np.ndarray, answer: int) -> None:
    """Draw a bar for each digit, that of the answer in a colour of its own."""
    axes.bar(range(10), heights, color=[BLUE if n == answer else GREY for n in range(10)])
    axes.set_xticks(range(10))
    axes.set_title(f"read as {answer}", fontsize="small")
    figure.quieten(axes)
