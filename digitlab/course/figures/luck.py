"""What luck can do: the best of many that know nothing."""

import numpy as np

from digitlab.course.figures.described import (
    BLUE,
    GREY,
    VERMILION,
    DescribedFigure,
    percent,
    quieten,
)


def best_of_many(shares: np.ndarray, *, fresh: float) -> DescribedFigure:
    """Show how many guessers got how much right, and what the best of them does on fresh digits.

    Parameters
    ----------
    shares : numpy.ndarray
        For each guesser, the share that it got right of the digits by which the best is chosen.
    fresh : float
        The share that the best of them gets right of digits that had no part in the choice.

    Returns
    -------
    DescribedFigure
        A histogram, with a line for the best where it was chosen, and one where it was not.
    """
    best = float(np.max(shares))
    figure = DescribedFigure(
        (6.6, 3.2),
        description="Histogram of the shares that many guessers got right, with two lines: the "
        "best of them on the digits that it was chosen by, and on fresh ones.",
        findings=f"The best has {percent(best)} where it was chosen, {percent(fresh)} on others.",
    )
    axes = figure.subplots()
    # One bar for each percent: the shares are multiples of half of one, so none falls on an edge.
    edges = np.arange(-0.25, 25.75)
    axes.hist(100 * np.asarray(shares), bins=edges, color=GREY, label="all guessers")
    axes.axvline(100 * best, color=VERMILION, label="the best, where it was chosen")
    axes.axvline(100 * fresh, color=BLUE, linestyle="--", label="the best, on fresh digits")
    axes.set(xlim=(0, 25), xlabel="digits guessed right (%)", ylabel="guessers (count)")
    axes.set_title("The best of many who know nothing")
    figure.legend(frameon=False, fontsize="small", loc="outside lower center", ncols=3)
    quieten(axes)
    return figure
