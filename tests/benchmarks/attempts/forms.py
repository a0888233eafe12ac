"""What was tried for digits in forms, written across the lines: rows of boxes, boxes, a line below.

The forms are drawn here, from MNIST's validation digits: they lie where hands put them, a little
beside the middle of their box, so that most rows have one that crosses a line. Half of the forms
are tilted, and they are black and white, clean, or photographed. The attempt takes the lines out
before anything else is tried, except where a stroke touches them.

    python tests/benchmarks/attempts/forms.py --forms 200 --images ../shared/real-images

With `--images`, `real_images.py` is run under the attempt, too.
"""

import argparse
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import cv2
import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from digitlab.classifier import Classifier
from digitlab.classifier.reading import Reading
from digitlab.errors import NothingDrawnError
from digitlab.lab.data import Digits, load_mnist
from digitlab.preprocess import paper, ways
from digitlab.preprocess.paper import square
from tests.benchmarks import real_images

FINE = 3  # pixels drawn for one of the form
STYLES = "row", "row", "row", "boxes", "base"

INK = 0.25  # of full ink: lines may be paler than what is written
LEAST = 12  # pixels: a smaller piece of ink has no lines in it
WIDE = 2  # times as wide as tall: no digit is so wide, and no stroke so long
LONG = 0.6, 0.5  # of the shorter side of its piece: so long is a line; of a wide piece
ALONG = 0.45, 0.3  # of the side of its piece that it runs along
THIN = 7  # times as long as thick, at least
THICK = 0.25  # of the shorter side of its piece: no line is thicker
TILT = 0.06  # of its length: so much a line may rise
BENT = 0.7  # of a pixel: how far half of its points may stray from a straight line
END = 0.15  # of its length: so near its end is what it ends at
CELLS = 4  # lines of each direction, at most, that are two boxes side by side, and no table
LEFT = 0.1  # of the ink: if less is left, the lines are what was written


class Form(NamedTuple):
    """A form that was filled in: its image, the digits on it, and of what kind it is."""

    image: Image.Image
    text: str
    style: str
    kind: str


def form(random: np.random.Generator, digits: Digits) -> Form:
    """Draw a form and fill it in."""
    n, height = int(random.integers(4, 9)), FINE * random.uniform(22, 64)  # of a digit
    cell, tall = height * random.uniform(1.15, 1.7), round(height * random.uniform(1.05, 1.8))
    margin, style = round(height * random.uniform(0.3, 1.2)), random.choice(STYLES)
    thickness = max(1, round(height * random.uniform(0.03, 0.11)))
    lines = np.zeros((tall + 2 * margin, round(n * cell) + 2 * margin), np.float32)
    ink = np.zeros_like(lines)
    gap = 0.08 * cell if style == "boxes" else 0
    text = ""
    for column in range(n):
        left, right = (round(margin + at * cell) for at in (column, column + 1))
        corners = (round(left + gap), margin), (round(right - gap), margin + tall)
        if style == "base":
            cv2.line(lines, (left, margin + tall), (right, margin + tall), 1, thickness)
        else:
            cv2.rectangle(lines, *corners, 1, thickness)
        which = int(random.integers(len(digits)))
        text += str(int(digits.labels[which]))
        written = _written(digits.images[which].numpy(), height * random.uniform(0.85, 1.15))
        x = (left + right) / 2 + random.normal() * 0.14 * cell
        y = margin + tall / 2 + random.normal() * 0.12 * tall
        if style == "base":
            y = margin + tall - written.shape[0] / 2 + abs(random.normal()) * 0.15 * height
        _put(written, ink, x, y)
    ink = np.maximum(ink, lines * random.choice([1, 1, random.uniform(0.5, 1)]))
    if random.random() < 0.5:
        middle = ink.shape[1] / 2, ink.shape[0] / 2
        turn = cv2.getRotationMatrix2D(middle, random.uniform(-2.5, 2.5), 1)
        ink = cv2.warpAffine(ink, turn, ink.shape[::-1])
    ink = cv2.resize(ink, None, fx=1 / FINE, fy=1 / FINE, interpolation=cv2.INTER_AREA)
    kind = random.choice(["black and white", "clean", "photographed"])
    grey = _photographed(ink, random) if kind == "photographed" else 255 * (1 - ink)
    grey = 255 * (grey > 127) if kind == "black and white" else grey
    return Form(Image.fromarray(grey.clip(0, 255).astype(np.uint8)), text, style, kind)


def _written(picture: np.ndarray, height: float) -> np.ndarray:
    """A digit of MNIST with hard edges, in this height."""
    y, x = np.nonzero(picture.reshape(28, 28) > 0.1)
    digit = picture.reshape(28, 28)[y.min() : y.max() + 1, x.min() : x.max() + 1]
    scale = height / digit.shape[0]
    large = cv2.resize(digit, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    return ((large - 0.5) * 4 + 0.5).clip(0, 1)


def _put(digit: np.ndarray, ink: np.ndarray, x: float, y: float) -> None:
    """Write a digit with its middle there, or as near as the paper allows."""
    (tall, wide), (height, width) = digit.shape, ink.shape
    top = int(np.clip(y - tall / 2, 0, max(0, height - tall)))
    left = int(np.clip(x - wide / 2, 0, max(0, width - wide)))
    place = ink[top : top + tall, left : left + wide]
    np.maximum(place, digit[: place.shape[0], : place.shape[1]], out=place)


def _photographed(ink: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Grey values of the form on grey paper, a little blurred, unevenly lit and noisy."""
    soft = cv2.GaussianBlur(ink, (0, 0), random.uniform(0.4, 1.0))
    light = 1 + random.uniform(-0.15, 0.15) * np.linspace(-1, 1, ink.shape[1])
    grey = (1 - soft * random.uniform(0.5, 0.85)) * random.uniform(150, 230) * light
    return grey + random.normal(scale=random.uniform(1, 5), size=ink.shape)


class Line(NamedTuple):
    """An upright line; of a transposed image, a level one."""

    top: int
    bottom: int
    x: float  # at row 0
    slope: float
    thickness: int

    @property
    def length(self) -> int:
        """How many rows it crosses."""
        return self.bottom - self.top


def without_lines(difference: np.ndarray, ink: np.ndarray) -> np.ndarray | None:
    """Take the lines of boxes, and those that digits were written on, out of a difference."""
    pieces, found = ways.pieces_of(ink, INK)
    ruled = np.zeros(ink.shape, bool)
    for number, (x, y, w, h, _) in enumerate(found[1:].tolist(), start=1):
        if max(w, h) >= LEAST:
            around = slice(y, y + h), slice(x, x + w)
            own = (pieces[around] == number).astype(np.uint8)
            ruled[around] |= _ruled(own, np.count_nonzero(pieces[around]))
    return np.where(ruled, np.float32(0), difference) if ruled.any() else None


def _ruled(piece: np.ndarray, ink: int) -> np.ndarray:
    """Where, in a piece of ink, the lines of a row of boxes are, of a box, or below digits."""
    height, width = piece.shape
    is_wide = width > WIDE * height
    upright, level = list(_lines(piece, is_wide)), list(_lines(piece.T, is_wide))
    across, along = _drawn(upright, piece.shape), _drawn(level, piece.T.shape)
    upright = [line for line in upright if _is_held(line, along.T)]
    level = [line for line in level if _is_held(line, across.T) or line.length > WIDE * height]
    fewer, more = sorted((len(upright), len(level)))
    is_box = fewer > 1 and more <= CELLS
    is_row = is_wide and (len(level) == 1 or fewer > 1)
    across, along = _drawn(upright, piece.shape, 2), _drawn(level, piece.T.shape, 2)
    lines = cv2.dilate(across | along.T, square(3))
    if not (is_box or is_row) or ink - np.count_nonzero(piece & lines) < LEFT * piece.sum():
        return np.zeros(piece.shape, bool)
    thickness = max(line.thickness for line in upright + level)
    uprights = _alone(across, piece & ~along.T, thickness)
    return uprights | _alone(along, piece.T & ~across.T, thickness).T


def _alone(lines: np.ndarray, piece: np.ndarray, thickness: int) -> np.ndarray:
    """Where upright lines run alone: where a stroke touches one, the ink is broader."""
    strokes = ways._opened(piece, (1, round(1.5 * thickness) + 2))
    return (lines > 0) & (cv2.dilate(strokes, square(3)) == 0)


def _lines(piece: np.ndarray, is_wide: bool) -> Iterator[Line]:
    """Find the long straight upright lines in a piece of ink, even if they are tilted a little."""
    height, shorter = piece.shape[0], min(piece.shape)
    length = max(LEAST // 2, round(LONG[is_wide] * shorter))
    thickest = max(3, round(THICK * shorter))
    thin = piece & ~ways._opened(piece, (thickest, thickest))
    # Thicker, a tilted line holds a straight one.
    reach = 1 + 2 * min(3, max(1, round(TILT * length / 2)))
    thick = cv2.dilate(piece, np.ones((1, reach), np.uint8))
    n, straight = cv2.connectedComponents(ways._opened(thick, (length, 1)))
    for number in range(1, n):
        y, x = np.nonzero((straight == number) & (thin > 0))
        if len(y) < length:
            continue
        points = np.stack([x, y], axis=1).astype(np.float32)
        dx, dy, x0, y0 = cv2.fitLine(points, cv2.DIST_HUBER, 0, 0.01, 0.01).ravel().tolist()
        if abs(dx) > 2 * TILT * abs(dy):
            continue
        in_row = np.bincount(y)
        thickness = int(np.median(in_row[in_row > 0]))
        line = Line(int(y[0]), int(y[-1]) + 1, x0 - dx / dy * y0, dx / dy, thickness)
        rows = np.flatnonzero((in_row > 0) & (in_row <= thickness + 1))
        strays = np.bincount(y, x)[rows] / in_row[rows] - line.x - line.slope * rows
        least = max(THIN * thickness, ALONG[height > WIDE * piece.shape[1]] * height)
        if line.length > least and np.median(np.abs(strays)) <= BENT:
            yield line


def _is_held(line: Line, across: np.ndarray) -> bool:
    """Whether the line ends, on top and below, at lines that cross it."""
    near = max(3, round(END * line.length))
    crossed = (cv2.dilate(_drawn([line], across.shape), square(5)) & across).any(axis=1)
    top, bottom = crossed[line.top :][:near], crossed[: line.bottom][-near:]
    return bool(top.any() and bottom.any())


def _drawn(lines: list[Line], shape: tuple[int, ...], wider: int = 0) -> np.ndarray:
    """Draw upright lines as 1 on 0, and wider if their soft edges count."""
    drawn = np.zeros(shape, np.uint8)
    for line in lines:
        ends = ((round(line.x + line.slope * y), y) for y in (line.top, line.bottom - 1))
        cv2.line(drawn, *ends, 1, max(1, line.thickness) + wider)
    return drawn


SHIPPED = ways.inks


def inks(difference: np.ndarray) -> Iterator[np.ndarray]:
    """The ink without the lines of forms; then what the package finds."""
    with contextlib.suppress(NothingDrawnError):
        ink = ways._ink(difference)
        is_large = min(ink.shape) >= paper.FIT_SIDE
        unlined = without_lines(difference, ink) if is_large else None
        if unlined is not None:
            yield from SHIPPED(unlined)
    yield from SHIPPED(difference)


def is_better_than(reading: Reading, other: Reading) -> bool:
    """Whether it shows more: that it is sure counts as much as two digits more."""
    surer = reading._is_sure and not other._is_sure
    return reading._worth + surer > other._worth + other._is_sure


def main() -> int:
    """Read the forms as the package does and under the attempt, and print one table."""
    options = _options()
    classifier, digits = Classifier.load(), load_mnist().validation
    forms = [form(np.random.default_rng([options.seed, n]), digits) for n in range(options.forms)]
    print("| forms | exactly | digits | too many | one plain digit | exactly, by style and kind |")
    print("|---|---|---|---|---|---|")
    print(_row("as it ships", forms, classifier))
    with (
        patch.object(ways, "inks", inks),
        patch.object(Reading, "_is_better_than", is_better_than),
    ):
        print(_row("lines taken out", forms, classifier), flush=True)
        if options.images:
            with patch.object(sys, "argv", ["real_images.py", "--images", str(options.images)]):
                return real_images.main()
    return 0


def _row(name: str, forms: list[Form], classifier: Classifier) -> str:
    texts, plain = [], 0
    for filled in forms:
        try:
            reading = classifier.read(filled.image)
            texts.append("".join(reading.text.split()))
            plain += reading.prediction.is_digit
        except NothingDrawnError:
            texts.append("")
    pairs = list(zip(texts, forms, strict=True))
    found = sum(real_images.matches(text, filled.text) for text, filled in pairs)
    extra = sum(max(0, len(text) - len(filled.text)) for text, filled in pairs)
    share = found / sum(len(filled.text) for filled in forms)
    kinds = sorted({filled.style for filled in forms} | {filled.kind for filled in forms})
    each = ", ".join(
        f"{kind} {np.mean([text == f.text for text, f in pairs if kind in (f.style, f.kind)]):.0%}"
        for kind in kinds
    )
    exact = np.mean([text == filled.text for text, filled in pairs])
    return f"| {name} | {exact:.1%} | {share:.1%} | {extra} | {plain} | {each} |"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--forms", type=int, default=200, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--images", type=Path, metavar="DIR", help="measure these, too")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
