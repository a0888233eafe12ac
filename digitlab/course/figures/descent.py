"""Gradient descent in a landscape small enough to be drawn: two parameters and a long valley."""

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from digitlab.course.figures.described import BLUE, GREY, VERMILION, DescribedFigure

__all__ = ["descent"]

START = (-4.0, 1.0)
"""Where every walk begins: far along the valley, and up its side."""

STEEPNESS = 10.0
"""How many times as steep the valley's sides are as its floor."""

_EDGE = (5.0, 2.4)  # of the map, to either side of the lowest point
_HIGHEST = 1e6  # what leaps out is drawn up to here


def valley(x: ArrayLike, y: ArrayLike) -> NDArray[np.float64]:
    """Return the height of the landscape, ½ x² + 5 y²: lowest, 0, at the origin.

    Examples
    --------
    >>> float(valley(-4.0, 1.0))
    13.0
    """
    return np.asarray((np.square(x) + STEEPNESS * np.square(y)) / 2)


def walk(rate: float, *, momentum: float = 0.0, steps: int = 25) -> np.ndarray:
    """Go downhill from `START` with gradient descent.

    Parameters
    ----------
    rate : float
        The learning rate.
    momentum : float
        How much of the last move is kept, 0 up to but not including 1, as in `torch.optim.SGD`.
    steps : int
        How many.

    Returns
    -------
    numpy.ndarray
        ``(steps + 1, 2)``: the place before the first step and after each.

    Examples
    --------
    Both coordinates, one step down: the side is ten times as steep as the floor.

    >>> walk(0.1, steps=1).tolist()
    [[-4.0, 1.0], [-3.6, 0.0]]
    """
    place, velocity = np.array(START), np.zeros(2)
    places = [place]
    for _ in range(steps):
        velocity = momentum * velocity + place * (1, STEEPNESS)  # the gradient there
        place = place - rate * velocity
        places.append(place)
    return np.array(places)


def descent(rate: float, momentum: float = 0.0) -> DescribedFigure:
    """Draw a walk on the map of the valley, and the loss after each of its steps.

    Parameters
    ----------
    rate : float
        The learning rate; 0.2 is where plain descent stops going down.
    momentum : float
        0 up to but not including 1.

    Returns
    -------
    DescribedFigure
        The map on the left, the loss on the right.

    Examples
    --------
    >>> descent(0.05)
    Gradient descent in a valley: the steps on a map, and the loss after each step.
    """
    places = walk(rate, momentum=momentum)
    heights = np.clip(valley(*places.T), 1e-6, _HIGHEST)
    figure = DescribedFigure((8.0, 3.0), "descent", ending=_ending(places))
    left, right = figure.plots(1, 2, width_ratios=[1.45, 1])
    _map(left, places)
    kept = f", momentum {momentum:g}" if momentum else ""
    left.set_title(f"Rate {rate:g}{kept}", fontsize="medium")
    right.semilogy(heights, "o-", color=VERMILION, markersize=3.5)
    right.axhline(heights[0], color=GREY, linestyle="--", linewidth=1)
    right.text(len(heights) - 1, heights[0] * 1.3, "at the start", color="0.35", ha="right")
    right.set(xlabel="step", ylabel="loss (logarithmic scale)", ylim=(1e-5, 1e4))
    right.set_title(_ending(places), fontsize="medium")
    return figure


def _map(axes: Axes, places: np.ndarray) -> None:
    """Draw lines of equal height, the lowest point, and the walk as far as the map reaches."""
    x, y = np.meshgrid(np.linspace(-_EDGE[0], _EDGE[0], 121), np.linspace(-_EDGE[1], _EDGE[1], 81))
    axes.contour(x, y, valley(x, y), levels=[0.3, 1.2, 3, 6, 10, 16, 24], colors="0.8")
    axes.plot(0, 0, "+", color="black", markersize=9)
    # Clipped far outside the map, where nobody sees it.
    axes.plot(*np.clip(places, -50, 50).T, "o-", color=BLUE, linewidth=1.2, markersize=3.5)
    axes.plot(*places[0], "s", color=VERMILION, markersize=6)
    axes.set(xlim=(-_EDGE[0], _EDGE[0]), ylim=(-_EDGE[1], _EDGE[1]))
    axes.set(xlabel="first parameter", ylabel="second parameter")
    axes.spines[:].set_visible(True)
    axes.grid(visible=False)


def _ending(places: np.ndarray) -> str:
    """Say where a walk ended."""
    before, after = valley(*places[0]), valley(*places[-1])
    if after > before:
        return "It leaps out of the valley"
    return "It arrives" if after < 0.01 * before else "It is still on its way"
