"""Smooth lines: the curves through the points that a pen went by."""

import numpy as np
from numpy.typing import NDArray

from digitlab.preprocess import Point

STEP = 1 / 100
"""How long the straight pieces of a curve are, as a share of the paper's side."""

CORNER = 0.3
"""Cosine: where a line turns more than 72 degrees, the pen meant a corner."""


def curve(points: list[Point], *, size: float) -> NDArray[np.float64]:
    """Return a smooth curve through points, in short straight pieces.

    It is a centripetal Catmull-Rom spline, which neither overshoots nor makes loops (Yuksel,
    Schaefer and Keyser 2011), except that corners stay corners. ``front/geometry.js`` draws the
    same one in the browser.

    Parameters
    ----------
    points : list of points
        Of one stroke; a single one gives a dot, a line from the point to itself.
    size : float
        Side of the paper, in the unit of the points.

    Returns
    -------
    numpy.ndarray
        Shape ``(n, 2)``, in the unit of the points.

    Examples
    --------
    >>> curve([(0, 0), (1, 0)], size=100).tolist()
    [[0.0, 0.0], [1.0, 0.0]]
    >>> arch = curve([(0, 9), (4, 1), (12, 1), (16, 9)], size=100)
    >>> arch.shape, bool(arch[:, 1].min() < 0.5)
    ((27, 2), True)
    """
    p = np.array(points if points[1:] else 2 * points, float)
    way = np.diff(p, axis=0)
    length = np.hypot(*way.T)[:, None]
    knot = np.sqrt(np.where(length, length, 1))
    straight = way / knot
    slope = straight[:-1] + straight[1:] - (p[2:] - p[:-2]) / (knot[:-1] + knot[1:])
    dot = (way[:-1] * way[1:]).sum(axis=1, keepdims=True)
    corner = dot < CORNER * length[:-1] * length[1:]
    leave = np.concatenate([straight[:1], np.where(corner, straight[1:], slope)]) * knot
    come = np.concatenate([np.where(corner, straight[:-1], slope), straight[-1:]]) * knot
    n = np.maximum(1, np.ceil(length[:, 0] / (STEP * size))).astype(int)
    i = np.repeat(np.arange(len(way)), n)
    t = ((np.arange(len(i)) - np.repeat(np.cumsum(n) - n, n) + 1) / np.repeat(n, n))[:, None]
    pieces = (
        (1 + 2 * t) * (1 - t) ** 2 * p[i]
        + t * (1 - t) ** 2 * leave[i]
        + t**2 * (3 - 2 * t) * p[i + 1]
        - t**2 * (1 - t) * come[i]
    )
    return np.concatenate([p[:1], pieces])
