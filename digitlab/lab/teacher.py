"""A teacher: a wider network that learns beside the one that ships, and tells it what it sees.

A label says "this is a 4". A network that is large enough to read well says more: "a 4, and a
little like a 9". A small network that learns those answers reads better than one that learns the
labels alone, and knows better how sure to be (Hinton, Vinyals & Dean 2015, "Distilling the
knowledge in a neural network"). Both learn at once, from the same pictures (Anil et al. 2018,
"Large scale distributed neural network training through online distillation"). The teacher is
thrown away in the end.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows it by
from torch import nn

from digitlab.lab.model import DEVIATION, MEAN

__all__ = ["Teacher", "distillation_loss"]


class Teacher(nn.Module):
    """Four convolutions with batch norm. It takes about three times as long as `NormalisedCNN`.

    Parameters
    ----------
    dropout : float
        Share of the last maps' values that are left out at random while training.

    Examples
    --------
    >>> Teacher()(torch.rand(2, 1, 28, 28)).exp().sum(dim=1).allclose(torch.ones(2))
    True
    """

    def __init__(self, *, dropout: float = 0.0) -> None:
        super().__init__()
        widths = 1, 32, 64, 96, 128
        layers: list[nn.Module] = []
        for channels, maps in pairwise(widths):
            layers.append(nn.Conv2d(channels, maps, 3, padding=1, bias=False))
            if maps != 64:  # two convolutions see the picture at half its size
                layers.append(nn.MaxPool2d(2))
            layers += nn.BatchNorm2d(maps), nn.ReLU(inplace=True)
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(dropout))
        self.output = nn.Linear(128 * 3 * 3, 10)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return log-probabilities ``(n, 10)`` of pictures ``(n, 1, 28, 28)``."""
        return F.log_softmax(self.output(self.layers((pictures - MEAN) / DEVIATION)), dim=1)


def distillation_loss(
    answers: torch.Tensor, taught: torch.Tensor, *, temperature: float
) -> torch.Tensor:
    """How far answers are from a teacher's: the Kullback-Leibler divergence of each.

    Parameters
    ----------
    answers, taught : torch.Tensor
        Log-probabilities ``(n, 10)`` of the one that learns, and of its teacher.
    temperature : float
        By what both are divided first: above 1, the digits that are not the likeliest count more.

    Returns
    -------
    torch.Tensor
        ``(n,)``, times the temperature's square, so that its gradients are as large as a loss's.

    Examples
    --------
    >>> alike = torch.full((1, 10), 0.1).log()
    >>> distillation_loss(alike, alike, temperature=2.0).item()
    0.0
    """
    answers, taught = (F.log_softmax(of / temperature, dim=1) for of in (answers, taught))
    return temperature**2 * F.kl_div(answers, taught, log_target=True, reduction="none").sum(dim=1)
