"""What was tried to make the recipe `good` better, and how far it got on the validation digits.

Each attempt is the recipe with one thing changed, seed 0. Neither the MNIST test nor the pen
strokes are opened. All of them take three quarters of an hour on two cores, so `make bench`
leaves them out.

    python tests/benchmarks/attempts/good.py --json good.json
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows it by
from torch import nn

from digitlab.lab.data import Digits, Mnist, load_mnist
from digitlab.lab.evaluation import accuracy, log_probabilities
from digitlab.lab.model import load
from digitlab.lab.recipes import RECIPES
from digitlab.lab.restyling import restyled
from digitlab.lab.training import train
from digitlab.places import resource

GOOD = RECIPES["good"]
EPOCHS = 10
SEED = 2_000_000
"""Of the restyled digits: neither a training's nor a calibration's."""

CHANGES = {
    "MNIST's digits alone": {"restyled": 0, "drawn": 0, "others": 0},
    "every picture augmented": {"augmentation": replace(GOOD.augmentation, untouched=0.0)},
    "contrast not restored": {"augmentation": replace(GOOD.augmentation, contrast=0.0)},
    "the recipe as it is": {},
    "a teacher": {"taught": 2.0, "dropout": 0.4},
}


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
    yield "what ships", RECIPES["best"].epochs, load(resource("models"))
    if options.digits:
        n = options.digits
        few = Digits(mnist.train.images[:n], mnist.train.labels[:n])
        mnist = replace(mnist, train=few)
    epochs = options.epochs or EPOCHS
    for name, changes in CHANGES.items():
        recipe = replace(GOOD, epochs=epochs, **changes)
        yield name, epochs, train(recipe, mnist=mnist, seed=0, progress=False).model


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
