"""Confidence: whether it means what it says, and what a threshold on it lets through."""

from collections.abc import Sequence

import numpy as np

from digitlab.course.figures.described import (
    BLUE,
    GREY,
    VERMILION,
    DescribedFigure,
    percent,
    quieten,
)
from digitlab.lab import wilson_interval


def reliability_diagram(
    confidence: Sequence[float],
    right: Sequence[bool],
    *,
    bins: int = 10,
    title: str = "Confidence and accuracy",
) -> DescribedFigure:
    """Plot how often the answers are right against how sure the network was of them.

    Parameters
    ----------
    confidence : array or torch.Tensor
        ``(n,)``: the probability of each answer, 0 to 1.
    right : array or torch.Tensor of bool
        ``(n,)``: whether it was right.
    bins : int
        The answers are sorted into so many groups by confidence, all equally wide.
    title : str
        Title of the figure.

    Returns
    -------
    DescribedFigure
        Above: a dot a group that has answers, with its 95 % interval, and the diagonal on which
        confidence means what it says. Below: how many answers each group has.
    """
    confidence, right = np.asarray(confidence, float), np.asarray(right, bool)
    figure = DescribedFigure(
        (4.6, 4.9),
        description=f"{title}: share of answers that are right against their confidence, in "
        f"{bins} groups, and how many answers each group has.",
        findings=f"{percent(right.mean())} are right, at a mean confidence of "
        f"{percent(confidence.mean())}.",
    )
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    above.plot([0, 100], [0, 100], "--", color=GREY, label="means what it says")
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    for one in np.unique(place):
        here = place == one
        low, high = wilson_interval(int(right[here].sum()), int(here.sum()))
        sure = 100 * confidence[here].mean()
        above.plot([sure, sure], [100 * low, 100 * high], color=BLUE, linewidth=1.5)
        above.plot(sure, 100 * right[here].mean(), "o", color=BLUE)
    above.set(xlim=(0, 101), ylim=(0, 103), ylabel="right (%)")
    above.legend(loc="lower right", frameon=False, fontsize="small")
    figure.suptitle(title, fontsize="medium")
    width = 100 / bins
    below.bar(
        (np.arange(bins) + 0.5) * width,
        np.bincount(place, minlength=bins),
        width=0.9 * width,
        color=GREY,
    )
    below.set(yscale="symlog", ylim=(0, None), xlabel="confidence (%)", ylabel="answers")
    for axes in (above, below):
        quieten(axes)
    return figure


def accepted_and_declined(
    digits: Sequence[float],
    others: Sequence[float],
    *,
    thresholds: Sequence[float],
    title: str = "What a threshold lets through",
) -> DescribedFigure:
    """Show how confident the answers to digits and to other drawings are, cut by a threshold.

    Parameters
    ----------
    digits, others : array or torch.Tensor
        The confidence of each answer, 0 to 1: to digits, and to what is none.
    thresholds : sequence of float
        One axes for each. What is less confident is declined.
    title : str
        Title of the figure.

    Returns
    -------
    DescribedFigure
        In each axes two histograms, one upwards for the digits and one downwards for the others,
        and a line at the threshold with the shares in words.
    """
    digits, others = np.asarray(digits, float), np.asarray(others, float)
    edges = np.linspace(0, 1, 41)
    up, down = (100 * np.histogram(of, edges)[0] / len(of) for of in (digits, others))
    said = [_said(digits, others, threshold) for threshold in thresholds]
    wide = len(thresholds) == 1
    figure = DescribedFigure(
        (6.4 if wide else 3.3 * len(thresholds), 3.6),
        description=f"{title}: how sure the answers to digits (upwards) and to other drawings "
        f"(downwards) are, cut at {', '.join(f'{cut:g}' for cut in thresholds)}.",
        findings=" ".join(
            f"At {cut:g}: {words}." for cut, words in zip(thresholds, said, strict=True)
        ),
    )
    figure.suptitle(title, fontsize="medium")
    all_axes = figure.subplots(1, len(thresholds), squeeze=False, sharey=True)[0]
    for axes, threshold, words in zip(all_axes, thresholds, said, strict=True):
        for height, colour, name in ((up, BLUE, "digits"), (-down, VERMILION, "other drawings")):
            axes.bar(100 * edges[:-1], height, width=2.5, align="edge", color=colour, label=name)
        axes.axvline(100 * threshold, color="black", linewidth=1.5)
        axes.axvspan(0, 100 * threshold, color="0.92", zorder=0)
        axes.axhline(0, color="0.4", linewidth=0.8)
        axes.set(xlim=(0, 100), ylim=(-max(50, 1.05 * down.max()), 105), xlabel="confidence (%)")
        axes.yaxis.set_major_formatter(lambda share, _: f"{abs(share):g}")
        lines = words.replace(", ", ",\n")
        axes.set_title(f"threshold {threshold:g}\n{lines}", fontsize="small")
        quieten(axes)
    all_axes[0].set_ylabel("share of each (%)")
    handles, names = all_axes[0].get_legend_handles_labels()
    figure.legend(
        handles, names, frameon=False, ncols=2, fontsize="small", loc="outside lower center"
    )
    return figure


def _said(digits: np.ndarray, others: np.ndarray, threshold: float) -> str:
    accepted, declined = (digits >= threshold).mean(), (others < threshold).mean()
    return f"{percent(accepted)} of digits accepted, {percent(declined)} of others declined"
