"""Styles and faults: MNIST's own digits, in ways that MNIST does not know.

Each function takes the picture of one digit and a random generator. A style rewrites the digit with
one more stroke, one gap, or in another shape: the zero slashed or flat, the one with the upstroke
that Europeans are taught, the four whose stem is short, the seven with its bar, the five whose bar
floats, the eight left open. A fault is what pens and cameras do to any digit: a hook where the pen
was lifted, ink that is torn, blurred, or black and white on too few pixels, and something else
beside it.
"""

from collections.abc import Callable

import cv2
import numpy as np

from digitlab.preprocess import PEN_WIDTH, PICTURE_SIZE, picture_from_ink, stacked
from digitlab.preprocess.geometry import box_of
from digitlab.preprocess.thickness import distance_from_edge

_ROWS, _COLUMNS = np.indices((PICTURE_SIZE, PICTURE_SIZE), dtype=np.float32)
_DETAIL = 4  # fine pixels a pixel of the picture, where lines are drawn anew
_INK = 0.3  # from here on a pixel counts as ink


def restyled(
    pictures: np.ndarray, labels: np.ndarray, *, n: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Pick digits and rewrite them in a style of their class that MNIST lacks, or with a fault.

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
        ``int64``, ``(n,)``: each digit that there is, equally often.
    """
    random = np.random.default_rng(seed)
    chosen = np.resize(np.unique(labels), n)
    places = [np.flatnonzero(labels == digit) for digit in range(10)]
    made = []
    for digit in chosen.tolist():
        changes = [_one_of(FAULTS, random)] if random.random() < 0.5 else []
        if (styles := STYLES.get(digit)) and (not changes or random.random() < 0.5):
            changes.insert(0, _one_of(styles, random))
        picture = pictures[random.choice(places[digit])]
        for change in changes or [_one_of(FAULTS, random)]:
            picture = picture_from_ink(change(picture, random))
        made.append(picture)
    return stacked(made), chosen


def no_longer_digits(pictures: np.ndarray, labels: np.ndarray, *, n: int, seed: int) -> np.ndarray:
    """Make of digits what is none: several squashed side by side, or one as a mirror shows it.

    Parameters
    ----------
    pictures : numpy.ndarray
        ``(m, 28, 28)``, in ``[0, 1]``, ink = 1.
    labels : numpy.ndarray
        ``(m,)``, 0 to 9.
    n : int
        How many to make; every third is mirrored.
    seed : int
        The same seed makes the same.

    Returns
    -------
    numpy.ndarray
        ``float32``, ``(n, 28, 28)``, in MNIST's geometry.
    """
    random = np.random.default_rng(seed)
    lopsided = np.flatnonzero(np.isin(labels, (3, 6, 7, 9)))  # no digit in the mirror, by any hand
    made = []
    for number in range(n):
        if number % 3 == 0 and len(lopsided):
            chosen = lopsided[random.integers(len(lopsided))]
            made.append(picture_from_ink(pictures[chosen, :, ::-1]))
            continue
        several = random.choice([2, 2, 2, 3, 4])
        row = pictures[random.integers(len(pictures), size=several)]
        # Each with its own margin, or less: some touch.
        row = [digit[:, digit.max(axis=0) > random.choice([0, 0.5])] for digit in row]
        row = [np.pad(digit, ((0, 0), (0, int(random.integers(3))))) for digit in row]
        line = np.concatenate(row, axis=1)
        width = max(1, round(line.shape[1] * random.uniform(1 / several, 1)))
        ink: np.ndarray = cv2.resize(line, (width, PICTURE_SIZE), interpolation=cv2.INTER_AREA)
        made.append(picture_from_ink(ink))
    return stacked(made)


def slashed(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Put a slash through a zero."""
    angle = np.radians(random.uniform(15, 75)) * random.choice([1, 1, 1, -1])
    step = np.array([np.sin(angle), -np.cos(angle)]) * random.uniform(7, 14)
    middle = np.array(_middle(picture)) + random.normal(scale=0.8, size=2)
    return _with_line(picture, middle - step, middle + step, _pen(random))


def flattened(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Write a zero as wide as a person in a hurry does, or wider."""
    return cv2.resize(picture, (round(PICTURE_SIZE * random.uniform(1.2, 2.4)), PICTURE_SIZE))


def with_upstroke(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Let a one begin with an upstroke, as Europeans write it."""
    top, _ = _ends(picture)
    angle, length = np.radians(random.uniform(20, 75)), random.uniform(3, 15)
    down = np.array([-np.sin(angle), np.cos(angle)]) * length
    return _with_line(picture, top, top + down, _pen(random))


def with_foot(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Put a one on a foot; most such ones begin with an upstroke or a serif."""
    _, bottom = _ends(picture)
    left, right = (np.array([random.uniform(1.5, 7), random.normal(scale=0.5)]) for _ in range(2))
    picture = _with_line(picture, bottom - left, bottom + right, _pen(random))
    return with_upstroke(picture, random) if random.random() < 0.7 else picture


def shortened(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Let the stem of a four end early, hardly below its bar."""
    rows, _ = box_of(picture > _INK)
    return picture * (rows.stop - 1 - random.uniform(1, 5) >= _ROWS)


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
    spots = np.argwhere((picture > _INK) & (_ROWS < 12) & (_COLUMNS > 12))  # upper right
    if not len(spots):
        return picture
    y, x = spots[random.integers(len(spots))]
    return _without_spot(picture, (x, y), random.uniform(1.5, 2.5))


def hooked(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Let the pen slip where a stroke ends: a short hook at the top or at the bottom."""
    end = _ends(picture)[random.integers(2)]
    angle, length = random.uniform(0, 2 * np.pi), random.uniform(1.5, 4)
    tip = end + length * np.array([np.cos(angle), np.sin(angle)])
    return _with_line(picture, end, tip, _pen(random))


def blurred(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Photograph it out of focus."""
    return cv2.GaussianBlur(picture, (0, 0), random.uniform(0.4, 1.1))


def torn(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Let the pen skip: no ink in small spots, up to a fifth of all."""
    noise = cv2.GaussianBlur(random.random(picture.shape), (0, 0), random.uniform(0.8, 1.6))
    return picture * (noise > np.quantile(noise, random.uniform(0.05, 0.2)))


def black_and_white(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Keep it on few pixels, each with ink or without: so images are often stored."""
    side = int(random.integers(12, 41))
    small = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
    return (small > random.uniform(0.2, 0.6) * small.max()).astype(np.float32)


def redrawn(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Draw the middle of its lines anew with a pen that is as thick everywhere, as the pad does."""
    fine = cv2.resize(picture, None, None, _DETAIL, _DETAIL, cv2.INTER_CUBIC)
    line = (cv2.GaussianBlur(fine, (0, 0), 2) > 0.4 * fine.max()).astype(np.uint8)
    middle, cross = np.zeros_like(line), cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    while line.any():  # Lantuejoul 1977: what each erosion leaves that no opening gives back
        middle |= line - cv2.morphologyEx(line, cv2.MORPH_OPEN, cross)
        line = cv2.erode(line, cross)
    pen = _DETAIL * random.triangular(1.6, PEN_WIDTH, 3.6)
    drawn = (pen / 2 + 0.5 - distance_from_edge(1 - middle)).clip(0, 1)
    return cv2.resize(drawn, picture.shape[::-1], interpolation=cv2.INTER_AREA)


def with_remainder(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Leave something else beside it: a speck, or a piece of a line from the form."""
    place, along = random.uniform(1, 3.5), random.uniform(2, 26)
    piece = np.array([[place, along], [place, along + random.uniform(0, 8)]])
    if random.random() < 0.5:
        piece = PICTURE_SIZE - 1 - piece
    if random.random() < 0.5:
        piece = piece[:, ::-1]
    return _with_line(picture, piece[0], piece[1], random.uniform(0.5, 2))


Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]

STYLES: dict[int, tuple[Change, ...]] = {
    0: (slashed, flattened),
    1: (with_upstroke, with_foot, hooked),
    4: (shortened,),
    5: (with_floating_bar,),
    7: (barred, hooked),
    8: (opened,),
}
"""What is done to which digit."""

FAULTS = (redrawn,) * 3 + (hooked, blurred, torn, black_and_white, with_remainder)
"""What is done to any digit; most often it is redrawn, as the pad redraws it."""


def _ends(picture: np.ndarray) -> list[np.ndarray]:
    """The middle of the ink in the uppermost row and in the lowest, x and y."""
    rows, _ = box_of(picture > _INK)
    ends = rows.start, rows.stop - 1
    return [np.array([_COLUMNS[0] @ picture[y] / picture[y].sum(), y]) for y in ends]


def _one_of(changes: tuple[Change, ...], random: np.random.Generator) -> Change:
    return changes[random.integers(len(changes))]


def _pen(random: np.random.Generator) -> float:
    return random.uniform(1.6, 3.2)


def _middle(picture: np.ndarray) -> tuple[float, float]:
    """The middle of the digit's box, x and y."""
    y, x = box_of(picture > _INK)
    return (x.start + x.stop - 1) / 2, (y.start + y.stop - 1) / 2


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
    return picture * (np.hypot(_COLUMNS - centre[0], _ROWS - centre[1]) - radius + 0.5).clip(0, 1)
