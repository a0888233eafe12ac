"""Curves: of a quantity against another, and of the loss of a training, step by step."""

import math
from collections.abc import Mapping, Sequence
from uuid import uuid4

import numpy as np
from IPython.display import display
from matplotlib import colormaps
from numpy.typing import ArrayLike

from digitlab.course.figures import described
from digitlab.course.figures.described import BLUE, GREEN, GREY, VERMILION, DescribedFigure

__all__ = ["LiveCurve", "curves", "loss_curves", "rate_curves"]

GUESSING = math.log(10)
"""The loss of a network that finds all ten digits equally likely, in nats."""

CEILING = 4.0
"""Losses above this, or that are no number, are drawn here: what matters is that they are bad."""

_STYLES = [(BLUE, "-"), (VERMILION, "-"), (GREEN, "--"), ("#CC79A7", ":"), ("black", "-.")]
_LOOKS = [(BLUE, "-"), (VERMILION, "--"), (GREY, ":")]  # of what isn't a training
_APART = 0.27  # nats: closer than this, two names would lie on each other


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

    Raises
    ------
    ValueError
        If there are more curves than can be told apart.

    Examples
    --------
    >>> curves([0, 1], {"half": [0, 0.5]}, title="Halves", labels=("number", "half of it"))
    Halves: half of it against number, for half.
    """
    right, upwards = labels
    words = {"title": title, "right": right, "upwards": upwards, "heights": heights}
    figure = DescribedFigure((6.4, 3.0), "curves", **words)
    axes = figure.plots()
    for (name, values), (colour, line) in described.told_apart(heights, _LOOKS):
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


def loss_curves(
    runs: Mapping[str, Sequence[float]], *, title: str = "Training loss", smooth: int = 5
) -> DescribedFigure:
    """Plot the losses of several trainings, step by step.

    Parameters
    ----------
    runs : mapping of str to sequence of float
        Name of each of up to five trainings, and its loss at each step; infinite and NaN ones are
        welcome.
    title : str
        Title of the figure.
    smooth : int
        How many steps make a point of the curve, their mean.

    Returns
    -------
    DescribedFigure
        The curves, and a dashed line where guessing is. What is above the ceiling, or no number,
        is drawn at the ceiling, as triangles.

    Raises
    ------
    ValueError
        If there are more curves than can be told apart.

    Examples
    --------
    >>> loss_curves({"ill": [2.3, float("nan")], "cured": [2.3, 0.2]}, smooth=1)
    Training loss: curves against the step for ill, cured, and a line where guessing is.
    """
    figure = DescribedFigure((7.2, 3.1), "loss_curves", title=title, runs=runs)
    axes = figure.plots()
    for (name, losses), (colour, line) in described.told_apart(runs, _STYLES):
        steps, means = block_means(losses, smooth)
        axes.plot(steps, means, line, color=colour, label=name, linewidth=1.8)
        lost = means >= CEILING
        axes.plot(steps[lost], means[lost], "^", color=colour, markersize=6, clip_on=False)
        end = np.mean(losses[-5:]) if len(losses) else math.nan
        ending = f"near {end:.2f}" if math.isfinite(end) else "without a number"
        figure.tell(f"{name}: ends {ending}.")
    axes.axhline(GUESSING, color=GREY, linestyle="--", linewidth=1, label="guessing")
    axes.set(xlabel="step", ylabel="loss (nats)", xlim=(0, None), ylim=(0, CEILING))
    axes.set_title(title, fontsize="medium")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


class LiveCurve:
    """The loss of a training, drawn while it goes on.

    Parameters
    ----------
    steps : int
        How many there will be, so that the axes hold still.
    every : int
        How many steps go by between two drawings.

    Attributes
    ----------
    losses : list of float
        All that it was told.

    Examples
    --------
    >>> live = LiveCurve(steps=100)
    >>> live(2.3)  # after each step
    >>> live.losses
    [2.3]
    """

    def __init__(self, *, steps: int, every: int = 10):
        self.losses: list[float] = []
        self._steps, self._every, self._id = steps, every, uuid4().hex

    def __call__(self, loss: float) -> None:
        """Take the loss of one more step."""
        self.losses.append(loss)
        if len(self.losses) % self._every and len(self.losses) < self._steps:
            return
        figure = loss_curves({"training": self.losses}, title="Training loss, step by step")
        figure.axes[0].set_xlim(0, self._steps)
        display(figure, display_id=self._id, update=len(self.losses) > self._every)


def block_means(losses: Sequence[float], smooth: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the middle of each block of steps, counted from 1, and the mean of its losses.

    A last block that is not full counts too. No mean is above the ceiling; where a loss is no
    number, the mean is the ceiling.

    >>> steps, means = block_means([2.0, 1.0, float("inf"), 1.0], 2)
    >>> steps.tolist(), means.tolist()
    ([1.5, 3.5], [1.5, 4.0])
    """
    values = np.nan_to_num(np.asarray(losses, dtype=float), nan=np.inf, posinf=np.inf)
    blocks = [values[start : start + smooth] for start in range(0, len(values), smooth)]
    means = np.array([block.mean() for block in blocks]).clip(max=CEILING)
    sizes = np.array([len(block) for block in blocks])
    return np.cumsum(sizes) - (sizes - 1) / 2, means


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
        How many steps make a point of a curve, their mean; the last point is the end.

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
    points = {each: block_means(losses, smooth) for each, losses in runs.items()}
    ends = {each: float(means[-1]) for each, (_, means) in points.items()}
    figure = DescribedFigure((8.0, 3.1), "rate_curves", which=which, count=len(runs))
    figure.tell(" ".join(f"Rate {each:g} ends near {end:.2f}." for each, end in ends.items()))
    left, right = figure.plots(1, 2, sharey=True, width_ratios=[1.5, 1])
    heights = _spread(ends)
    beside = left.get_yaxis_transform()  # x in parts of the width, y in nats
    shades = colormaps["viridis"](np.linspace(0.3, 0.9, len(points)))  # they have an order
    for (each, curve), own in zip(points.items(), shades, strict=True):
        if rate is None:
            left.plot(*curve, color=own, linewidth=2)
            left.text(1.02, heights[each], f"{each:g}", color=own, va="center", transform=beside)
        elif each == rate:
            left.plot(*curve, color=BLUE, linewidth=2.5, zorder=3)
        else:
            left.plot(*curve, color=GREY, alpha=0.4, linewidth=1.2)
    right.semilogx(list(ends), list(ends.values()), "o-", color=BLUE)
    if rate in ends:
        right.plot(rate, ends[rate], "o", color=BLUE, markersize=10, zorder=3, clip_on=False)
    for axes in (left, right):
        axes.axhline(GUESSING, color=GREY, linestyle="--", linewidth=1)
    middle = right.get_yaxis_transform()
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
