"""A handwriting made by code: digits as a pocket calculator shows them, leaning left.

Where nobody has drawn anything yet, the notebook about your own handwriting needs a hand to work
on: one person's, always alike, plain to any reader, and unlike what the network has learned from.
This one is all corners, like the digits of a pocket calculator. No person wrote it.
"""

import numpy as np

from digitlab.drawings import CorrectedDrawing
from digitlab.places import beside
from digitlab.preprocess import Strokes, checked_digit, plain_strokes

_SHAPES = beside(__file__, "calculator_hand.toml")["digits"]
_SIZE = 280  # the pad's side
_UNIT = 15  # of the pad to one of the shapes: a digit is 150 high
_UNSTEADY = 0.3  # of a shape's unit: how far a corner usually misses its place

SLANT = -0.35
"""How far this hand leans: units to the right with each unit up."""


def calculator_strokes(
    digit: int, *, slant: float = SLANT, random: np.random.Generator | None = None
) -> Strokes:
    """Write a digit in the hand of a pocket calculator.

    Parameters
    ----------
    digit : int
        0 to 9.
    slant : float, optional
        Units to the right with each unit up: 0 is upright, below 0 it leans to the left.
    random : numpy.random.Generator, optional
        Where the hand's unsteadiness comes from; without it the hand is steady.

    Returns
    -------
    list of strokes
        Each a list of points ``(x, y)``, y down, on a pad of 280 × 280.

    Examples
    --------
    >>> calculator_strokes(1, slant=0)
    [[(110.0, 125.0), (170.0, 65.0), (170.0, 215.0)]]
    """
    strokes = []
    for points in _SHAPES[checked_digit(digit)]:
        path = np.array([point.split(",") for point in points.split()], float)
        if random is not None:
            path += random.normal(scale=_UNSTEADY, size=path.shape)
        strokes.append(path @ np.array([[1, 0], [-slant, 1]]))
    corners = np.concatenate(strokes)
    middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
    return plain_strokes(((path - middle) * _UNIT + _SIZE / 2).round(1) for path in strokes)


def calculator_drawings(n: int, *, seed: int, slant: float = SLANT) -> list[CorrectedDrawing]:
    """Write 0 to 9 again and again in the hand of a pocket calculator, each a little different.

    Parameters
    ----------
    n : int
        How many.
    seed : int
        The same seed writes the same.
    slant : float, optional
        As for `calculator_strokes`.

    Returns
    -------
    list of CorrectedDrawing
        In the form in which `digitlab.drawings.Drawings` gives what a person drew; the ``source``
        is ``"stand-in"``.

    Examples
    --------
    >>> [drawing.label for drawing in calculator_drawings(12, seed=0)]
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    """
    random, size = np.random.default_rng(seed), (_SIZE, _SIZE)
    labels = [number % 10 for number in range(n)]
    written = [calculator_strokes(label, slant=slant, random=random) for label in labels]
    pairs = zip(written, labels, strict=True)
    return [CorrectedDrawing(strokes, size, label, source="stand-in") for strokes, label in pairs]
