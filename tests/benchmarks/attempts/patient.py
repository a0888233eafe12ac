"""What ten times the patience makes of the recipe `good`, with more drawings, and letters in print.

Judged by the validation digits, as they are, rewritten, and drawn by rule, and by printed signs in
fonts that the training never sees. Neither the MNIST test nor the pen strokes are opened. The long
run takes hours on two cores, and minutes on a GPU.

    python tests/benchmarks/attempts/patient.py --attempt patient --seed 0 --output runs/patient
"""

import argparse
import functools
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from unittest.mock import patch

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows it by
from matplotlib import get_data_path
from PIL import Image, ImageDraw, ImageFont

from digitlab.errors import NothingDrawnError
from digitlab.lab import model, synthetic
from digitlab.lab.calibration import as_drawn_on_the_pad
from digitlab.lab.data import Digits, load_mnist
from digitlab.lab.evaluation import log_probabilities
from digitlab.lab.recipes import RECIPES
from digitlab.lab.restyling import redrawn
from digitlab.lab.training import train
from digitlab.preprocess import picture_from_ink, stacked

GOOD = RECIPES["good"]
MORE = {"batch_size": 256, "restyled": 40_000, "drawn": 25_000, "others": 30_000}
STRONG = replace(GOOD.augmentation, untouched=0.25, elastic=0.8, rotation=12, shear=0.25, scale=0.2)
ATTEMPTS = {
    "as it is, longer": {"epochs": 65, "batch_size": 256},
    "more drawings": {"epochs": 47} | MORE,
    "more drawings, bent further": {"epochs": 47, "augmentation": STRONG} | MORE,
    "more drawings, more dropout": {"epochs": 47, "dropout": 0.5} | MORE,
    "more drawings, faster": {"epochs": 47, "learning_rate": 6e-3} | MORE,
    "more letters and signs": {"epochs": 45} | MORE | {"restyled": 30_000, "others": 45_000},
    "patient": {"epochs": 99, "learning_rate": 6e-3} | MORE,
}

CHARACTERS = (
    "AEFHKMNPRTWXaefhkmnprtwxΓΔΛΞΠΣΦΨΩαεηκλμνπρτφχψωЖИКЛПФЦШЩЫЮЯжилнфхшщюя"
    "#$%&*+=?@~^<>«»€£©±×÷≠≤≥≈∑√∞∀∃∇∈⊂⊕←→↑↔⇒■□▲△●★☆♠♥♫☺"
)
"""None of which passes for a digit."""
FONTS = "DejaVuSans", "DejaVuSans-Oblique", "DejaVuSansMono", "DejaVuSerif", "DejaVuSerif-Italic"
OTHER_FONTS = "STIXGeneral", "STIXGeneralItalic"
SIZE = 48
SEED = 3_000_000
"""Of the pictures to judge by: neither a training's nor a calibration's."""


def printed(random: np.random.Generator, *, fonts: Sequence[str] = FONTS) -> np.ndarray:
    """Print one to three characters, slanted, and let a pen trace half of them."""
    font, side = _font(random.choice(fonts)), 6 * SIZE
    text = "".join(random.choice(list(CHARACTERS), size=random.choice([1, 1, 1, 2, 3])))
    matrix = synthetic._slanted(random).T
    paper = Image.new("L", (side, side))
    ImageDraw.Draw(paper).text((side / 2,) * 2, text, fill=255, font=font, anchor="mm")
    shift = side / 2 * (1 - matrix.sum(axis=1, keepdims=True))  # the middle stays where it is
    bent = cv2.warpAffine(np.asarray(paper), np.hstack([matrix, shift]), (side, side))
    picture = picture_from_ink(bent.astype(np.float32) / 255)
    return picture_from_ink(redrawn(picture, random)) if random.random() < 0.5 else picture


@functools.cache
def _font(name: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(Path(get_data_path(), "fonts", "ttf", f"{name}.ttf"), SIZE)


def half_printed(number: int, random: np.random.Generator, *, drawn=synthetic._other) -> np.ndarray:
    """Draw letters, signs and scribbles as the training does, but print a quarter of them."""
    return (
        printed(random) if number % 2 == 0 and number % 8 not in (0, 4) else drawn(number, random)
    )


def main() -> int:
    """Train one attempt, keep it, and print how far it got."""
    options = _options()
    mnist = load_mnist()
    if options.digits:
        few = Digits(mnist.train.images[: options.digits], mnist.train.labels[: options.digits])
        mnist = replace(mnist, train=few)
    recipe = replace(GOOD, **ATTEMPTS[options.attempt])
    if options.epochs:
        recipe = replace(recipe, epochs=options.epochs)
    with patch.object(synthetic, "_other", half_printed):
        run = train(
            recipe,
            mnist=mnist,
            seed=options.seed,
            checkpoint=options.output / "checkpoint.pt",
            resume=options.resume,
        )
    model.save(run.model, options.output, metadata=run.metadata())
    row = {"attempt": options.attempt, "epochs": recipe.epochs} | asdict(run.calibration)
    row |= figures(run.model, as_drawn_on_the_pad(mnist.validation, seed=0), others_in_print(2_000))
    print(json.dumps(row, indent=1))
    return 0


def figures(network: torch.nn.Module, digits: Digits, others: np.ndarray) -> dict:
    """Judge by three kinds of validation digits, in this order, and by printed signs."""
    answers = log_probabilities(network, digits.images)
    right = (answers.argmax(dim=1) == digits.labels).float()
    losses = F.nll_loss(answers, digits.labels, reduction="none")
    threshold = answers.amax(dim=1).quantile(0.015)
    declined = log_probabilities(network, torch.from_numpy(others)).amax(dim=1) < threshold
    return {
        "right": right.view(3, -1).mean(dim=1).tolist(),
        "loss": losses.view(3, -1).mean(dim=1).tolist(),
        "declined while 98.5 % are accepted": float(declined.float().mean()),
    }


def others_in_print(n: int) -> np.ndarray:
    """Print letters and signs in fonts that the training never sees."""
    random, made = np.random.default_rng(SEED), []
    while len(made) < n:
        try:
            made.append(printed(random, fonts=OTHER_FONTS))
        except NothingDrawnError:
            continue  # a character that the font lacks
    return stacked(made)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--attempt", choices=ATTEMPTS, default="patient")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, metavar="N", help="instead of the attempt's own")
    parser.add_argument("--digits", type=int, metavar="N", help="only the first N, to try it out")
    parser.add_argument("--output", type=Path, default=Path("runs", "patient"), metavar="DIR")
    parser.add_argument("--resume", action="store_true", help="go on where it was stopped")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
