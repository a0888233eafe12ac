"""Whether it pays to take away the small hooks that a pen leaves where it comes down and leaves.

Online recognizers cut them off (Jaeger et al. 2001, "Online handwriting recognition: the NPen++
recognizer"). Here the digits that code draws, with hooks now and then, are read as they are and
without what looks like a hook: a short end of a stroke that turns back sharply. Nothing is trained,
and no pen strokes of people are opened.

    python tests/benchmarks/attempts/dehooking.py
"""

import argparse
import sys
from unittest.mock import patch

import numpy as np

from digitlab.classifier import Classifier
from digitlab.lab import synthetic
from digitlab.preprocess import picture_from_strokes, stacked

DIGITS, SEED = 10_000, 4_000_000
"""How many are drawn; the seed is neither a training's nor a calibration's."""

LENGTHS = 0.04, 0.08, 0.12, 0.15
"""How long a hook may be, in shares of the digit's longer side."""

ANGLES = 75, 90, 110
"""How far the pen turns at least where a hook ends, in degrees."""


def without_hooks(strokes: list[np.ndarray], length: float, angle: float) -> list[np.ndarray]:
    """Cut the hooks off at both ends of each stroke."""
    points = np.concatenate(strokes)
    longest = length * np.ptp(points, axis=0).max()
    ends = [_without_hook(stroke, longest, angle)[::-1] for stroke in strokes]
    return [_without_hook(stroke, longest, angle)[::-1] for stroke in ends]


def _without_hook(path: np.ndarray, longest: float, angle: float) -> np.ndarray:
    """Cut off the beginning of a stroke up to its sharpest turn, if that is near and sharp."""
    travelled = np.concatenate([[0], np.hypot(*np.diff(path, axis=0).T).cumsum()])
    sharpest, cut = np.cos(np.radians(angle)), 0
    for turn in range(1, len(path) - 1):
        if travelled[turn] > longest or travelled[-1] < 3 * longest:
            break
        ahead = path[np.searchsorted(travelled, travelled[turn] + longest).clip(max=len(path) - 1)]
        before, after = path[turn] - path[0], ahead - path[turn]
        straight = before @ after / max(np.hypot(*before) * np.hypot(*after), 1e-9)
        if straight < sharpest:
            sharpest, cut = straight, turn
    return path[cut:]


def main() -> int:
    """Read the digits as they are, and without hooks of each kind."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    drawn: list[tuple] = []

    def kept(strokes, pen_width):
        drawn.append((strokes, pen_width))
        return picture_from_strokes(strokes, pen_width=pen_width)

    with patch.object(synthetic, "picture_from_strokes", kept):
        pictures, labels = synthetic.drawn_digits(DIGITS, seed=SEED)
    classifier = Classifier.load()

    def read(pictures: np.ndarray) -> tuple[np.ndarray, float]:
        answers = classifier.probabilities(pictures)
        loss = -np.log(answers[range(len(labels)), labels].clip(1e-9)).mean()
        return answers.argmax(axis=1) == labels, loss

    right, loss = read(pictures)
    print(f"| hooks cut off, of {DIGITS:,} digits | right | loss | gained | lost |")
    print("|---|---|---|---|---|")
    print(f"| none | {right.mean():.2%} | {loss:.4f} | | |")
    for length in LENGTHS:
        for angle in ANGLES:
            cut = [(without_hooks(strokes, length, angle), pen) for strokes, pen in drawn]
            redrawn = [picture_from_strokes(strokes, pen_width=pen) for strokes, pen in cut]
            now, loss = read(stacked(redrawn))
            name = f"up to {length:.0%} of the digit, turns of {angle}° or more"
            gained, lost = (now & ~right).sum(), (right & ~now).sum()
            print(f"| {name} | {now.mean():.2%} | {loss:.4f} | {gained} | {lost} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
