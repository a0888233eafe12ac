"""What three large teachers, trained first, make of the network: five ways to learn from them.

The recipe `best` has one small teacher that learns beside the network. Here three large ones, each
with fourteen times the work of the network, are trained to the end before. Then five pupils see the
same pictures. Judged by the validation digits as they are, rewritten and drawn by rule, and by
printed signs in fonts that the training never sees. Neither the MNIST test nor the pen strokes are
opened. It takes some minutes on a GPU, and days on two cores.

    python tests/benchmarks/attempts/ensemble.py --steps 14000 26000 --output runs/ensemble
"""

import argparse
import copy
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows it by
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from digitlab.lab import synthetic, training
from digitlab.lab.batch_norm import NormalisedCNN
from digitlab.lab.batches import with_drawings
from digitlab.lab.calibration import as_drawn_on_the_pad
from digitlab.lab.data import Digits, load_mnist
from digitlab.lab.devices import has_fast_bfloat16, pick_device
from digitlab.lab.model import DEVIATION, MEAN
from digitlab.lab.recipes import RECIPES
from digitlab.lab.teacher import distillation_loss
from tests.benchmarks.attempts.patient import figures, half_printed, others_in_print

RECIPE = replace(RECIPES["best"], restyled=70_000, drawn=40_000, others=50_000)
BATCH, MIXED = 512, 96
"""Pictures a step, and how many mixtures of two of them are added, by mean and by maximum each."""


def convolution(channels: int, maps: int) -> list[nn.Module]:
    """Convolution, batch norm, ReLU."""
    return [nn.Conv2d(channels, maps, 3, padding=1, bias=False), nn.BatchNorm2d(maps), nn.ReLU()]


class Large(nn.Module):
    """A teacher: six convolutions."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for channels, between, maps in (1, 32, 48), (48, 96, 96), (96, 192, 192):
            layers += [*convolution(channels, between), *convolution(between, maps)]
            layers.append(nn.MaxPool2d(2))
        layers += [nn.Flatten(), nn.Dropout(0.4), nn.Linear(192 * 9, 10)]
        self.layers = nn.Sequential(*layers)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return F.log_softmax(self.layers((pictures - MEAN) / DEVIATION).float(), dim=1)


class Branches(nn.Module):
    """Sums of several layers, each with its batch norm, that fold into one (Ding et al. 2021)."""

    def __init__(self, layers: Sequence[nn.Module], norms: Sequence[nn.Module]) -> None:
        super().__init__()
        self.layers, self.norms = nn.ModuleList(layers), nn.ModuleList(norms)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return sum(norm(layer(x)) for layer, norm in zip(self.layers, self.norms, strict=True))


def folding() -> nn.Module:
    """Return the network with such branches in place of its first three layers."""
    both = [nn.Conv2d(1, 32, 3, padding=1, bias=False) for _ in range(2)]
    three = [nn.Conv2d(32, 64, side, padding=side // 2, bias=False) for side in (3, 3, 1)]
    wide = [nn.Linear(3136, 128, bias=False) for _ in range(2)]
    return nn.Sequential(
        *(Branches(both, [nn.BatchNorm2d(32) for _ in both]), nn.ReLU(), nn.MaxPool2d(2)),
        *(Branches(three, [nn.BatchNorm2d(64) for _ in three]), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), Branches(wide, [nn.BatchNorm1d(128) for _ in wide]), nn.ReLU()),
        *(nn.Linear(128, 10), nn.LogSoftmax(dim=1)),
    )


@dataclass
class Way:
    """How a pupil learns: from labels where there is no temperature, else from the teachers."""

    network: Callable[[], nn.Module]
    temperature: float | None = None
    mixed: bool = False


WAYS = {
    "labels": Way(lambda: NormalisedCNN(dropout=0.3)),
    "teachers' answers": Way(NormalisedCNN, 1.0),
    "softened": Way(NormalisedCNN, 2.0),
    "softened, of mixtures, too": Way(NormalisedCNN, 2.0, mixed=True),
    "softened, with branches that fold": Way(folding, 2.0),
}


def main() -> int:
    """Train the teachers, then the pupils, and print how far each got."""
    options = _options()
    torch.manual_seed(options.seed)
    device, mnist, recipe = pick_device("auto"), load_mnist(), RECIPE
    if options.digits:
        few = Digits(mnist.train.images[: options.digits], mnist.train.labels[: options.digits])
        mnist = replace(mnist, train=few)
        recipe = replace(RECIPE, **dict.fromkeys(("restyled", "drawn", "others"), options.digits))
    with patch.object(synthetic, "_other", half_printed):
        digits = with_drawings(recipe, mnist.train, seed=7)
    # MNIST's own twice: there are more drawings here than in the recipe.
    digits = mnist.train.extended((digits.images.numpy(), digits.labels.numpy()))
    judges = as_drawn_on_the_pad(mnist.validation, seed=0), others_in_print(2_000)

    def batches(steps: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        generator = torch.Generator(device).manual_seed(options.seed)
        images, labels = digits.images.to(device), digits.labels.to(device)
        for _ in range(steps):
            chosen = torch.randint(len(labels), (BATCH,), generator=generator, device=device)
            yield RECIPE.augmentation(images[chosen], generator), labels[chosen]

    teachers: list[nn.Module] = []
    for part, ways, steps, rate in (
        ("teacher", dict.fromkeys("123", Way(Large)), options.steps[0], 3e-3),
        ("pupil", WAYS, options.steps[1], 6e-3),
    ):
        networks = [
            way.network().to(device, memory_format=torch.channels_last) for way in ways.values()
        ]
        learned = trained(networks, list(ways.values()), batches(steps), steps, rate, teachers)
        teachers = teachers or learned
        for name, network in zip(ways, learned, strict=True):
            print(json.dumps({part: name} | figures(network.cpu(), *judges)), flush=True)
            options.output.mkdir(parents=True, exist_ok=True)
            torch.save(network.state_dict(), options.output / f"{part} {name}.pt")
            network.to(device)
    return 0


def trained(networks, ways, batches, steps, rate, teachers) -> list[nn.Module]:
    """Train the networks side by side; return the moving averages of their weights."""
    averages = [copy.deepcopy(network).eval().requires_grad_(False) for network in networks]
    parameters = nn.ModuleList(networks).parameters()
    optimizer = torch.optim.AdamW(parameters, lr=rate, weight_decay=0.01, fused=True)
    schedule = OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.1)
    bfloat16 = has_fast_bfloat16(next(networks[0].parameters()).device.type)
    for pictures, labels in batches:
        first, second, third = pictures[: 3 * MIXED].view(3, MIXED, 28, 28)
        share = torch.rand(MIXED, 1, 1, device=pictures.device)
        mixtures = first * share + second * (1 - share), torch.maximum(first * share, third)
        shown = torch.cat([pictures, *mixtures])[:, None]
        with torch.autocast(pictures.device.type, torch.bfloat16, enabled=bfloat16):
            with torch.no_grad():
                taught = [teacher(shown).float().exp() for teacher in teachers]
            taught = torch.stack(taught).mean(dim=0).clamp(min=1e-9).log() if taught else None
            loss = 0.0
            for network, way in zip(networks, ways, strict=True):
                seen = len(shown) if way.mixed else BATCH
                answers = network(shown[:seen]).float()
                if way.temperature is None:
                    loss = loss + training._losses(answers, labels).mean()
                else:
                    apart = distillation_loss(answers, taught[:seen], temperature=way.temperature)
                    loss = loss + apart.mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        with torch.no_grad():
            for average, network in zip(averages, networks, strict=True):
                new = network.state_dict()
                for name, tensor in average.state_dict().items():
                    if tensor.is_floating_point():
                        tensor.lerp_(new[name], 5e-4)
    return averages


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    both = {"type": int, "nargs": 2, "metavar": ("TEACHERS", "PUPILS")}
    parser.add_argument("--steps", default=[14_000, 26_000], **both)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--digits", type=int, metavar="N", help="only the first N, to try it out")
    parser.add_argument("--output", type=Path, default=Path("runs", "ensemble"), metavar="DIR")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
