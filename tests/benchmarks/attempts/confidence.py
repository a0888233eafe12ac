"""What was tried for a confidence that is nearer to the truth, and for the point to decline at.

Each way to fit the confidence is fitted on four fifths of the validation digits as the pad sees
them and judged by the last fifth, five times over. A second table compares ways to tell
whether a picture shows a digit at all: each accepts the same share of these digits, and the table
says how many other pictures it declines. Neither the MNIST test nor the pen strokes are opened.

    python tests/benchmarks/attempts/confidence.py --json confidence.json
"""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows it by

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from digitlab.lab.batches import with_drawings
from digitlab.lab.calibration import as_drawn_on_the_pad, fit_temperature
from digitlab.lab.data import load_mnist
from digitlab.lab.evaluation import log_probabilities
from digitlab.lab.model import load
from digitlab.lab.recipes import RECIPES
from digitlab.places import resource
from tests.benchmarks.attempts.patient import others_in_print
from tests.benchmarks.recognition import calibration_error

FOLDS = 5
PARTS = "of MNIST's", "of the restyled", "of the drawn"
OTHERS, OTHER_SEED = 4_000, 3_000_000
"""Pictures of no digit; the seed is neither a training's nor a calibration's."""


SCORES = {
    "confidence": lambda answers: answers.amax(dim=1).exp(),
    "unevenness": lambda answers: -answers.mean(dim=1),
    "how far the two likeliest are apart": lambda answers: -answers.topk(2).values.diff()[:, 0],
    "entropy": lambda answers: (answers.exp() * answers).sum(dim=1),
}
"""How surely a picture shows a digit, by the ten log-probabilities. Most people take the first.
The network was trained to keep the second low for pictures of no digit."""


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
    parser.add_argument("--weights", type=Path, default=resource("models"), metavar="DIR")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    validation, network = load_mnist().validation, load(options.weights)
    digits = as_drawn_on_the_pad(validation, seed=0)
    logits, labels = log_probabilities(network, digits.images), digits.labels
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
    right = (logits.argmax(dim=1) == labels).view(3, -1).float().mean(dim=1).tolist()
    print(
        "\nRead right: "
        + ", ".join(f"{share:.2%} {part}" for share, part in zip(right, PARTS, strict=True))
    )
    recipe = replace(RECIPES["best"], restyled=0, drawn=0, others=OTHERS)
    drawn = with_drawings(recipe, validation, seed=OTHER_SEED).images[len(validation) :]
    kinds = drawn, torch.from_numpy(others_in_print(OTHERS // 2))
    answers = logits, *(log_probabilities(network, others) for others in kinds)
    print(
        "\n| declined by | accepted | below | drawn by rule | in print | misread, of the accepted |"
    )
    print("|---|---|---|---|---|---|")
    for name, score in SCORES.items():
        of_digits, *of_others = map(score, answers)
        for share in (0.97, 0.98, 0.985, 0.99):
            level = of_digits.quantile(1 - share)
            declined = [float((of_kind < level).float().mean()) for of_kind in of_others]
            accepted = of_digits >= level
            misread = float(logits.argmax(dim=1).ne(labels)[accepted].float().mean())
            rows.append({"by": name, "accepted": share, "declined": declined, "misread": misread})
            print(
                f"| {name} | {share:.1%} | {level:.3f} | {declined[0]:.1%} | {declined[1]:.1%} "
                f"| {misread:.2%} |"
            )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
