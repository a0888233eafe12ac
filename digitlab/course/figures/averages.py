"""Digits beside their averages: how the rival reads, and how far that carries."""

from collections.abc import Sequence

import numpy as np
from matplotlib.ticker import MaxNLocator

from digitlab.course.figures.described import BLUE, GREY, DescribedFigure, percent, quieten
from digitlab.course.figures.digits import show_picture


def nearest_average(
    picture: np.ndarray, averages: np.ndarray, *, title: str = "Which average is nearest?"
) -> DescribedFigure:
    """Show a digit, the average digit nearest to it, and how far away all ten are.

    Parameters
    ----------
    picture : numpy.ndarray or torch.Tensor
        A digit picture: ``(28, 28)``, in ``[0, 1]``, ink = 1.
    averages : numpy.ndarray or torch.Tensor
        ``(10, 28, 28)``: the average picture of the digits 0 to 9.
    title : str
        Title of the figure.

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
        description=f"{title}: the digit, the average nearest to it, ten distances as bars.",
        findings=f"The nearest: {nearest}, at a distance of {distances[nearest]:.1f}.",
    )
    figure.suptitle(title, fontsize="medium")
    digit, average, bars = figure.subplots(1, 3, width_ratios=[1, 1, 1.6])
    show_picture(digit, picture)
    digit.set_title("the digit", fontsize="small")
    show_picture(average, averages[nearest])
    average.set_title(f"the average {nearest}", fontsize="small")
    bars.bar(range(10), distances, color=[BLUE if n == nearest else GREY for n in range(10)])
    # The same scale for all digits, so that bars can be compared while the digit moves.
    bars.set(xticks=range(10), ylim=(0, 16), xlabel="average digit", ylabel="distance (ink)")
    bars.set_title(f"read as {nearest}", fontsize="small")
    quieten(bars)
    return figure


def accuracy_against(
    amounts: Sequence[float], accuracies: dict[str, Sequence[float]], *, amount: str, title: str
) -> DescribedFigure:
    """Plot accuracies against something that was done to the digits, such as a shift.

    Parameters
    ----------
    amounts : sequence of float
        How much of it was done, in order.
    accuracies : dict of str to sequence of float
        One or two curves, each with its name; shares from 0 to 1, one for each amount.
    amount : str
        What it is an amount of, with the unit: the label below the axis.
    title : str
        Title of the figure.

    Returns
    -------
    DescribedFigure
        A curve for each, and a line at the 10 % of who guesses.

    Raises
    ------
    ValueError
        If there are more curves than can be told apart.
    """
    styles = [("o-", BLUE), ("s--", "#E69F00")]
    if len(accuracies) > len(styles):
        raise ValueError(f"At most {len(styles)} curves can be told apart: {len(accuracies)}.")
    spans = [
        f"{name} from {percent(min(a))} to {percent(max(a))}" for name, a in accuracies.items()
    ]
    figure = DescribedFigure(
        (6.0, 3.2),
        description=f"{title}: accuracy against the {amount}: {', '.join(accuracies)}.",
        findings=f"The accuracies reach, for {'; '.join(spans)}.",
    )
    axes = figure.subplots()
    for (name, shares), (style, colour) in zip(accuracies.items(), styles, strict=False):
        axes.plot(amounts, [100 * share for share in shares], style, color=colour, label=name)
    axes.axhline(10, color=GREY, linestyle=":", label="guessing")
    axes.set(ylim=(0, 100), xlabel=amount, ylabel="digits read right (%)", title=title)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False, fontsize="small")
    quieten(axes)
    return figure
