"""Batches: what a recipe shows the network, and in which order."""

import math
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset

from digitlab.lab.data import Digits
from digitlab.lab.recipes import Recipe
from digitlab.lab.restyling import no_longer_digits, restyled
from digitlab.lab.synthetic import drawn_digits, drawn_others

__all__ = ["NO_DIGIT"]

NO_DIGIT = -1
"""The label, in training, of a picture that shows no digit."""

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""Which of the digits these are ``(b,)``, their pictures ``(b, 28, 28)`` and labels ``(b,)``."""


def digits_each_epoch(recipe: Recipe, count: int) -> list[int]:
    """Return how many of the digits each epoch shows: all of them first, then the hardest."""
    return [count] + [math.ceil(count * recipe.hardest)] * (recipe.epochs - 1)


def with_drawings(recipe: Recipe, digits: Digits, *, seed: int) -> Digits:
    """Add to MNIST's digits what the recipe lets code draw; `NO_DIGIT` labels what is no digit."""
    arrays = digits.images.numpy(), digits.labels.numpy()
    spoilt = recipe.others // 5
    others = drawn_others(recipe.others - spoilt, seed=seed)
    not_digits = np.concatenate([others, no_longer_digits(*arrays, n=spoilt, seed=seed)])
    return digits.extended(
        restyled(*arrays, n=recipe.restyled, seed=seed),
        drawn_digits(recipe.drawn, seed=seed),
        (not_digits, np.full(recipe.others, NO_DIGIT)),
    )


def batches_of(
    recipe: Recipe, digits: Digits, generator: torch.Generator
) -> Callable[[torch.Tensor], Iterator[Batch]]:
    """Return a function that is told which digits to show, and goes through them once.

    Their order is another each time. The batches are on the generator's device.
    """
    device = generator.device
    if recipe.data_loader:
        dataset = TensorDataset(torch.arange(len(digits)), digits.images, digits.labels)
        loader = DataLoader(dataset, batch_size=recipe.batch_size, shuffle=True)

        def loaded(_: torch.Tensor) -> Iterator[Batch]:
            for chosen, pictures, labels in loader:
                yield chosen.to(device), pictures.to(device), labels.to(device)

        return loaded

    # The whole of MNIST is 170 MB of float32: it lives on the device, and a batch is a slice.
    images, labels = digits.images.to(device), digits.labels.to(device)
    # A GPU augments thousands as quickly as a hundred; a CPU's cache has no room for them.
    at_once = 1 if device.type == "cpu" else 32

    def sliced(shown: torch.Tensor) -> Iterator[Batch]:
        order = shown[torch.randperm(len(shown), generator=generator, device=device)]
        for several in torch.split(order, recipe.batch_size * at_once):
            change = recipe.augmentation
            pictures = change(images[several], generator) if change else images[several]
            parts = (several, pictures, labels[several])
            yield from zip(*(torch.split(part, recipe.batch_size) for part in parts), strict=True)

    return sliced
