"""What is known of a training run: its `History`, epoch by epoch, and the `Run` as a whole."""

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch

import digitlab
from digitlab.lab.calibration import Calibration
from digitlab.lab.model import CNN
from digitlab.lab.recipes import Recipe

__all__ = ["History", "Run"]


@dataclass
class History:
    """What happened, epoch by epoch.

    Attributes
    ----------
    loss : list of float
        Mean training loss (negative log-likelihood, in nats).
    validation_accuracy : list of float
        Share of the 5,000 validation digits that were right, 0 to 1.
    seconds : list of float
        Time since the start of training.
    """

    loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Run:
    """A finished training run: the network, and how it came about."""

    model: CNN
    history: History
    recipe: Recipe
    seed: int
    device: str
    interrupted: bool
    training_digits: str = ""  # their SHA-256
    calibration: Calibration | None = None

    @property
    def validation_accuracy(self) -> float | None:
        """Share of the validation digits that the network reads, 0 to 1; None before any epoch."""
        of_each = self.history.validation_accuracy
        return of_each[-1] if of_each and self.recipe.average else max(of_each, default=None)

    def metadata(self) -> dict[str, Any]:
        """Return what belongs beside the weights: recipe, seed, versions and what came of it."""
        return {
            "recipe": asdict(self.recipe),
            "seed": self.seed,
            "device": self.device,
            "interrupted": self.interrupted,
            "epochs_run": len(self.history.loss),
            "validation_accuracy": self.validation_accuracy,
            "training_digits_sha256": self.training_digits,
            "digitlab": digitlab.__version__,
            "torch": torch.__version__.split("+")[0],
            "numpy": np.__version__,
        } | (asdict(self.calibration) if self.calibration else {})
