"""Styles: MNIST's own digits, rewritten in ways that MNIST does not know.

Each function takes the picture of one digit and a random generator, and returns it with one more
stroke, or one gap: the zero slashed, the one with the upstroke that Europeans are taught, the
seven with its bar, the five whose bar floats, the eight left open.
"""

from collections.abc import Callable

import numpy as np

from digitlab.lab.synthetic import stacked
from digitlab.preprocess import PICTURE_SIZE, picture_from_ink

_ROWS, _COLUMNS = np.indices((PICTURE_SIZE, PICTURE_SIZE), dtype=np.float32)
_INK = 0.3  # from here on a pixel counts as ink


def restyled(
    pictures: np.ndarray, labels: np.ndarray, *, n: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Pick digits and rewrite them in a style of their class that MNIST lacks.

    Parameters
    ----------
    pictures : numpy.ndarray
        ``(m, 28, 28)``, in ``[0, 1]``, ink = 1.
    labels : numpy.ndarray
        ``(m,)``, 0 to 9.
    n : int
        How many to make.
    seed : int
        The same seed makes the same.

    Returns
    -------
    pictures : numpy.ndarray
        ``float32``, ``(n, 28, 28)``, in MNIST's geometry.
    labels : numpy.ndarray
        ``int64``, ``(n,)``: only digits of `STYLES`, each equally often.

    Raises
    ------
    ValueError
        If there is no digit of a class that is to be rewritten.
    """
    random = np.random.default_rng(seed)
    chosen = np.array([tuple(STYLES)[number % len(STYLES)] for number in range(n)], dtype=np.int64)
    places = {digit: np.flatnonzero(labels == digit) for digit in STYLES}
    if lacking := [digit for digit in set(chosen.tolist()) if not len(places[digit])]:
        raise ValueError(f"There is no digit {lacking[0]} to rewrite: expected at least one.")
    made = [
        picture_from_ink(STYLES[digit](pictures[random.choice(places[digit])], random))
        for digit in chosen
    ]
    return stacked(made), chosen


def slashed(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Put a slash through a zero."""
    angle = np.radians(random.uniform(15, 75)) * random.choice([1, 1, 1, -1])
    reach = random.uniform(7, 14)
    step = np.array([np.sin(angle), -np.cos(angle)]) * reach
    middle = np.array(_middle(picture)) + random.normal(scale=0.8, size=2)
    return _with_line(picture, middle - step, middle + step, _pen(random))


def with_upstroke(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Let a one begin with an upstroke, as Europeans write it; now and then give it a foot."""
    rows = np.flatnonzero((picture > _INK).any(axis=1))
    top, bottom = (
        np.array([np.average(_COLUMNS[0], weights=picture[row]), row])
        for row in (rows[0], rows[-1])
    )
    angle, length = np.radians(random.uniform(20, 70)), random.uniform(4, 15)
    down = np.array([-np.sin(angle), np.cos(angle)]) * length
    pen = _pen(random)
    picture = _with_line(picture, top, top + down, pen)
    if random.random() < 0.25:
        foot = np.array([random.uniform(3, 6), random.normal(scale=0.5)])
        picture = _with_line(picture, bottom - foot, bottom + foot, pen)
    return picture


def barred(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Put a bar through a seven."""
    x, y = _middle(picture)
    half = np.array([random.uniform(3, 6), random.normal(scale=0.8)])
    middle = np.array([x + random.normal(), y + random.uniform(0, 3)])
    return _with_line(picture, middle - half, middle + half, _pen(random))


def with_floating_bar(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Part the bar of a five from its body: rub out where they meet, at the upper left."""
    upper = (picture > _INK) & (_ROWS < 11)
    if not upper.any():
        return picture
    x = _COLUMNS[upper].min() + random.uniform(0, 2.5)
    y = _ROWS[upper & (x + 2 > _COLUMNS)].min(initial=10) + random.uniform(0, 3)
    return _without_spot(picture, (x, y), random.uniform(1.5, 3.0))


def opened(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Leave an eight open at its upper right."""
    upper_right = (picture > _INK) & (_ROWS < 12) & (_COLUMNS > 12)
    if not upper_right.any():
        return picture
    spots = np.argwhere(upper_right)
    y, x = spots[random.integers(len(spots))]
    return _without_spot(picture, (x, y), random.uniform(1.5, 2.5))


STYLES: dict[int, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    0: slashed,
    1: with_upstroke,
    5: with_floating_bar,
    7: barred,
    8: opened,
}
"""What is done to which digit."""


def _pen(random: np.random.Generator) -> float:
    return random.uniform(1.6, 3.2)


def _middle(picture: np.ndarray) -> tuple[float, float]:
    """The middle of the digit's box, x and y."""
    rows = np.flatnonzero((picture > _INK).any(axis=1))
    columns = np.flatnonzero((picture > _INK).any(axis=0))
    return (columns[0] + columns[-1]) / 2, (rows[0] + rows[-1]) / 2


def _with_line(
    picture: np.ndarray, start: np.ndarray, end: np.ndarray, pen_width: float
) -> np.ndarray:
    """Draw a straight line on the picture, from x, y to x, y."""
    (x, y), (dx, dy) = start, end - start
    along = (((_COLUMNS - x) * dx + (_ROWS - y) * dy) / max(dx * dx + dy * dy, 1e-6)).clip(0, 1)
    distance = np.hypot(_COLUMNS - x - along * dx, _ROWS - y - along * dy)
    return np.maximum(picture, (pen_width / 2 + 0.5 - distance).clip(0, 1))


def _without_spot(picture: np.ndarray, centre: tuple[float, float], radius: float) -> np.ndarray:
    """Rub out a round spot."""
    distance = np.hypot(_COLUMNS - centre[0], _ROWS - centre[1])
    return picture * (distance - radius + 0.5).clip(0, 1)
