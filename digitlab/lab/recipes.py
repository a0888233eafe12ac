"""Recipes: how to train, as data.

A recipe can be read, compared, printed and stored beside the weights it made. ``quick`` reaches
99 % on the MNIST test in two epochs, ``good`` takes half an hour, ``best`` is the one whose weights
ship and takes about three hours, and ``plain`` is the loop of every tutorial, kept to measure the
others against.
"""

from dataclasses import dataclass
from typing import Any

from digitlab.lab.augmentation import Augmentation
from digitlab.places import beside

__all__ = ["RECIPES", "Recipe"]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How to train: everything that is chosen, and nothing that is computed.

    Attributes
    ----------
    epochs : int
        Passes over the 55,000 training digits.
    batch_size : int
        Digits a step.
    hardest : float
        Share of the digits that every epoch after the first shows: those that were the hardest
        when they were last seen. What the network knows already teaches it little (Jiang et al.
        2019, "Accelerating deep learning by focusing on the biggest losers").
    learning_rate : float
        The highest it gets to.
    optimizer : {"adamw", "sgd"}
        AdamW, or plain gradient descent with momentum 0.9.
    weight_decay : float
        Of AdamW.
    one_cycle : bool
        Let the learning rate rise and fall once over the whole run (Smith & Topin 2018), instead
        of keeping it constant.
    augmentation : Augmentation or None
        How each picture is changed each time it is shown.
    average : float
        Decay a step of the moving average of the weights; 0 for none. The average is the result.
    batch_norm : bool
        Train with batch norm, and fold it away at the end.
    dropout : float
        Share of the hidden layer left out at random; needs ``batch_norm``'s network.
    taught : float
        Let a wider network learn the labels, with that dropout, and this one its answers, softened
        by this temperature (`digitlab.lab.teacher`); 0 for no teacher.
    restyled, drawn, others : int
        How many pictures code adds to MNIST's: digits rewritten in a style that MNIST lacks or with
        a fault (`restyling`), digits drawn by rule (`synthetic`), and pictures of what is no digit,
        for which the network learns to find all ten equally unlikely.
    calibrated : bool
        At the end, fit the confidence and the point below which to decline
        (`digitlab.lab.calibration`).
    bfloat16 : bool
        Compute in bfloat16 where the machine is made for it: half the time on a recent CPU.
    data_loader : bool
        Pull the digits one by one through a `torch.utils.data.DataLoader`, as tutorials do,
        instead of slicing tensors that are in memory already.
    """

    name: str
    epochs: int
    batch_size: int
    learning_rate: float
    hardest: float = 1.0
    optimizer: str = "adamw"
    weight_decay: float = 0.01
    one_cycle: bool = True
    augmentation: Augmentation | None = None
    average: float = 0.0
    batch_norm: bool = False
    dropout: float = 0.0
    taught: float = 0.0
    restyled: int = 0
    drawn: int = 0
    others: int = 0
    calibrated: bool = False
    bfloat16: bool = True
    data_loader: bool = False

    def __post_init__(self) -> None:
        if self.optimizer not in ("adamw", "sgd"):
            raise ValueError(f"There is no optimizer {self.optimizer!r}; there are adamw, sgd.")
        if self.data_loader and (self.augmentation or self.hardest < 1):
            raise ValueError("A recipe with data_loader=True takes no augmentation, nor hardest.")
        if not 0 < self.hardest <= 1:
            raise ValueError(f"The hardest are a share above 0, at most 1, not {self.hardest}.")
        if self.dropout and not self.batch_norm:
            raise ValueError("Dropout needs the network with batch_norm=True.")


def _recipe(name: str, how: dict[str, Any]) -> Recipe:
    changes = how.pop("augmentation", None)
    return Recipe(name=name, augmentation=changes and Augmentation(**changes), **how)


RECIPES = {name: _recipe(name, how) for name, how in beside(__file__, "recipes.toml").items()}
"""The recipes by name, as ``recipes.toml`` has them."""
