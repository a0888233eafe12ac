"""Exercises of notebook 3: a convolution, its sizes and parameters, and the whole network."""

from typing import Any

import numpy as np
import torch
from torch import nn

from digitlab.course.exercises.checking import (
    Sentences,
    exercise,
    first_wrong,
    judged_by,
    matches,
    when,
)
from digitlab.course.exercises.verdict import NotBegun, array, function
from digitlab.lab import CNN
from digitlab.lab.model import DEVIATION, MEAN

_KERNEL = np.array([[0.0, 1.0, 2.0], [-1.0, 3.0, 0.5], [-2.0, 4.0, -3.0]])


def _convolved(picture: Any, kernel: Any, **padding: Any) -> Any:
    """Let the window slide over a padded picture."""
    padded = np.pad(picture, **{"pad_width": 1, **padding})
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
    return (windows * kernel).sum(axis=(2, 3))


def _of_shape(shape: Any) -> when:
    """Whether another shape came out; found is that shape, in words."""

    def sign(given: Any, right: Any, picture: Any, kernel: Any) -> Any:
        asked = "For a picture of {} x {} ".format(*picture.shape)
        own = "your output is " + " x ".join(map(str, given.shape))
        wanted = shape(*picture.shape)
        made = given.shape != picture.shape if wanted is None else given.shape == wanted
        return asked + own if made else ""

    return when(sign)


def _inside(shift: Any = (0, 0)) -> when:
    """Whether all is right inside, perhaps some pixels away from its place."""

    def sign(given: Any, right: Any, *case: Any) -> bool:
        if given.shape != right.shape:
            return False
        away = np.roll(given, shift, axis=(0, 1))
        return matches(away[2:-2, 2:-2], right[2:-2, 2:-2], atol=1e-4)

    return when(sign)


@exercise(
    *((np.random.default_rng(0).random(shape), _KERNEL) for shape in ((28, 28), (6, 9))),
    not_padded=_of_shape(lambda h, w: (h - 2, w - 2)),
    too_large=_of_shape(lambda h, w: (h + 2, w + 2)),
    exchanged=_of_shape(lambda h, w: (w, h) if h != w else 0),
    other_size=_of_shape(lambda h, w: None),
    flipped=lambda picture, k: _convolved(picture, k[::-1, ::-1]),
    transposed=lambda picture, k: _convolved(picture, k.T),
    border=_inside(),
    moved=(_inside((-1, -1)), _inside((1, 1))),
    other=when(lambda given, right, *_: first_wrong(given, right, atol=1e-4)),
    atol=1e-4,
)
def convolve_padded(picture: Any, kernel: Any) -> Any:
    """Convolve with a 3 x 3 kernel so that the size of the picture stays."""
    return _convolved(picture, kernel)


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


@exercise(
    (28, 3, 0, 1),
    (28, 3, 1, 1),
    (28, 5, 2, 1),
    (28, 2, 0, 2),
    (28, 3, 1, 2),
    (7, 2, 0, 2),
    (32, 5, 1, 3),
    padded_once=lambda n, k, p, s: (n + p - k) // s + 1,
    steps=lambda n, k, p, s: (n + 2 * p - k) // s,
    no_stride=lambda n, k, p, s: n + 2 * p - k + 1,
    half_a_place=when(lambda given, *_: not float(given).is_integer()),
    rounded_up=lambda n, k, p, s: -(-(n + 2 * p - k) // s) + 1,
)
def output_size(size: Any, kernel: Any, padding: Any, stride: Any) -> Any:
    """Return the side of the output."""
    return (size + 2 * padding - kernel) // stride + 1


@exercise(
    (1, 32, 3),
    (32, 64, 3),
    (3, 16, 5),
    no_bias=lambda i, o, k: i * o * k * k,
    one_bias=lambda i, o, k: i * o * k * k + 1,
    one_input=lambda i, o, k: o * (k * k + 1),
    one_row=lambda i, o, k: o * (i * k + 1),
    bias_each_kernel=lambda i, o, k: i * o * (k * k + 1),
)
def layer_parameters(inputs: Any, outputs: Any, side: Any) -> Any:
    """Count the parameters of a convolution."""
    return outputs * (inputs * side**2 + 1)


@exercise(
    (torch.linspace(0, 1, 9),),
    not_divided=lambda pictures: pictures - MEAN,
    not_subtracted=lambda pictures: pictures / DEVIATION,
    brackets=lambda pictures: pictures - MEAN / DEVIATION,
    exchanged=lambda pictures: (pictures - DEVIATION) / MEAN,
    own_mean=lambda pictures: (pictures - pictures.mean()) / pictures.std(),
    atol=1e-4,
)
def normalise(pictures: Any) -> Any:
    """Return pictures with MNIST's mean subtracted, divided by its standard deviation."""
    return (pictures - MEAN) / DEVIATION


def _network(answer: Any, says: Sentences) -> None:
    """Compare the learner's class with the package's: names, shapes, and what it computes."""
    made = function(answer)()
    says(no_module=not isinstance(made, nn.Module))
    reference = CNN()
    own, right = (
        {name: tuple(each.shape) for name, each in network.state_dict().items()}
        for network in (made, reference)
    )
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
