"""The rival that a network has to beat before it is worth its trouble."""

import torch
from torch import nn

from digitlab.lab import Digits


class NearestAverage(nn.Module):
    """Reads a digit by comparing its picture with the average picture of each of the ten digits.

    It is made in one pass over the training digits, has nothing to adjust, and is right about four
    times in five. It takes and gives what a network does, so `digitlab.lab.evaluate` measures both
    alike.

    Parameters
    ----------
    digits : Digits
        To average over, at least one of each of the ten.

    Attributes
    ----------
    averages : torch.Tensor
        float32, ``(10, 28, 28)``, in ``[0, 1]``: the average picture of the digits 0 to 9.

    Raises
    ------
    ValueError
        If there is a digit of which there is no picture.

    Examples
    --------
    >>> from digitlab.lab.data import load_mnist
    >>> from digitlab.lab.evaluation import accuracy
    >>> mnist = load_mnist()
    >>> round(accuracy(NearestAverage(mnist.train), mnist.validation), 2)
    0.81
    """

    averages: torch.Tensor

    def __init__(self, digits: Digits):
        super().__init__()
        if missing := sorted(set(range(10)) - set(digits.labels.tolist())):
            raise ValueError(f"There is no picture to average for {missing}.")
        averages = [digits.images[digits.labels == digit].mean(dim=0) for digit in range(10)]
        self.register_buffer("averages", torch.stack(averages))

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return log-probabilities, the highest for the nearest average.

        Parameters
        ----------
        pictures : torch.Tensor
            ``(n, 1, 28, 28)``, values in ``[0, 1]``, ink = 1, paper = 0.

        Returns
        -------
        torch.Tensor
            ``(n, 10)``. A distance is no probability; these are made from the distances as a
            network makes them from its last layer, and serve to put the answers in order.
        """
        # Not by matrix multiplication: that is faster, but rounds differently on each machine.
        mode = "donot_use_mm_for_euclid_dist"
        distances = torch.cdist(pictures.flatten(1), self.averages.flatten(1), compute_mode=mode)
        return (-distances).log_softmax(dim=1)
