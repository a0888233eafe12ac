"""What several tests of figures need: a few digits, what a network said of them, a prediction."""

import numpy as np
import pytest
import torch

from digitlab.classifier import Prediction
from digitlab.lab.data import Digits
from digitlab.lab.evaluation import evaluate


class Echo(torch.nn.Module):
    """A network for tests: pixel d of the first row is how probable it finds digit d."""

    def __init__(self):
        super().__init__()
        self.nothing = torch.nn.Parameter(torch.zeros(1))

    def forward(self, pictures):
        """Pictures ``(n, 1, 28, 28)`` to log-probabilities ``(n, 10)``."""
        return pictures[:, 0, 0, :10].log() + self.nothing


@pytest.fixture
def echo():
    return Echo()


@pytest.fixture
def digits():
    """Four pictures, with what Echo answers: 3 (right), 9 for a 4, 1 (right), 0 for a 6."""
    answers, sure, labels = (3, 9, 1, 0), (0.9, 0.7, 0.8, 0.97), (3, 4, 1, 6)
    images = torch.zeros(4, 28, 28)
    images[:, 0, :10] = torch.tensor([(1 - share) / 9 for share in sure])[:, None]
    images[range(4), 0, answers] = torch.tensor(sure)
    return Digits(images=images, labels=torch.tensor(labels))


@pytest.fixture
def report(digits, echo):
    return evaluate(echo, digits)


@pytest.fixture
def prediction():
    probabilities = np.full(10, 0.01, np.float32)
    probabilities[7] = 0.91
    picture = np.zeros((28, 28), np.float32)
    picture[4:24, 10:18] = 1
    return Prediction(probabilities, picture)
