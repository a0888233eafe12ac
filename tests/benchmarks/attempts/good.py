"""What was tried to make the recipe `best` better, and how far it got on the validation digits.

Each attempt is the recipe with one thing changed, seed 0. Neither the MNIST test nor the pen
strokes are opened. All of them take three quarters of an hour on two cores, so `make bench`
leaves them out.

    python tests/benchmarks/attempts/best.py --json best.json
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows it by
from torch import nn

from digitlab.lab import training
from digitlab.lab.data import Digits, Mnist, load_mnist
from digitlab.lab.evaluation import accuracy, log_probabilities
from digitlab.lab.model import DEVIATION, MEAN, load
from digitlab.lab.recipes import RECIPES, Recipe
from digitlab.lab.restyling import restyled
from digitlab.lab.training import train
from digitlab.places import resource

BEST = RECIPES["best"]
SHORT, LONG = 10, 30
"""Epochs of an attempt, and of the network that has a teacher."""
SEED = 2_000_000
"""Of the restyled digits: neither a training's nor a calibration's."""

CHANGES = {
    "MNIST's digits alone": {"restyled": 0, "drawn": 0, "others": 0},
    "every picture augmented": {"augmentation": replace(BEST.augmentation, untouched=0.0)},
    "contrast not restored": {"augmentation": replace(BEST.augmentation, contrast=0.0)},
    "the recipe as it is": {},
}


class Wide(nn.Module):
    """A teacher: four convolutions and about three times the work, to `NormalisedCNN`'s plan."""

    def __init__(self, *, dropout: float):
        super().__init__()

        def convolution(channels, maps):
            norm = nn.BatchNorm2d(maps)
            return nn.Conv2d(channels, maps, 3, padding=1, bias=False), norm, nn.ReLU()

        self.maps = nn.Sequential(
            *convolution(1, 32),
            nn.MaxPool2d(2),
            *convolution(32, 96),
            *convolution(96, 96),
            nn.MaxPool2d(2),
            *convolution(96, 192),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Dropout(dropout),
        )
        self.fc2 = nn.Linear(192 * 3 * 3, 10)  # its name in `CNN`: calibration looks for it

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return F.log_softmax(self.fc2(self.maps((pictures - MEAN) / DEVIATION)), dim=1)

    def folded(self) -> "Wide":
        return self


def taught_by(
    teacher: nn.Module, *, share: float = 0.7, temperature: float = 2.0
) -> Callable[..., torch.Tensor]:
    """Return losses of which a share is how far the network's answers are from a teacher's.

    Hinton, Vinyals & Dean 2015, "Distilling the knowledge in a neural network".
    """
    of_labels = training._losses

    def losses(network, pictures, labels, *, bfloat16):
        with torch.autocast(pictures.device.type, torch.bfloat16, enabled=bfloat16):
            answers = network(pictures[:, None])
            with torch.no_grad():
                expected = teacher(pictures[:, None])
        distance = F.kl_div(
            F.log_softmax(answers.float() / temperature, dim=1),
            F.log_softmax(expected.float() / temperature, dim=1),
            log_target=True,
            reduction="none",
        ).sum(dim=1)
        hard = of_labels(lambda _: answers, pictures, labels, bfloat16=bfloat16)
        return (1 - share) * hard + share * temperature**2 * distance

    return losses


def main() -> int:
    """Train each attempt, and print one table."""
    options = _options()
    mnist = load_mnist()
    validation = mnist.validation
    pictures, labels = restyled(
        validation.images.numpy(), validation.labels.numpy(), n=len(validation), seed=SEED
    )
    styled = Digits(torch.from_numpy(pictures), torch.from_numpy(labels))
    rows = []
    print("| run | epochs | validation | restyled | loss |")
    print("|---|---|---|---|---|")
    for name, epochs, network in attempts(mnist, options):
        row = {"run": name, "epochs": epochs} | figures(network, validation, styled)
        rows.append(row)
        print(
            f"| {name} | {epochs} | {row['validation']:.2%} | {row['restyled']:.2%} "
            f"| {row['loss']:.4f} |",
            flush=True,
        )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    return 0


def attempts(mnist: Mnist, options: argparse.Namespace) -> Iterator[tuple[str, int, nn.Module]]:
    """Yield each attempt's name, epochs and network; what ships comes first, from its file."""
    yield "what ships", BEST.epochs, load(resource("models"))
    if options.digits:
        n = options.digits
        few = Digits(mnist.train.images[:n], mnist.train.labels[:n])
        mnist = replace(mnist, train=few)
    short = options.epochs or SHORT

    def trained(recipe: Recipe) -> nn.Module:
        return train(recipe, mnist=mnist, seed=0, progress=False).model

    for name, changes in CHANGES.items():
        yield name, short, trained(replace(BEST, epochs=short, **changes))
    # What no recipe can say is put in the place of a part of the training.
    with patch.object(training, "NormalisedCNN", Wide):
        teacher = trained(replace(BEST, epochs=short))
    yield "a teacher: four convolutions, three times the work", short, teacher
    long = options.epochs or LONG
    with patch.object(training, "_losses", taught_by(teacher)):
        yield "taught by it: 0.7 of the loss", long, trained(replace(BEST, epochs=long))


def figures(network: nn.Module, validation: Digits, styled: Digits) -> dict[str, float]:
    """Judge by the validation digits, and by the same rewritten in styles that MNIST lacks."""
    answers = log_probabilities(network, validation.images)
    return {
        "validation": accuracy(network, validation),
        "restyled": accuracy(network, styled),
        "loss": float(F.nll_loss(answers, validation.labels)),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, metavar="N", help="of every attempt")
    parser.add_argument("--digits", type=int, metavar="N", help="only the first N, to try it out")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
