"""Exercises of notebook 2: a slope, softmax, the slopes of a linear classifier, a small engine."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from digitlab.course.exercises.checking import exercise

_RANDOM = np.random.default_rng(0)
_SCORES = 2 * _RANDOM.normal(size=(10, 10))


@exercise(
    (np.square, 3.0),
    (np.sin, 0.5),
    not_divided=lambda curve, w: curve(w + 0.001) - curve(w - 0.001),
    divided_by_half=lambda curve, w: (curve(w + 0.001) - curve(w - 0.001)) / 0.001,
    multiplied=lambda curve, w: (curve(w + 0.001) - curve(w - 0.001)) * 0.002,
    backwards=lambda curve, w: (curve(w - 0.001) - curve(w + 0.001)) / 0.002,
    height=lambda curve, w: curve(w),
    atol=2e-3,
)
def slope(curve: Any, w: Any) -> Any:
    """Return how much a function rises for each unit that w grows."""
    return (curve(w + 0.001) - curve(w - 0.001)) / 0.002


@exercise(
    (_SCORES,),
    (_SCORES[:3],),
    not_divided=np.exp,
    whole_table=lambda scores: np.exp(scores) / np.exp(scores).sum(),
    by_columns=lambda scores: np.exp(scores) / np.exp(scores).sum(axis=0),
    rows_exchanged=lambda scores: np.exp(scores) / np.exp(scores).sum(axis=1),
    no_powers=lambda scores: scores / scores.sum(axis=1, keepdims=True),
    logarithm=lambda scores: scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)),
)
def softmax(scores: Any) -> Any:
    """Return the probabilities ``(n, 10)`` that scores ``(n, 10)`` stand for."""
    powers = np.exp(scores)
    return powers / powers.sum(axis=1, keepdims=True)


@exercise(
    (_RANDOM.random((4, 784)), softmax.right(_SCORES[:4]), np.eye(10)[[3, 1, 4, 1]]),
    summed=lambda pictures, p, y: pictures.T @ (p - y),
    backwards=lambda pictures, p, y: pictures.T @ (y - p) / len(p),
    no_truth=lambda pictures, p, y: pictures.T @ p / len(p),
    transposed=lambda pictures, p, y: (p - y).T @ pictures / len(p),
    over_everything=lambda pictures, p, y: pictures.T @ (p - y) / p.size,
    biases=lambda pictures, p, y: (p - y).mean(axis=0),
)
def slopes(pictures: Any, p: Any, y: Any) -> Any:
    """Return the slopes ``(784, 10)`` of the weights, the mean over the pictures."""
    return pictures.T @ (p - y) / len(pictures)


@exercise(
    (2.0, 5.0),
    (-3.0, 0.5),
    exchanged=lambda a, b: (a, b),
    of_a_sum=lambda a, b: (1, 1),
    product=lambda a, b: a * b,
)
def slopes_of_product(a: Any, b: Any) -> Any:
    """Return how much a · b grows with a, and with b."""
    return b, a


@exercise(
    (3.0,),
    (-2.0,),
    (0.25,),
    value=lambda a: max(a, 0),
    always=lambda a: 1,
    sign=np.sign,
)
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


@exercise(
    (_chain(),),
    (_fork(),),
    nothing_to_hand=lambda nodes: _sweep(nodes, first=0),
    overwritten=lambda nodes: _sweep(nodes, add=False),
    local_only=lambda nodes: _sweep(nodes, own=False),
    reversed_list=lambda nodes: _sweep(nodes)[::-1],
)
def backward(nodes: Any) -> Any:
    """Set the slope of each box, inputs first and the result last; return them all."""
    return _sweep(nodes)
