"""Exercises of notebook 2: a slope, softmax, the slopes of a linear classifier, a small engine."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from digitlab.course.exercises.checking import exercise

_RANDOM = np.random.default_rng(0)
_SCORES = 2 * _RANDOM.normal(size=(10, 10))


@exercise
def slope(curve: Any, w: Any) -> Any:
    """Return how much a function rises for each unit that w grows."""
    return (curve(w + 0.001) - curve(w - 0.001)) / 0.002


@exercise
def softmax(scores: Any) -> Any:
    """Return the probabilities ``(n, 10)`` that scores ``(n, 10)`` stand for."""
    powers = np.exp(scores)
    return powers / powers.sum(axis=1, keepdims=True)


@exercise
def slopes(pictures: Any, p: Any, y: Any) -> Any:
    """Return the slopes ``(784, 10)`` of the weights, the mean over the pictures."""
    return pictures.T @ (p - y) / len(pictures)


@exercise
def slopes_of_product(a: Any, b: Any) -> Any:
    """Return how much a · b grows with a, and with b."""
    return b, a


@exercise
def slope_of_relu(a: Any) -> Any:
    """Return how much ReLU grows with its input."""
    return 1 if a > 0 else 0


def _boxes(*made_of: Any) -> list[Any]:
    """Boxes, each made of pairs: which of those before it, and the local slope of that."""
    boxes: list[Any] = []
    for pairs in made_of:
        inputs = tuple(boxes[place] for place, _ in pairs)
        slopes = tuple(slope for _, slope in pairs)
        boxes.append(SimpleNamespace(inputs=inputs, local_slopes=slopes, slope=None))
    return boxes


@exercise
def backward(nodes: Any, *, first: float = 1, add: bool = True, own: bool = True) -> Any:
    """Set the slope of each box, inputs first and the result last; each part can be left out."""
    for node in nodes:
        node.slope = 0
    nodes[-1].slope = first
    for node in reversed(nodes):
        for each, local in zip(node.inputs, node.local_slopes, strict=True):
            each.slope = add * each.slope + local * (node.slope if own else 1)
    return [node.slope for node in nodes]
