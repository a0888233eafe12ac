"""The laboratory: MNIST, the network, training and evaluation, with PyTorch.

`load_mnist` gives the digits (`data`, `download`), `CNN` is the network (`model`), `train` follows
a `Recipe` (`recipes`, `training`), and `evaluate` measures what came of it (`evaluation`).
`synthetic` and `restyling` make digits that MNIST lacks, `augmentation` varies them, and
`calibration` makes the confidence mean what it says.

This room is on the upper floor, which ``pip install "digitlab[lab]"`` installs. It may import torch
and the light rooms `classifier`, `drawings` and `preprocess`; none of them imports it.
"""

from digitlab.lab.augmentation import Augmentation
from digitlab.lab.batch_norm import NormalisedCNN
from digitlab.lab.calibration import (
    Calibration,
    as_drawn_on_the_pad,
    calibrate,
    fit_temperature,
)
from digitlab.lab.data import Digits, Mnist, load_mnist
from digitlab.lab.evaluation import (
    Report,
    accuracy,
    evaluate,
    log_probabilities,
    wilson_interval,
)
from digitlab.lab.model import CNN
from digitlab.lab.recipes import RECIPES, Recipe
from digitlab.lab.training import NO_DIGIT, History, Run, has_fast_bfloat16, train

__all__ = [
    "CNN",
    "NO_DIGIT",
    "RECIPES",
    "Augmentation",
    "Calibration",
    "Digits",
    "History",
    "Mnist",
    "NormalisedCNN",
    "Recipe",
    "Report",
    "Run",
    "accuracy",
    "as_drawn_on_the_pad",
    "calibrate",
    "evaluate",
    "fit_temperature",
    "has_fast_bfloat16",
    "load_mnist",
    "log_probabilities",
    "train",
    "wilson_interval",
]
