"""Who wrote MNIST's digits, and how much wider that makes the interval of an accuracy.

An interval that counts 10,000 digits takes each of them for a person of its own. A writer's digits
resemble each other, and so do the mistakes made with them. The label files of QMNIST name the
writer of each digit. They are not part of this repository: they serve to measure, nothing else.

    python tests/benchmarks/writers.py --qmnist ../shared/qmnist
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

from digitlab.course.nearest_average import NearestAverage
from digitlab.lab.data import SPLIT_SEED, VALIDATION_SIZE, load_mnist
from digitlab.lab.evaluation import log_probabilities
from digitlab.lab.model import load
from digitlab.places import resource

# The rest of the test file is the "lost" digits.
MNISTS_OWN = {"train": 60_000, "test": 10_000}


def main() -> int:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--qmnist", type=Path, default=Path("../shared/qmnist"))
    folder = parser.parse_args().qmnist
    if not (folder / "qmnist-train-labels.tsv.gz").is_file():
        print(
            f"No label files of QMNIST at {folder}: name their folder with --qmnist. Nothing was "
            "measured.",
            file=sys.stderr,
        )
        return 0
    mnist = load_mnist(progress=False)
    of_training, of_test = (read(folder, part) for part in ("train", "test"))
    _, in_test = of_test
    order = torch.randperm(len(of_training[0]), generator=torch.Generator().manual_seed(SPLIT_SEED))
    validation, train = order[:VALIDATION_SIZE].sort()[0], order[VALIDATION_SIZE:].sort()[0]
    for digits, known in (
        (mnist.train, of_training[0][train]),
        (mnist.validation, of_training[0][validation]),
        (mnist.test, of_test[0]),
    ):
        if not np.array_equal(digits.labels, known):
            print(f"The labels in {folder} are not those of MNIST, in its order.", file=sys.stderr)
            return 1

    in_train, in_validation = of_training[1][train], of_training[1][validation]
    seen = set(in_train)
    both = seen & set(in_validation)
    written = len(set(of_training[1])), len(set(in_test)), len(set(of_training[1]) & set(in_test))
    print(f"writers: {written[0]} of the training digits, {written[1]} of the test digits")
    print(f"of the test digits' writers, in the training digits too: {written[2]}")
    print(f"of the validation digits' {len(set(in_validation))}, in train too: {len(both)}")
    print()
    print(f"{'on the test digits':<20}{'right':>9}{'by digit':>10}{'by writer':>11}{'wider':>8}")
    for name, model in (
        ("the shipped network", load(resource("models"))),
        ("nearest average", NearestAverage(mnist.train)),
    ):
        answers = log_probabilities(model, mnist.test.images).argmax(dim=1)
        right = (answers == mnist.test.labels).numpy()
        by_digit, by_writer = half_widths(right, in_test)
        print(
            f"{name:<20}{100 * right.mean():8.2f} %{100 * by_digit:8.2f} %{100 * by_writer:9.2f} %"
            f"{by_writer / by_digit:8.2f}"
        )
    return 0


def read(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the classes and the writers of MNIST's own digits, in its order."""
    lines = np.loadtxt(folder / f"qmnist-{part}-labels.tsv.gz", dtype=int, usecols=(0, 2))
    classes, writers = lines[: MNISTS_OWN[part]].T
    return classes, writers


def half_widths(right: np.ndarray, writers: np.ndarray) -> tuple[float, float]:
    """Return half the 95 % interval of the share read right, counted two ways.

    First as if each digit came from a writer of its own; then by writers, whose digits may go
    right or wrong together (the standard error clustered by writer, known as the sandwich).

    Examples
    --------
    >>> four_each = np.repeat(np.arange(200), 4)  # each writer's are all right, or all wrong
    >>> by_digit, by_writer = half_widths(four_each % 2 == 0, four_each)
    >>> print(f"{by_writer / by_digit:.1f}")
    2.0
    """
    share = right.mean()
    by_digit = 1.96 * np.sqrt(share * (1 - share) / len(right))
    _, of = np.unique(writers, return_inverse=True)
    too_many_right = np.bincount(of, weights=right - share)
    return by_digit, 1.96 * np.sqrt((too_many_right**2).sum()) / len(right)


if __name__ == "__main__":
    sys.exit(main())
