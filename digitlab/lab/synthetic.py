"""Handwriting by rule: digits, letters and signs that code draws, in ways that MNIST never saw.

MNIST was written by Americans around 1990. Elsewhere a 1 has a long upstroke, a 0 or a 7 a bar
through it, a 4 is open, the bar of a 5 floats; and nobody in MNIST ever wrote a letter. The file
``shapes.toml`` holds such shapes as a few control points each. `draw` bends, slants and jitters
them, lets the hand shake and the pen slip where it comes down or leaves, so that no two drawings
are the same, and sends them through the function that the pad uses.
"""

from collections.abc import Sequence

import numpy as np

from digitlab.places import beside
from digitlab.preprocess import PEN_WIDTH, PICTURE_SIZE, picture_from_strokes, stacked

# Its comments say how a shape is written.
_SHAPES = beside(__file__, "shapes.toml")

DIGITS: dict[int, list[list[str]]] = {int(n): some for n, some in _SHAPES["digits"].items()}
"""The strokes of ten digits, each in several styles."""

NOT_DIGITS: list[list[str]] = [shape for kind in _SHAPES["not_digits"].values() for shape in kind]
"""The strokes of letters, signs and drawings that nobody should take for a digit."""


def draw(shape: Sequence[str], random: np.random.Generator) -> np.ndarray:
    """Draw a shape once, as another hand would each time.

    Parameters
    ----------
    shape : sequence of str
        Its strokes, as in `DIGITS`.
    random : numpy.random.Generator
        Where the differences come from: bend, jitter, proportion, slant, turn, hooks, pen.

    Returns
    -------
    numpy.ndarray
        The digit picture: ``float32``, ``(28, 28)``, in ``[0, 1]``, ink = 1.

    Examples
    --------
    >>> draw(DIGITS[4][0], np.random.default_rng(0)).shape
    (28, 28)
    """
    size, frequency = random.normal(size=(2, 3)), random.uniform(0.2, 0.6, (2, 3, 2))
    phase = random.uniform(0, 2 * np.pi, (2, 3))
    matrix, shaking = _slanted(random), random.exponential(0.04)
    strokes = []
    for stroke in shape:
        pairs = [pair.split(",") for pair in stroke.removeprefix("~").split()]
        points = np.array(pairs, np.float64) + random.normal(scale=0.15, size=(len(pairs), 2))
        path = _line(points, smooth=stroke.startswith("~"))
        # A bend is the same for all strokes, so that what was joined stays joined.
        waves = np.sin(np.einsum("acd,nd->nac", frequency, path) + phase)
        path = path + 0.4 * (waves * size).sum(axis=2)
        path = _hooked(path + random.normal(scale=shaking, size=path.shape), random)
        strokes.append(path @ matrix)
    return picture_from_strokes(strokes, pen_width=random.triangular(1.5, PEN_WIDTH, 4.2))


def drawn_digits(n: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw digits in many styles.

    Parameters
    ----------
    n : int
        How many.
    seed : int
        The same seed draws the same digits.

    Returns
    -------
    pictures : numpy.ndarray
        ``float32``, ``(n, 28, 28)``, in ``[0, 1]``, ink = 1.
    labels : numpy.ndarray
        ``int64``, ``(n,)``.

    Examples
    --------
    >>> pictures, labels = drawn_digits(10, seed=0)
    >>> labels.tolist()
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    random = np.random.default_rng(seed)
    labels = np.arange(n) % 10
    styles = (DIGITS[label] for label in labels.tolist())
    pictures = [draw(shapes[random.integers(len(shapes))], random) for shapes in styles]
    return stacked(pictures), labels


def drawn_others(n: int, *, seed: int) -> np.ndarray:
    """Draw what is no digit: letters, signs, scribbles, and spots.

    Parameters
    ----------
    n : int
        How many; every eighth is a scribble, and every eighth a spot.
    seed : int
        The same seed draws the same.

    Returns
    -------
    numpy.ndarray
        ``float32``, ``(n, 28, 28)``, in ``[0, 1]``, ink = 1.

    Examples
    --------
    >>> drawn_others(3, seed=0).shape
    (3, 28, 28)
    """
    random = np.random.default_rng(seed)
    return stacked([_other(number, random) for number in range(n)])


def _other(number: int, random: np.random.Generator) -> np.ndarray:
    if number % 8 == 4:
        return _spot(random)
    if number % 8:
        return draw(NOT_DIGITS[random.integers(len(NOT_DIGITS))], random)
    points = random.uniform((0, 0), (6, 10), size=(random.integers(5, 14), 2))
    return draw(["~ " + " ".join(f"{x:.1f},{y:.1f}" for x, y in points)], random)


def _line(points: np.ndarray, *, smooth: bool, steps: int = 8) -> np.ndarray:
    """A line through all the points: straight, or smooth (Catmull & Rom 1974)."""
    before = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    p0, p1, p2, p3 = (before[i : len(before) - 3 + i, None] for i in range(4))
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    curve = 0.5 * (
        2 * p1
        + (p2 - p0) * t
        + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
        + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    )
    line = curve if smooth else p1 + (p2 - p1) * t
    return np.concatenate([line.reshape(-1, 2), points[-1:]])


def _hooked(path: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Let the pen slip, now and then, as it leaves the paper and as it comes down: a short hook."""
    for _ in range(2):
        if random.random() < 0.2:
            ahead = np.arctan2(*(path[-1] - path[-2])[::-1])
            angle = ahead + random.choice([-1, 1]) * random.uniform(np.pi / 3, np.pi)
            length = min(random.exponential(0.8), 2.4)
            tip = path[-1] + length * np.array([np.cos(angle), np.sin(angle)])
            path = np.concatenate([path, [tip]])
        path = path[::-1]
    return path


def _spot(random: np.random.Generator) -> np.ndarray:
    """A dot, a disc, a level bar or a flat grey: wider than a one, and at times empty."""
    down, across = np.abs(np.indices((PICTURE_SIZE, PICTURE_SIZE)) - PICTURE_SIZE / 2)
    width = random.uniform(0, 18)
    height, power = width * random.choice([random.uniform(0.1, 0.5), 1]), random.choice([2, 40])
    inside = (across / width) ** power + (down / height) ** power <= 1
    return inside * random.uniform(0, 1)


def _slanted(random: np.random.Generator) -> np.ndarray:
    """A random matrix for row vectors: proportion, then slant, then a small turn."""
    width, slant, turn = np.exp(random.uniform(-0.5, 0.4)), *random.uniform(-1, 1, 2) * (0.35, 0.2)
    turned = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return np.array([[width, 0], [-slant, 1]]) @ turned
