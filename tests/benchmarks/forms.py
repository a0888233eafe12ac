"""How forms are read whose digits lie across the lines: rows of boxes, boxes, a line below.

The forms are drawn here, from MNIST's validation digits: they lie where hands put them, a little
beside the middle of their box, so that most rows have one that crosses a line. Half of the forms
are tilted, and they are black and white, clean, or photographed.

    python tests/benchmarks/forms.py --forms 200
"""

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from digitlab.classifier import Classifier
from digitlab.errors import NothingDrawnError
from digitlab.lab.data import Digits, load_mnist
from tests.benchmarks.real_images import matches

FINE = 3  # pixels drawn for one of the form
STYLES = "row", "row", "row", "boxes", "base"


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


def main() -> int:
    """Read the forms, and print one table."""
    options = _options()
    classifier, digits = Classifier.load(), load_mnist().validation
    read = []
    for n in range(options.forms):
        filled = form(np.random.default_rng([options.seed, n]), digits)
        read.append((filled, *_read(classifier, filled)))
    print("| forms | exactly | digits | too many | one plain digit |")
    print("|---|---|---|---|---|")
    styles, kinds = ({getattr(filled, of) for filled, *_ in read} for of in ("style", "kind"))
    print(_row("all", read))
    for name in [*sorted(styles), *sorted(kinds)]:
        print(_row(name, [one for one in read if name in (one[0].style, one[0].kind)]))
    return 0


def _read(classifier: Classifier, filled: Form) -> tuple[str, bool]:
    """The digits that are read on a form, and whether it passes for one plain digit."""
    try:
        reading = classifier.read(filled.image)
    except NothingDrawnError:
        return "", False
    return "".join(reading.text.split()), reading.prediction.is_digit


def _row(name: str, read: list[tuple[Form, str, bool]]) -> str:
    exact = np.mean([text == filled.text for filled, text, _ in read])
    found = sum(matches(text, filled.text) for filled, text, _ in read)
    share = found / sum(len(filled.text) for filled, *_ in read)
    extra = sum(max(0, len(text) - len(filled.text)) for filled, text, _ in read)
    plain = sum(is_plain for *_, is_plain in read)
    return f"| {name} ({len(read)}) | {exact:.1%} | {share:.1%} | {extra} | {plain} |"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--forms", type=int, default=200, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
