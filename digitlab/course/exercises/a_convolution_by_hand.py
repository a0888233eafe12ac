"""Exercises of notebook 3: a convolution, its sizes and parameters, and the whole network."""

from typing import Any

import numpy as np
import torch
from torch import nn

from digitlab.course.exercises.checking import Sentences, exercise, judged_by, matches
from digitlab.course.exercises.verdict import NotBegun, array, function
from digitlab.lab import CNN
from digitlab.lab.model import DEVIATION, MEAN

_KERNEL = np.array([[0.0, 1.0, 2.0], [-1.0, 3.0, 0.5], [-2.0, 4.0, -3.0]])


@exercise
def convolve_padded(picture: Any, kernel: Any) -> Any:
    """Convolve with a 3 x 3 kernel so that the size of the picture stays."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(picture, 1), (3, 3))
    return (windows * kernel).sum(axis=(2, 3))


def _lower_edges(answer: Any, says: Sentences) -> None:
    says(layer=callable(answer))
    kernel = array(answer)
    says(other_shape=kernel.shape != (3, 3) and str(kernel.shape))
    even, above, below = (float(rows.sum()) for rows in (kernel, kernel[:2], kernel[1:]))
    upright = max(float(kernel[:, 0].sum()), float(kernel[:, :2].sum()), key=abs)
    says(
        all_zero=not kernel.any(),
        answers_all_ink=abs(even) >= 1e-6 and f"{even:g}",
        quarter_turn=abs(above) <= 1e-6 <= abs(upright),
        no_answer=abs(above) <= 1e-6,
        upright_edges=abs(upright) >= 1e-6 and f"{upright:g}",
        upper_edges=above < 0 and f"{above:g}",
        both_edges=below >= 0 and f"{below:g}",
    )


lower_edges = judged_by(_lower_edges)(np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]]))


@exercise
def output_size(size: Any, kernel: Any, padding: Any, stride: Any) -> Any:
    """Return the side of the output."""
    return (size + 2 * padding - kernel) // stride + 1


@exercise
def layer_parameters(inputs: Any, outputs: Any, side: Any) -> Any:
    """Count the parameters of a convolution."""
    return outputs * (inputs * side**2 + 1)


@exercise
def normalise(pictures: Any) -> Any:
    """Return pictures with MNIST's mean subtracted, divided by its standard deviation."""
    return (pictures - MEAN) / DEVIATION


def _shapes(network: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(each.shape) for name, each in network.state_dict().items()}


def _network(answer: Any, says: Sentences) -> None:
    """Compare the learner's class with the package's: names, shapes, and what it computes."""
    made = function(answer)()
    says(no_module=not isinstance(made, nn.Module))
    reference = CNN()
    own, right = _shapes(made), _shapes(reference)
    if not own:
        raise NotBegun
    missing, added = sorted(right.keys() - own.keys()), sorted(own.keys() - right.keys())
    says(missing=", ".join(missing), added=", ".join(added))
    differ = [name for name in right if own[name] != right[name]]
    says(shapes=", ".join(f"{name} {own[name]} instead of {right[name]}" for name in differ))
    made.load_state_dict(reference.state_dict())
    pictures = torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    given, wanted = array(function(made)(pictures)), array(reference(pictures))
    says(
        of_shape=given.shape != wanted.shape and given.shape,
        probabilities=np.allclose(given.sum(axis=-1), 1, atol=1e-3),
        scores=not np.allclose(np.exp(given).sum(axis=-1), 1, atol=1e-3),
        not_normalised=matches(given, array(reference(pictures * DEVIATION + MEAN)), atol=1e-4),
        other=not matches(given, wanted, atol=1e-4),
    )


network = judged_by(_network)(CNN)
