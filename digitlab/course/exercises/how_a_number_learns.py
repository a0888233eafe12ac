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


def _box(*inputs: Any, local_slopes: Any = ()) -> Any:
    return SimpleNamespace(inputs=inputs, local_slopes=local_slopes, slope=None)


def _sweep(nodes: Any, *, first: float = 1, add: bool = True, own: bool = True) -> Any:
    """Go backwards, as it should be or with something left out."""
    for node in nodes:
        node.slope = 0
    nodes[-1].slope = first
    for node in reversed(nodes):
        for each, local in zip(node.inputs, node.local_slopes, strict=True):
            each.slope = add * each.slope + local * (node.slope if own else 1)
    return [node.slope for node in nodes]


def _chain() -> list[Any]:
    a = _box()
    b = _box(a, local_slopes=(3,))
    return [a, b, _box(b, local_slopes=(-2,))]


def _fork() -> list[Any]:
    """A number that goes into two others, and twice into one of them."""
    a = _box()
    b, c = _box(a, local_slopes=(4,)), _box(a, a, local_slopes=(5, 5))
    return [a, b, c, _box(b, c, local_slopes=(0.5, -2))]


@exercise
def backward(nodes: Any) -> Any:
    """Set the slope of each box, inputs first and the result last; return them all."""
    return _sweep(nodes)
