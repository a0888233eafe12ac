"""The share of digits read right: against what was done to them, and how sure it is."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from digitlab.course.figures import described
from digitlab.course.figures.described import BLUE, GREEN, GREY, VERMILION, DescribedFigure, percent
from digitlab.lab import wilson_interval

__all__ = ["accuracy_against", "accuracy_intervals", "repeated_tests"]

_LOOKS = [("o-", BLUE), ("s--", GREEN), ("^:", GREY)]  # marks and colour of a curve
_CURVE = np.unique(np.geomspace(50, 100_000, 60).round().astype(int))  # sizes of a test
_TRUE = 0.993  # what `repeated_tests` tests
_SHOWN = (92.5, 100.3)  # percent: the same for all sizes, so that their widths can be compared


def accuracy_against(
    amounts: Sequence[float], accuracies: Mapping[str, Sequence[float]], *, amount: str, title: str
) -> DescribedFigure:
    """Plot accuracies against something that was done to the digits, such as a shift.

    Parameters
    ----------
    amounts : sequence of float
        How much of it was done, in order.
    accuracies : mapping of str to sequence of float
        Up to three curves, each with its name; shares from 0 to 1, one for each amount.
    amount : str
        What it is an amount of, with the unit: the label below the axis.
    title : str
        Title of the figure.

    Returns
    -------
    DescribedFigure
        A curve for each, and a line at the 10 % that guessing gets.

    Raises
    ------
    ValueError
        If there are more curves than can be told apart.
    """
    words = {"title": title, "amount": amount, "curves": accuracies}
    figure = DescribedFigure((6.0, 3.2), "accuracy_against", **words)
    axes, spans = figure.plots(), []
    for (name, shares), (marks, colour) in described.told_apart(accuracies, _LOOKS):
        spans.append(f"{name} from {percent(min(shares))} to {percent(max(shares))}")
        axes.plot(amounts, [100 * share for share in shares], marks, color=colour, label=name)
    figure.tell(f"The accuracies reach, for {'; '.join(spans)}.")
    axes.axhline(10, color=GREY, linestyle=":", label="guessing")
    axes.set(ylim=(0, 102), xlabel=amount, ylabel="digits read right (%)", title=title)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False, fontsize="small")
    return figure


def accuracy_intervals(
    counts: Mapping[str, tuple[int, int]], *, title: str, target: float | None = None
) -> DescribedFigure:
    """Show accuracies below one another, each with its 95 % interval.

    Parameters
    ----------
    counts : mapping of str to (right, total)
        From what was measured to how many digits were read right, of how many.
    title : str
        Title of the figure.
    target : float, optional
        An accuracy to draw a line at, 0 to 1.

    Returns
    -------
    DescribedFigure
        A dot and a line for each, the first at the top.
    """
    size = (6.6, 0.42 * len(counts) + 1.2)
    figure = DescribedFigure(size, "accuracy_intervals", title=title, counts=counts)
    axes = figure.plots()
    for place, (name, (right, total)) in enumerate(counts.items()):
        low, high = wilson_interval(right, total)
        axes.plot([100 * low, 100 * high], [place, place], color=BLUE, linewidth=2)
        axes.plot(100 * right / total, place, "o", color=BLUE)
        figure.tell(f"{name}: {percent(right / total)}, from {percent(low)} to {percent(high)}.")
    if target is not None:
        axes.axvline(100 * target, color=GREY, linestyle="--", label=f"target {percent(target)}")
        figure.legend(frameon=False, fontsize="small", loc="outside lower right")
    axes.set(yticks=range(len(counts)), yticklabels=counts, xlabel="digits read right (%)")
    axes.set_title(title, fontsize="medium")
    axes.set_ylim(len(counts) - 0.4, -0.6)
    axes.margins(x=0.08)
    axes.grid(visible=False, axis="y")
    return figure


def repeated_tests(sizes: Sequence[int], *, tests: int = 100) -> DescribedFigure:
    """Show what many tests of one network would have said, for tests of one size or of several.

    The network's true accuracy, which no test knows, is 99.3 %.

    Parameters
    ----------
    sizes : sequence of int
        Digits in a test.
    tests : int
        Tests of each size; their outcomes are drawn by chance, the same each time.

    Returns
    -------
    DescribedFigure
        On the left the width of the interval against the size of the test, with the sizes marked;
        then for each size the intervals of all tests. Those that miss the truth are dashed and
        of another colour, and their number is written above.
    """
    named, width = [f"{size:,}" for size in sizes], 3.6 + 2.0 * len(sizes)
    figure = DescribedFigure((width, 3.9), "repeated_tests", tests=tests, sizes=named)
    curve, *panels = figure.plots(1, 1 + len(sizes), width_ratios=[1.7] + [1] * len(sizes))
    curve.plot(_CURVE, [_width(size) for size in _CURVE], color=BLUE)
    curve.set(xscale="log", yscale="log", xlabel="test digits (count)")
    curve.set_ylabel("width of the interval (points)")
    curve.set_yticks([0.1, 0.3, 1, 3, 10], ["0.1", "0.3", "1", "3", "10"], minor=False)
    curve.set_yticks([], minor=True)
    curve.set_xticks([100, 1000, 10_000, 100_000], ["100", "1,000", "10,000", "100,000"])
    curve.set_title("More digits, narrower", fontsize="small")
    for axes, size in zip(panels, sizes, strict=True):
        curve.plot(size, _width(size), "o", color=BLUE)
        # A generator for each size, so that its tests are the same whatever stands beside them.
        outcomes = np.random.default_rng([0, size]).binomial(size, _TRUE, size=tests)
        missed = _show_tests(axes, outcomes, size)
        axes.set_title(f"{tests} tests of {size:,}:\n{missed} miss the truth", fontsize="small")
        figure.tell(f"Of {size:,} digits: {missed} miss the truth.")
    return figure


def _width(size: int) -> float:
    """The width of the interval in points: hundredths."""
    # The curve passes through counts that aren't whole, which the formula takes as well.
    low, high = wilson_interval(_TRUE * size, size)  # type: ignore[arg-type]
    return 100 * (high - low)


def _show_tests(axes: Axes, outcomes: np.ndarray, size: int) -> int:
    """Draw the interval of each outcome, and return how many miss the truth."""
    missed = 0
    for place, right in enumerate(np.sort(outcomes)):
        low, high = wilson_interval(int(right), size)
        held = low <= _TRUE <= high
        missed += not held
        colour, line = (BLUE, "-") if held else (VERMILION, "--")
        axes.plot([100 * low, 100 * high], [place, place], line, color=colour, linewidth=0.9)
    axes.axvline(100 * _TRUE, color=GREY)
    axes.set(yticks=[], xlabel="accuracy (%)", xlim=_SHOWN)
    axes.spines["left"].set_visible(False)
    return missed
