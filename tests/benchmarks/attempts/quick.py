"""What was tried to make the recipe `quick` quicker: time and accuracy of each attempt.

Eight seeds each, other than those that `speed.py` reports, and every attempt in turn with each, for
a machine's speed changes within minutes. Judged by the validation digits; the test is not opened.

    python tests/benchmarks/attempts/quick.py --json quick.json
"""

import argparse
import json
import math
import sys
import time
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np

from digitlab.lab import training
from digitlab.lab.data import Digits, load_mnist
from digitlab.lab.recipes import RECIPES
from digitlab.lab.training import train

QUICK = RECIPES["quick"]
FIRST_SEED = 100

ATTEMPTS = {
    # what: share of the digits that the first epoch shows, what changes in the recipe
    "the recipe as it is": (1.0, {}),
    "first epoch of four digits in five": (0.8, {}),
    "first epoch of seven in ten": (0.7, {}),
    "of seven in ten, moving average": (0.7, {"average": 0.97}),
    "of seven in ten, more weight decay": (0.7, {"weight_decay": 0.1}),
    "of four in five, no augmentation": (0.8, {"augmentation": None}),
    "of four in five, twice the learning rate": (0.8, {"learning_rate": 2e-2}),
    "twice as large batches": (1.0, {"batch_size": 512}),
}


def main() -> int:
    """Train each attempt with each seed, and print one table."""
    options = _options()
    mnist = load_mnist()
    few = Digits(mnist.train.images[:256], mnist.train.labels[:256])
    train("quick", mnist=replace(mnist, train=few), progress=False)  # what torch imports at first
    seconds = {name: [] for name in ATTEMPTS}
    validation = {name: [] for name in ATTEMPTS}
    for seed in range(FIRST_SEED, FIRST_SEED + options.seeds):
        for name, (first, changes) in ATTEMPTS.items():
            started = time.perf_counter()
            with patch.object(training, "digits_each_epoch", _digits_each_epoch(first)):
                run = train(replace(QUICK, **changes), mnist=mnist, seed=seed, progress=False)
            seconds[name].append(time.perf_counter() - started)
            validation[name].append(run.history.validation_accuracy[-1])
    as_it_is = np.array(next(iter(seconds.values())))
    print("| attempt | validation, mean | worst | time, of the recipe's (median) |")
    print("|---|---|---|---|")
    for name in ATTEMPTS:
        print(
            f"| {name} | {np.mean(validation[name]):.2%} | {min(validation[name]):.2%} "
            f"| {np.median(seconds[name] / as_it_is):.2f} |"
        )
    if options.json:
        options.json.write_text(
            json.dumps({"seconds": seconds, "validation": validation}, indent=1)
        )
    return 0


def _digits_each_epoch(first: float):
    """Return what says how many digits each epoch shows: a share of them, then the hardest."""
    return lambda recipe, count: [math.ceil(count * first), math.ceil(count * recipe.hardest)]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=8, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
