"""What was tried for a confidence that is nearer to the truth than a temperature makes it.

Each way is fitted on four fifths of the validation digits as the pad sees them and judged by the
last fifth, five times over. Neither the MNIST test nor the pen strokes are opened.

    python tests/benchmarks/attempts/confidence.py --json confidence.json
"""

import argparse
import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows it by

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from digitlab.lab.calibration import as_drawn_on_the_pad, fit_temperature
from digitlab.lab.data import load_mnist
from digitlab.lab.evaluation import log_probabilities
from digitlab.lab.model import load
from digitlab.places import resource
from tests.benchmarks.recognition import calibration_error

FOLDS = 5


def temperature(logits: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """One factor for all: what ships."""
    return torch.tensor(1 / fit_temperature(logits, labels)), torch.tensor(0.0)


def bias(logits: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """One factor for all, and something added for each digit."""
    return _fitted(torch.ones(1), logits, labels)


def factor_and_bias(
    logits: torch.Tensor, labels: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """A factor and something added for each digit: Guo et al. 2017 call it vector scaling."""
    return _fitted(torch.ones(10), logits, labels)


def _fitted(factor: torch.Tensor, logits: torch.Tensor, labels: torch.Tensor):
    factor.requires_grad_()
    added = torch.zeros(10, requires_grad=True)
    optimizer = torch.optim.LBFGS([factor, added], max_iter=200)

    def loss():
        optimizer.zero_grad()
        value = F.cross_entropy(logits * factor + added, labels)
        value.backward()
        return value

    optimizer.step(loss)
    return factor.detach(), added.detach()


def main() -> int:
    """Fit and judge each way, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    digits = as_drawn_on_the_pad(load_mnist().validation, seed=0)
    logits, labels = log_probabilities(load(resource("models")), digits.images), digits.labels
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    folds = order % FOLDS
    rows = []
    print(f"| fitted, on {len(labels):,} digits | calibration error | loss |")
    print("|---|---|---|")
    for fit in (temperature, bias, factor_and_bias):
        answers = torch.zeros_like(logits)
        for fold in range(FOLDS):
            seen, judged = folds != fold, folds == fold
            factor, added = fit(logits[seen], labels[seen])
            answers[judged] = F.log_softmax(logits[judged] * factor + added, dim=1)
        error = calibration_error(answers.exp().numpy(), labels.numpy())
        loss = float(F.nll_loss(answers, labels))
        name = fit.__name__.replace("_", " ")
        rows.append({"fitted": name, "calibration error": float(error), "loss": loss})
        print(f"| {name} | {error:.2%} | {loss:.4f} |")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
