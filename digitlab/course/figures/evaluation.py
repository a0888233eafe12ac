"""What an evaluation tells: which digits are confused, how sure answers are, what luck can do."""

from collections.abc import Sequence

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from digitlab.course.figures.described import BLUE, GREY, VERMILION, DescribedFigure, percent
from digitlab.lab import Report, wilson_interval

__all__ = ["accepted_and_declined", "best_of_many", "confusion_matrix", "reliability_diagram"]


def confusion_matrix(report: Report) -> DescribedFigure:
    """Show which digit was read as which.

    Parameters
    ----------
    report : Report
        From `digitlab.lab.evaluate`.

    Returns
    -------
    DescribedFigure
        One square for each pair of digits. Those read right, on the diagonal, are so many more
        than the others that they stay uncoloured: the colour is for the mistakes.
    """
    counts = np.asarray(report.confusion)
    wrong = counts * (1 - np.eye(10, dtype=counts.dtype))
    true, read = np.unravel_index(wrong.argmax(), wrong.shape)
    found = {"true": true, "read": read, "times": wrong.max()}
    figure = DescribedFigure((5.6, 5.1), "confusion_matrix", **found)
    axes = figure.subplots()
    image = axes.imshow(wrong, cmap="Blues", vmin=0, vmax=max(wrong.max(), 1))
    for (row, column), count in np.ndenumerate(counts):
        dark = row != column and count > wrong.max() / 2
        colour = GREY if row == column else "white" if dark else "black"
        text = str(count) if count else ""
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize="small")
    axes.set(xticks=range(10), yticks=range(10), xlabel="read as (digit)", ylabel="is (digit)")
    axes.set_title("What is read as what")
    figure.colorbar(image, shrink=0.8, label="mistakes (count)", ticks=MaxNLocator(integer=True))
    return figure


def reliability_diagram(confidence: ArrayLike, right: ArrayLike, *, title: str) -> DescribedFigure:
    """Plot how often the answers are right against how sure the network was of them.

    Parameters
    ----------
    confidence : array or torch.Tensor
        ``(n,)``: the probability of each answer, 0 to 1.
    right : array or torch.Tensor of bool
        ``(n,)``: whether it was right.
    title : str
        Title of the figure.

    Returns
    -------
    DescribedFigure
        The answers are sorted by confidence into ten groups, all equally wide. Above: a dot for
        each group that has answers, with its 95 % interval, and the diagonal on which confidence
        means what it says. Below: how many answers each group has.
    """
    confidence, right = np.asarray(confidence, float), np.asarray(right, bool)
    means = {"right": percent(right.mean()), "sure": percent(confidence.mean())}
    figure = DescribedFigure((4.6, 4.9), "reliability_diagram", title=title, **means)
    above, below = figure.plots(2, 1, sharex=True, height_ratios=[3, 1])
    above.plot([0, 100], [0, 100], "--", color=GREY, label="means what it says")
    group = np.minimum((confidence * 10).astype(int), 9)
    for one in np.unique(group):
        here = group == one
        low, high = wilson_interval(int(right[here].sum()), int(here.sum()))
        sure = 100 * confidence[here].mean()
        above.plot([sure, sure], [100 * low, 100 * high], color=BLUE, linewidth=1.5)
        above.plot(sure, 100 * right[here].mean(), "o", color=BLUE)
    above.set(xlim=(0, 101), ylim=(0, 103), ylabel="right (%)")
    above.legend(loc="lower right", frameon=False, fontsize="small")
    below.bar(range(5, 100, 10), np.bincount(group, minlength=10), width=9, color=GREY)
    below.set(yscale="symlog", ylim=(0, None), xlabel="confidence (%)", ylabel="answers")
    return figure


def accepted_and_declined(
    digits: ArrayLike, others: ArrayLike, *, thresholds: Sequence[float]
) -> DescribedFigure:
    """Show how confident the answers to digits and to other drawings are, cut by a threshold.

    Parameters
    ----------
    digits, others : array or torch.Tensor
        The confidence of each answer, 0 to 1: to digits, and to what is none.
    thresholds : sequence of float
        One axes for each. What is less confident is declined.

    Returns
    -------
    DescribedFigure
        In each axes two histograms, one upwards for the digits and one downwards for the others,
        and a line at the threshold with the shares in words.
    """
    digits, others = np.asarray(digits, float), np.asarray(others, float)
    edges = np.linspace(0, 1, 41)
    up, down = (100 * np.histogram(of, edges)[0] / len(of) for of in (digits, others))
    size = (6.4 if len(thresholds) == 1 else 3.3 * len(thresholds), 3.6)
    figure = DescribedFigure(size, "accepted_and_declined", cuts=[f"{cut:g}" for cut in thresholds])
    all_axes = figure.plots(1, len(thresholds), squeeze=False, sharey=True)[0]
    for axes, threshold in zip(all_axes, thresholds, strict=True):
        for height, colour, name in ((up, BLUE, "digits"), (-down, VERMILION, "other drawings")):
            axes.bar(100 * edges[:-1], height, width=2.5, align="edge", color=colour, label=name)
        axes.axvline(100 * threshold, color="black", linewidth=1.5)
        axes.axvspan(0, 100 * threshold, color="0.5", alpha=0.25, zorder=0)
        axes.axhline(0, color="0.4", linewidth=0.8)
        axes.set(xlim=(0, 100), ylim=(-max(50, 1.05 * down.max()), 105), xlabel="confidence (%)")
        axes.yaxis.set_major_formatter(lambda share, _: f"{abs(share):g}")
        accepted = f"{percent((digits >= threshold).mean())} of digits accepted"
        declined = f"{percent((others < threshold).mean())} of others declined"
        axes.set_title(f"threshold {threshold:g}\n{accepted},\n{declined}", fontsize="small")
        figure.tell(f"At {threshold:g}: {accepted}, {declined}.")
    all_axes[0].set_ylabel("share of each (%)")
    bars = all_axes[0].get_legend_handles_labels()
    figure.legend(*bars, frameon=False, ncols=2, fontsize="small", loc="outside lower center")
    return figure


def best_of_many(shares: ArrayLike, *, fresh: float) -> DescribedFigure:
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
    percents = 100 * np.asarray(shares)
    best = percents.max()
    found = {"best": percent(best / 100), "fresh": percent(fresh)}
    figure = DescribedFigure((6.6, 3.2), "best_of_many", **found)
    axes = figure.plots()
    # One bar for each percent: the shares are multiples of half of one, so none falls on an edge.
    axes.hist(percents, bins=np.arange(26) - 0.25, color=GREY, label="all guessers")
    axes.axvline(best, color=VERMILION, label="the best, where it was chosen")
    axes.axvline(100 * fresh, color=BLUE, linestyle="--", label="the best, on fresh digits")
    axes.set(xlim=(0, 25), xlabel="digits guessed right (%)", ylabel="guessers (count)")
    axes.set_title("The best of many who know nothing")
    figure.legend(frameon=False, fontsize="small", loc="outside lower center", ncols=3)
    return figure
