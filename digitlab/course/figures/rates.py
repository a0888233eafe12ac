"""One training, at several learning rates."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import digitlab.course.figures.inline  # noqa: F401 - for what `interact` would undo
from digitlab.course.figures.described import BLUE, GREY, VERMILION, DescribedFigure, quieten
from digitlab.course.figures.losses import CEILING, GUESSING, block_means

_COLOURS = ["#56B4E9", "#0072B2", "#009E73", "#E69F00", "#D55E00", "#CC79A7"]
_APART = 0.27  # nats: closer than this, two names would lie on each other


def rate_curves(
    runs: Mapping[float, Sequence[float]], rate: float | None = None, *, smooth: int = 5
) -> DescribedFigure:
    """Show the loss of a training at one learning rate, beside how each of them ended.

    Parameters
    ----------
    runs : mapping of float to sequence of float
        Learning rate, and the loss at each step.
    rate : float, optional
        The one to point out; without it, all are drawn alike and named.
    smooth : int
        The mean of so many steps is one point of a curve, and the last such mean is the end.

    Returns
    -------
    DescribedFigure
        The curves on the left; on the right the loss at the end against the learning rate.

    Examples
    --------
    >>> rate_curves({0.01: [2.3, 2.0], 0.1: [2.3, 0.5]}, 0.1)
    Training loss at learning rate 0.1, step by step; beside it, the loss at the end of each of 2.
    """
    which = "each learning rate" if rate is None else f"learning rate {rate:g}"
    ends = {each: block_means(losses, smooth)[1][-1] for each, losses in runs.items()}
    figure = DescribedFigure(
        (8.0, 3.1),
        description=f"Training loss at {which}, step by step; beside it, the loss at the end of "
        f"each of {len(runs)}.",
        findings=" ".join(f"Rate {each:g} ends near {end:.2f}." for each, end in ends.items()),
    )
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=[1.5, 1])
    heights = _spread(ends)
    for (each, losses), own in zip(runs.items(), cycle(_COLOURS), strict=False):
        steps, means = block_means(losses, smooth)
        chosen = each == rate
        colour = own if rate is None else (VERMILION if chosen else "0.8")
        width = 2 if chosen or rate is None else 1.2
        left.plot(steps, means, color=colour, linewidth=width, zorder=2 + chosen)
        if rate is None:
            place = (1.02, heights[each])  # beside the axes, at the height where the curve ends
            transform = left.get_yaxis_transform()
            left.text(*place, f"{each:g}", color=colour, va="center", transform=transform)
    right.semilogx(list(ends), list(ends.values()), "o-", color=BLUE)
    if rate in ends:
        right.plot(rate, ends[rate], "o", color=VERMILION, markersize=9, zorder=3, clip_on=False)
    for axes in (left, right):
        axes.axhline(GUESSING, color=GREY, linestyle="--", linewidth=1)
        quieten(axes)
    middle = right.get_yaxis_transform()  # x in parts of the width, y in nats
    right.text(0.5, GUESSING + 0.08, "guessing", color="0.35", ha="center", transform=middle)
    left.set(xlabel="step", ylabel="loss (nats)", ylim=(0, CEILING))
    left.set_title(f"Training at {which}", fontsize="medium")
    right.set(xlabel="learning rate (logarithmic scale)", ylabel="loss at the end (nats)")
    right.set_title("How each ended", fontsize="medium")
    return figure


def _spread(ends: Mapping[float, float]) -> dict[float, float]:
    """Where to write the name of each curve: near its end, and none upon another."""
    heights, lowest = {}, 0.0
    for each, end in sorted(ends.items(), key=lambda item: item[1]):
        heights[each] = max(end, lowest)
        lowest = heights[each] + _APART
    return heights
