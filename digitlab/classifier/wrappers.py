"""Your own classifiers: a network of PyTorch that was trained a minute ago, or a function.

`digitlab.classifier.as_classifier` chooses between the two. Nothing here imports torch: if you have
a network of PyTorch, you have imported it.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from digitlab.classifier.base import BaseClassifier
from digitlab.classifier.prediction import Floats

__all__ = ["as_classifier"]


class FunctionClassifier(BaseClassifier):
    """A callable from pictures ``(n, 28, 28)`` to probabilities ``(n, 10)``."""

    def __init__(self, function: Callable[[Floats], Any]):
        self._function = function
        self._name = getattr(function, "__name__", type(function).__name__)

    def _probabilities(self, pictures: Floats) -> Floats:
        values = _checked_values(self._function(pictures), len(pictures), self._name)
        wrong = (values < 0).any(axis=1) | (np.abs(values.sum(axis=1) - 1) > 1e-3)
        if wrong.any():
            first = values[wrong.argmax()]
            raise ValueError(
                f"What {self._name} returned are no probabilities: expected ten values from 0 to 1 "
                f"that sum to 1, got {first.min():g} to {first.max():g} with the sum "
                f"{first.sum():g}. Logits become probabilities by softmax."
            )
        return values


class TorchClassifier(BaseClassifier):
    """A network of PyTorch, from ``(n, 1, 28, 28)`` to log-probabilities or logits ``(n, 10)``."""

    def __init__(self, network: Any):
        self._network = network
        self._name = type(network).__name__

    def _probabilities(self, pictures: Floats) -> Floats:
        logits = _checked_values(self._ask(self._network, pictures), len(pictures), self._name)
        if len(logits) and (logits >= 0).all() and np.allclose(logits.sum(axis=1), 1, atol=1e-4):
            raise ValueError(
                f"What {self._name} returned are probabilities: expected their logarithms, or "
                "logits, from a torch.nn.Module. Leave out the softmax at its end."
            )
        # Minus infinity, the logarithm of 0, cannot be subtracted from itself.
        logits = logits.clip(np.finfo(np.float32).min)
        # Softmax, once these are divided by their sum. It leaves log-probabilities what they are.
        return np.exp(logits - logits.max(axis=1, keepdims=True))

    def _feature_maps(self, pictures: Floats) -> tuple[Floats, ...]:
        if not hasattr(self._network, "feature_maps"):
            return ()
        return tuple(map(_as_array, self._ask(self._network.feature_maps, pictures)))

    def _ask(self, method: Callable[[Any], Any], pictures: Floats) -> Any:
        """Call a method of the network's in evaluation mode, and leave the network as it was."""
        torch = sys.modules["torch"]
        tensor = torch.tensor(pictures[:, None])
        if (parameter := next(self._network.parameters(), None)) is not None:
            tensor = tensor.to(parameter.device, parameter.dtype)
        with evaluating(self._network), torch.no_grad():
            return method(tensor)


@contextmanager
def evaluating(network: Any) -> Iterator[None]:
    """Have a network of PyTorch in evaluation mode within the block, and leave it as it was."""
    # Part by part: somebody may train with some of them frozen.
    modes = [(part, part.training) for part in network.modules()]
    try:
        network.eval()
        yield
    finally:
        for part, training in modes:
            part.training = training


def _checked_values(values: Any, n: int, name: str) -> Floats:
    """Take ten numbers a picture out of what a function or a network of others returned."""
    try:
        array = _as_array(values)
    except (TypeError, ValueError):
        raise ValueError(
            f"{name} returned {type(values).__name__}: expected an array of shape ({n}, 10)."
        ) from None
    if array.shape != (n, 10):
        raise ValueError(
            f"{name} returned an array of shape {array.shape}: expected ({n}, 10), for each of "
            f"{n} pictures a value for each of ten digits."
        )
    if not (array < np.inf).all():  # so written, it refuses NaN too
        raise ValueError(f"{name} returned values that are not finite numbers (NaN or infinity).")
    return array


def _as_array(values: Any) -> Floats:
    if hasattr(values, "detach"):  # a tensor, perhaps on a GPU, and with gradients
        values = values.detach().cpu().float()
    return np.asarray(values, np.float32)


def as_classifier(source: BaseClassifier | Callable[..., Any]) -> BaseClassifier:
    """Make a classifier of whatever can tell digits apart.

    Parameters
    ----------
    source : Classifier, torch.nn.Module or callable
        A classifier is returned as it is. A network of PyTorch, such as `digitlab.lab.CNN`,
        takes ``(n, 1, 28, 28)`` and returns log-probabilities or logits, ``(n, 10)``; it is asked
        in evaluation mode and without gradients, and is left as it was. Any other callable takes
        pictures, ``float32``, ``(n, 28, 28)``, in ``[0, 1]``, ink = 1, and returns probabilities,
        ``(n, 10)``.

    Returns
    -------
    BaseClassifier
        With ``probabilities``, ``predict`` and ``predict_strokes``, like any classifier. What the
        callable returns is looked at each time: `ValueError` if these are no probabilities. A
        network of PyTorch that has a method ``feature_maps``, as `digitlab.lab.CNN` has, shows
        these too.

    Raises
    ------
    TypeError
        If it cannot be called, or is a class rather than an object of that class.

    Examples
    --------
    >>> def always_three(pictures):
    ...     return np.tile(np.eye(10)[3], (len(pictures), 1))
    >>> as_classifier(always_three).predict_strokes([[(60, 50), (200, 50), (110, 240)]]).digit
    3
    """
    if isinstance(source, BaseClassifier):
        return source
    if isinstance(source, type):
        name = source.__name__
        raise TypeError(f"{name} is a class: expected an object of it, say {name}().")
    if not callable(source):
        raise TypeError(
            "This is no classifier: expected a digitlab.Classifier, a torch.nn.Module, or a "
            "callable from pictures (n, 28, 28) to probabilities (n, 10), "
            f"got {type(source).__name__}."
        )
    torch = sys.modules.get("torch")  # who has a network of PyTorch has imported it
    if torch is not None and isinstance(source, torch.nn.Module):
        return TorchClassifier(source)
    return FunctionClassifier(source)
