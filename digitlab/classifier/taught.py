"""A classifier that learns from a few corrected drawings, at once and without torch."""

import numpy as np
from numpy.typing import NDArray

from digitlab.classifier.base import BaseClassifier
from digitlab.classifier.prediction import Floats
from digitlab.preprocess import PICTURE_SIZE, Picture, stored_digits

__all__ = ["Taught"]

_SURE = 0.9995  # how probable the digit that was taught becomes
_REACH = 0.2  # distance between pictures at which a lesson has lost two thirds of its weight
_RIDGE = 0.05  # how far a lesson may be missed, so that many agree without wild weights
_LEAST = 1e-4  # what is less probable than this counts as this: the logarithm needs an end

_STEPS = np.subtract.outer(np.arange(PICTURE_SIZE), np.arange(PICTURE_SIZE))
_BLUR = np.exp(-(_STEPS**2) / (2 * 1.5**2))  # along one axis, over 1.5 pixels

Lesson = tuple[Picture, int | None]
"""A picture, and which digit it is: None where it is none."""


class Taught(BaseClassifier):
    """Another classifier, and what somebody taught it since.

    The logarithms of its probabilities get a correction: a weighted sum over the pictures that it
    was taught, each with the more weight, the more alike two pictures are once they are blurred.
    Kernel ridge regression finds the weights. The 100 stored digits take part as pictures that
    need no correction, so that other digits are read as before.

    Parameters
    ----------
    classifier : BaseClassifier
        Who reads.

    Attributes
    ----------
    base : BaseClassifier
        As above: it stays as it is.

    References
    ----------
    .. [1] C. Saunders, A. Gammerman, V. Vovk, "Ridge Regression Learning Algorithm in Dual
       Variables", International Conference on Machine Learning, 1998.

    Examples
    --------
    >>> from digitlab import Classifier
    >>> taught = Taught(Classifier.load())
    >>> roof = taught.base.predict_strokes([[(80, 230), (140, 60), (200, 230)]])  # an Arabic 8
    >>> taught.teach(roof.picture, 8)
    >>> taught.predict_strokes([[(70, 220), (140, 70), (210, 235)]]).digit, len(taught)
    (8, 1)
    """

    def __init__(self, classifier: BaseClassifier):
        self.base = classifier
        self.threshold, self.kernels = classifier.threshold, classifier.kernels
        self.feature_maps = classifier.feature_maps  # type: ignore[method-assign]
        self._lessons: list[Lesson] = []

    def __len__(self) -> int:
        """How many pictures it was taught."""
        return len(self._lessons)

    def teach(self, picture: Picture, label: int | None) -> None:
        """Learn what a picture shows; said again of the same picture, the last word counts.

        Parameters
        ----------
        picture : numpy.ndarray
            A digit picture: ``(28, 28)``, in ``[0, 1]``, ink = 1.
        label : int or None
            The digit that it is, 0 to 9; None for what is no digit.
        """
        self._learn([*self._others(picture), (picture, label)])

    def forget(self, picture: Picture | None = None) -> None:
        """Forget a picture, if it was taught; without one, forget all."""
        self._learn([] if picture is None else self._others(picture))

    def _others(self, picture: Picture) -> list[Lesson]:
        return [lesson for lesson in self._lessons if not np.array_equal(lesson[0], picture)]

    def _learn(self, lessons: list[Lesson]) -> None:
        self._lessons = lessons
        if not lessons:
            return
        anchors, _ = stored_digits()
        pictures = np.stack([picture for picture, _ in lessons])
        wishes = [_wish(label) for _, label in lessons]
        self._seen = _blurred(np.concatenate([pictures, anchors]))
        missing = np.zeros((len(self._seen), 10))
        missing[: len(wishes)] = np.log(wishes) - _logs(self.base.probabilities(pictures))
        alike = _alikeness(self._seen, self._seen) + _RIDGE * np.eye(len(self._seen))
        self._weights = np.linalg.solve(alike, missing)

    def _probabilities(self, pictures: Floats) -> Floats:
        read = self.base.probabilities(pictures)
        if not self._lessons:
            return read
        logs = _logs(read) + _alikeness(_blurred(pictures), self._seen) @ self._weights
        return np.exp(logs - logs.max(axis=1, keepdims=True)).astype(np.float32)


def _wish(label: int | None) -> NDArray[np.float64]:
    """The ten probabilities to learn: of what is no digit, all are alike."""
    if label is None:
        return np.full(10, 0.1)
    return np.where(np.arange(10) == label, _SURE, (1 - _SURE) / 9)


def _logs(probabilities: Floats) -> NDArray[np.float64]:
    return np.log(probabilities.astype(float).clip(_LEAST))


def _blurred(pictures: Floats) -> NDArray[np.float64]:
    """Pictures as vectors of length 1, blurred so that a line one pixel off is nearly the same."""
    flat = (_BLUR @ pictures @ _BLUR).reshape(len(pictures), -1)
    return flat / np.linalg.norm(flat, axis=1, keepdims=True).clip(_LEAST)


def _alikeness(some: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.exp((some @ others.T - 1) / _REACH)
