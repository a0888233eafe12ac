"""Handwriting by rule: digits, letters and signs that code draws, in ways that MNIST never saw.

MNIST was written by Americans around 1990. Elsewhere a 1 has a long upstroke, a 0 or a 7 a bar
through it, a 4 is open, the bar of a 5 floats; and nobody in MNIST ever wrote a letter. Here such
shapes stand as a few control points each; `draw` bends, slants and jitters them, so that each
drawing is another, and sends them through the very function that the pad uses.
"""

from collections.abc import Sequence

import numpy as np

from digitlab.preprocess import picture_from_strokes

# A shape is a list of strokes; a stroke is written as its points "x,y", x to the right from 0 to 6,
# y down from 0 to 10. A stroke that begins with "~" is a smooth curve through its points, any
# other goes straight from point to point.
_ZERO = "~ 3,0 .8,1.8 0,5 .8,8.3 3,10 5.2,8.3 6,5 5.2,1.8 3,0"
_FIVE_BODY = ".8,0 .5,4.3"
_FIVE_BELLY = "~ .5,4.3 3,3.6 5.4,5 5.8,7.3 4.2,9.6 2,10 0,9"
DIGITS: dict[int, tuple[tuple[str, ...], ...]] = {
    0: (
        (_ZERO,),
        ("~ 4.5,.6 2.4,0 .4,2.2 0,5.5 1.2,9 3.2,10 5.4,8 6,4.5 5,1.4 3,.2 1.6,1",),
        (_ZERO, "5.2,1.2 .8,8.8"),
        (_ZERO, "7,-.8 -1,10.8"),
        (_ZERO, "6.5,2.5 -.5,7.5"),
        ("~ 3,0 .6,1.8 0,5 .8,8.3 3,10 5.2,8.3 6,5 5.4,1.8 3,0 5.6,.8 3,5 .6,9.2",),
    ),
    1: (
        ("3,0 3,10",),
        ("1,2.6 3,0 3,10",),
        ("0,4 3,0 3,10",),
        ("-1.5,6 3,0 3,10",),
        ("-2,8 3,0 3,10",),
        ("1,2.6 3,0 3,10", "0,10 6,10"),
        ("-.5,4 3,0 3,10", "1,10 5,10"),
        ("0,3 6,3",),
        ("~ .5,3.5 2.2,1.8 3.2,0", "3.2,0 3,10"),
    ),
    2: (
        ("~ .2,2.5 1,.7 3,0 5.2,.9 5.6,3 4,5.7 1.8,8.2 0,10", "0,10 6,10"),
        ("~ .2,2 1.4,.4 3.6,0 5.4,1.4 5,4 3,7.2 .8,9.6 .2,9.2 1.4,8.4 3.6,9.6 6,9.6",),
        ("~ .2,1.6 2.4,0 5,.8 5.4,3.2 3.2,6.6 0,10", "0,10 3,9.6 6,10"),
        ("0,.4 5.4,.2 0,10 6,9.8",),
    ),
    3: (
        ("~ .4,1.4 2.4,0 5,1 5,3.2 2,4.8", "~ 2,4.8 5,5.4 6,7.4 4.4,9.6 2,10 0,8.8"),
        ("0,.2 5.6,0 2.4,4", "~ 2.4,4 5,4.8 6,7 4.6,9.4 2.4,10 0,9"),
        ("~ .2,.8 3,0 5.2,1.4 4.4,3.8 2.6,4.8 2.2,4.9 5,5.4 5.8,7.6 4,9.8 1.6,10 0,9.2",),
    ),
    4: (
        ("1.4,0 0,6 6,6", "4.4,2.6 4.2,10"),
        ("4.4,10 4.4,0 0,6.6 6,6.6",),
        ("~ .6,0 .2,3 .6,5 3,5.2 5,4.6", "5,0 4.8,10"),
        ("3,0 0,7 6,7", "4,4 4,10"),
        ("3.4,0 0,6.4 6,5.8", "4.8,4 3.2,10"),
    ),
    5: (
        ("5.4,0 .8,0 .5,4.3", _FIVE_BELLY),
        (_FIVE_BODY, _FIVE_BELLY, ".8,0 5.6,0"),
        (_FIVE_BODY, _FIVE_BELLY, "2,-1 6.4,-1.2"),
        (_FIVE_BODY, _FIVE_BELLY, "2.4,.4 6.6,-.4"),
        ("~ 5.4,.2 2.4,.2 .8,2.6 2.4,4.4 5,5.4 5.6,7.8 3.6,9.8 .2,9.6",),
    ),
    6: (
        ("~ 4.8,0 2,2 .4,5 .2,8 2,10 4.6,9.7 5.8,7.6 4.6,5.6 2.2,5.6 .5,7.5",),
        ("~ 3,0 1,3 0,7 1.4,9.8 4.4,10 5.6,7.8 4.2,6 1.8,6.4 .3,8",),
    ),
    7: (
        ("0,0 6,0 2,10",),
        ("0,0 6,0 2,10", "1.2,5 5.6,5"),
        ("0,1.6 0,0 6,0 2.4,10", ".8,5.4 5.4,4.6"),
        ("~ 0,.8 2,.2 5.8,0 4.4,3.4 3,6.6 2.6,10",),
        ("0,1.4 .2,0 6,.2 3,10",),
    ),
    8: (
        ("~ 5,1.2 3,0 .9,1.2 1.1,3.2 3,4.8 5.4,6.6 5.4,8.8 3,10 .6,8.8 .7,6.6 3,4.8 5,3.2 5,1.2",),
        ("~ 5.2,.6 3,0 .8,1.4 1.4,3.4 4.6,5.8 5.4,8 3,10 .6,8.4 1,6.4 4,4 5.8,1.6",),
        ("~ 5.6,0 2.8,.2 .9,1.8 2,4 4.8,6 5.2,8.6 3,10 .8,8.8 1.4,6.2 4.2,3.8 6.4,1.4",),
        (
            "~ 3,0 1,1.2 1.2,3.6 3,4.7 4.8,3.6 5,1.2 3,0",
            "~ 3,4.7 .7,6 .4,8.4 3,10 5.6,8.4 5.3,6 3,4.7",
        ),
    ),
    9: (
        ("~ 5,1.4 3,0 .8,1 .3,3.2 1.8,5 4,4.6 5.2,2.4 5.1,1.2", "5.1,1.2 4.8,10"),
        ("~ 5,1.2 2.8,0 .4,1.8 .8,4.4 3,5 5,3 5.2,1.2 5.4,5 4.4,8.8 2.4,10 .4,9.4",),
        ("~ 5.2,2 3.4,0 .8,1 .4,3.6 2.4,4.8 4.6,3.4 5.4,.6", "~ 5.4,.6 4.4,5 3,10"),
    ),
}
"""The strokes of ten digits, each in several styles."""

NOT_DIGITS: tuple[tuple[str, ...], ...] = (
    # capital letters, but for those that pass for a digit: B D G I J L O Q S U V Y Z
    ("0,10 3,0 6,10", "1.2,6.4 4.8,6.4"),  # A
    ("~ 0,10 2,4 3,0 4,4 6,10", "1,7 5,7"),
    ("0,0 0,10", "0,0 6,0", "0,5 4.6,5", "0,10 6,10"),  # E
    ("~ 5.6,.8 2.6,0 .6,2 2.4,4.6 4,4.8", "~ 2.4,4.8 0,6.6 .8,9.4 3,10 6,8.8"),
    ("0,0 0,10", "0,0 6,0", "0,4.8 4.6,4.8"),  # F
    ("0,0 0,10", "6,0 6,10", "0,5 6,5"),  # H
    ("0,0 0,10", "6,0 0,5.4", "1.6,4.4 6,10"),  # K
    ("0,10 .6,0 3,6 5.4,0 6,10",),  # M
    ("0,10 0,0 3,5.6 6,0 6,10",),
    ("0,10 0,0 6,10 6,0",),  # N
    ("0,0 0,10", "~ 0,.2 4,0 5.8,2.4 4,5 0,5.2"),  # P
    ("0,0 0,10", "~ 0,.2 4,0 5.6,2.4 4,4.8 0,5", "2,5 6,10"),  # R
    ("0,0 6,0", "3,0 3,10"),  # T
    ("0,0 1.4,10 3,3.6 4.6,10 6,0",),  # W
    ("~ 0,0 .4,7 1.4,10 2.8,7 3,3 3.2,7 4.6,10 5.6,7 6,0",),
    ("0,0 6,10", "6,0 0,10"),  # X
    # small letters
    ("~ .3,5.2 5.6,5 5,1.2 2.6,0 .4,3 .4,7 2.6,10 6,8.4",),  # e
    ("~ 5.6,.8 3.8,0 2.6,2 2.4,10", "0,4.4 5,4.4"),  # f
    ("~ 6,1 4,0 3,3 3,8 1.6,11 0,9.6", "1,4.8 5.4,4.4"),
    ("0,0 0,10", "~ 0,6.4 2.4,4.4 4.8,5 5.2,10"),  # h
    ("~ 0,9 2.4,3 2.4,0 1,1 .8,10 1,7 3,5 4.4,6 4.4,10 6,9",),  # h, written joined
    ("0,0 0,10", "4.8,4 0,7.2", "1.6,6.4 5.4,10"),  # k
    ("0,10 0,3.6", "~ 0,5 1.6,3.6 2.8,5 2.8,10", "~ 2.8,5 4.4,3.6 6,5 6,10"),  # m
    ("0,10 0,3", "~ 0,5 3,3 5.4,4.8 5.4,10"),  # n
    ("0,10 0,3", "~ 0,5.4 2,3.4 4.6,3.6"),  # r
    ("~ 0,3 .8,9 1.8,10 3,5 4,10 5.2,9 6,3",),  # w
    ("~ 0,3 2,4 4,9 6,10", "6,3 0,10"),  # x
    ("~ 0,3 2,3 3,6.5 2,10 0,10", "~ 6,3 4,3 3,6.5 4,10 6,10"),
    ("1,0 1,7.4 2.4,10 4,9.4", "0,3 4,3"),  # t
    # signs
    ("1.6,0 1,10", "4.6,0 4,10", "0,3.4 6,3.4", "0,6.8 6,6.8"),  # #
    ("~ 4.4,4 2.4,3.4 1.8,6 3.4,7 4.4,4 4.4,6.6 6,6 5.8,2 3,0 .4,2 0,6 2,9.8 5,9.6",),  # @
    ("~ 6,10 1.4,3 2.4,0 4,1.6 2,4.4 0,7 1.6,10 4,9 6,6",),  # &
    ("6,0 0,10", "~ 1.2,0 0,1.6 1.2,3.4 2.4,1.6 1.2,0", "~ 4.8,6.6 3.6,8.4 4.8,10 6,8.4 4.8,6.6"),
    ("~ 5.6,2 3,1 .6,2.6 3,5 5.6,7.4 3,9.2 .2,8", "3,-.4 3,10.4"),  # $
    ("3,0 3,10", "-.6,2.4 6.6,7.6", "6.6,2.4 -.6,7.6"),  # *
    ("~ .4,2.4 1.6,.2 4.4,.2 5.4,2.6 3.4,4.6 3,7", "3,9.6 3,10"),  # ?
    ("3,2 3,8", "0,5 6,5"),  # +
    ("0,3.4 6,3.4", "0,6.6 6,6.6"),  # =
    ("6,1.6 0,5 6,8.4",),  # <
    ("0,1.6 6,5 0,8.4",),  # >
    ("~ 0,5.4 1.6,3.8 3.2,5 4.8,6.2 6,4.4",),  # ~
    ("0,2 0,8 6,8 6,2 0,2",),  # a box
    ("3,1 0,9 6,9 3,1",),  # a triangle
    ("0,5 2,10 6,0",),  # a tick
    ("~ 3,9.6 0,4 .6,1.6 2,1.4 3,3.4 4,1.4 5.4,1.6 6,4 3,9.6",),  # a heart
    ("3,0 4.8,10 0,3.6 6,3.6 1.2,10 3,0",),  # a star
    ("~ 3,5 3.8,4.4 4,6 2.4,6.6 1.4,4.6 3,2.6 5.2,4 5,7.4 2,8.6 -.4,6 .6,1.6 4,.6",),  # a spiral
)
"""The strokes of letters, signs and drawings that nobody should take for a digit."""


def draw(shape: Sequence[str], random: np.random.Generator) -> np.ndarray:
    """Draw a shape once, as another hand would each time.

    Parameters
    ----------
    shape : sequence of str
        Its strokes, as in `DIGITS`.
    random : numpy.random.Generator
        Where the differences come from: bend, jitter, proportion, slant, turn, pen.

    Returns
    -------
    numpy.ndarray
        The digit picture: ``float32``, ``(28, 28)``, in ``[0, 1]``, ink = 1.

    Examples
    --------
    >>> draw(DIGITS[4][0], np.random.default_rng(0)).shape
    (28, 28)
    """
    bend = random.normal(size=(2, 3)), random.uniform(0.2, 0.6, (2, 3, 2)), _angles(random, (2, 3))
    matrix = _slanted(random)
    strokes = []
    for stroke in shape:
        points, smooth = _parsed(stroke)
        points = points + random.normal(scale=0.15, size=points.shape)
        path = _spline(points) if smooth else points
        # A bend is the same for all strokes, so that what was joined stays joined.
        waves = np.sin(np.einsum("acd,nd->nac", bend[1], path) + bend[2])
        strokes.append((path + 0.4 * (waves * bend[0]).sum(axis=2)) @ matrix)
    return picture_from_strokes(strokes, pen_width=random.uniform(1.8, 3.4))


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
    pictures = [
        draw(DIGITS[label][random.integers(len(DIGITS[label]))], random) for label in labels
    ]
    return np.stack(pictures), labels


def drawn_others(n: int, *, seed: int) -> np.ndarray:
    """Draw what is no digit: letters, signs, and scribbles.

    Parameters
    ----------
    n : int
        How many; every eighth is a scribble.
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
    return np.stack([draw(_other(number, random), random) for number in range(n)])


def _other(number: int, random: np.random.Generator) -> Sequence[str]:
    if number % 8:
        return NOT_DIGITS[random.integers(len(NOT_DIGITS))]
    points = random.uniform((0, 0), (6, 10), size=(random.integers(5, 14), 2))
    return ["~ " + " ".join(f"{x:.1f},{y:.1f}" for x, y in points)]


def _parsed(stroke: str) -> tuple[np.ndarray, bool]:
    """The points ``(n, 2)`` of a stroke's text, and whether it is a smooth curve."""
    smooth = stroke.startswith("~")
    points = [pair.split(",") for pair in stroke.removeprefix("~").split()]
    return np.array(points, dtype=np.float64), smooth


def _spline(points: np.ndarray, *, steps: int = 8) -> np.ndarray:
    """A smooth curve through all the points (Catmull & Rom 1974)."""
    before = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    p0, p1, p2, p3 = (before[i : len(before) - 3 + i, None] for i in range(4))
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    curve = 0.5 * (
        2 * p1
        + (p2 - p0) * t
        + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
        + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    )
    return np.concatenate([curve.reshape(-1, 2), points[-1:]])


def _angles(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return random.uniform(0, 2 * np.pi, shape)


def _slanted(random: np.random.Generator) -> np.ndarray:
    """A random matrix for row vectors: proportion, then slant, then a small turn."""
    width, slant, turn = np.exp(random.uniform(-0.5, 0.4)), *random.uniform(-1, 1, 2) * (0.35, 0.2)
    turned = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return np.array([[width, 0], [-slant, 1]]) @ turned
