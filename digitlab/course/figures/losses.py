"""The loss step by step: what one looks at first when a training goes wrong."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from digitlab.course.figures.described import BLUE, GREY, VERMILION, DescribedFigure, quieten

GUESSING = math.log(10)
"""The loss of who finds all ten digits equally likely, in nats."""

CEILING = 4.0
"""Losses above this, or that are no number, are drawn here: what matters is that they are bad."""

_STYLES = [(BLUE, "-"), (VERMILION, "-"), ("#009E73", "--"), ("#CC79A7", ":"), ("black", "-.")]


def loss_curves(
    runs: Mapping[str, Sequence[float]], *, title: str = "Training loss", smooth: int = 5
) -> DescribedFigure:
    """Plot the losses of several trainings, step by step.

    Parameters
    ----------
    runs : mapping of str to sequence of float
        Name of each training, and its loss at each step; infinite and NaN ones are welcome.
    title : str
        Title of the figure.
    smooth : int
        The mean of so many steps is one point of the curve.

    Returns
    -------
    DescribedFigure
        The curves, and a dashed line where guessing is. What is above the ceiling, or no number,
        is drawn at the ceiling, as triangles.

    Examples
    --------
    >>> loss_curves({"ill": [2.3, float("nan")], "cured": [2.3, 0.2]}, smooth=1)
    Training loss: curves against the step for ill, cured, and a line where guessing is.
    """
    figure = DescribedFigure(
        (7.2, 3.1),
        description=f"{title}: curves against the step for {', '.join(runs)}, "
        "and a line where guessing is.",
        findings=" ".join(f"{name}: {_ending(losses)}" for name, losses in runs.items()),
    )
    axes = figure.subplots()
    draw_losses(axes, runs, smooth=smooth)
    axes.set_title(title, fontsize="medium")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def draw_losses(axes, runs: Mapping[str, Sequence[float]], *, smooth: int) -> None:
    """Draw loss curves into axes, with the line of guessing; see `loss_curves`."""
    for (name, losses), (colour, line) in zip(runs.items(), _STYLES, strict=False):
        steps, means = block_means(losses, smooth)
        axes.plot(steps, means, line, color=colour, label=name, linewidth=1.8)
        lost = means >= CEILING
        axes.plot(steps[lost], means[lost], "^", color=colour, markersize=6, clip_on=False)
    axes.axhline(GUESSING, color=GREY, linestyle="--", linewidth=1, label="guessing")
    axes.set(xlabel="step", ylabel="loss (nats)", ylim=(0, CEILING))
    axes.set_xlim(left=0)
    quieten(axes)


def block_means(losses: Sequence[float], smooth: int) -> tuple[np.ndarray, np.ndarray]:
    """Average losses over blocks of steps; a block with no number, or a high one, is the ceiling.

    Parameters
    ----------
    losses : sequence of float
        One a step.
    smooth : int
        Steps a block; a last block that is not full counts too.

    Returns
    -------
    (numpy.ndarray, numpy.ndarray)
        The middle of each block, in steps from 1, and its mean.

    Examples
    --------
    >>> steps, means = block_means([2.0, 1.0, float("inf"), 1.0], 2)
    >>> steps.tolist(), means.tolist()
    ([1.5, 3.5], [1.5, 4.0])
    """
    values = np.nan_to_num(np.asarray(losses, dtype=float), nan=np.inf, posinf=np.inf)
    starts = range(0, len(values), smooth)
    blocks = [values[start : start + smooth] for start in starts]
    means = [min(float(block.mean()), CEILING) for block in blocks]
    middles = [start + (len(block) + 1) / 2 for start, block in zip(starts, blocks, strict=True)]
    return np.array(middles), np.array(means)


def _ending(losses: Sequence[float]) -> str:
    """Say in a sentence where a training ended: the mean of its last five steps."""
    end = float(np.mean(np.asarray(losses[-5:], dtype=float))) if len(losses) else math.nan
    if not math.isfinite(end):
        return "ends without a number."
    return f"ends near {end:.2f}."
