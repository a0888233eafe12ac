"""What all classifiers have in common: from pictures, strokes or an image to a prediction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import numpy as np

from digitlab.errors import WeightsError
from digitlab.preprocess import PICTURE_SIZE, ImageSource, picture_from_image, picture_from_strokes


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the network says to one picture.

    Attributes
    ----------
    probabilities : numpy.ndarray
        ``float32``, ``(10,)``: of the digits 0 to 9, in this order; they sum to 1.
    picture : numpy.ndarray
        What the network saw: a digit picture, ``float32``, ``(28, 28)``, ink = 1.
    threshold : float
        The confidence from which on the answer is worth giving, 0 to 1; fitted with the weights.
    """

    probabilities: np.ndarray
    picture: np.ndarray = field(repr=False)
    threshold: float = field(default=0.0, repr=False)

    @property
    def digit(self) -> int:
        """The most probable digit, 0 to 9."""
        return int(self.probabilities.argmax())

    @property
    def confidence(self) -> float:
        """The probability of that digit, 0 to 1."""
        return float(self.probabilities.max())

    @property
    def runner_up(self) -> int:
        """The second most probable digit, 0 to 9."""
        # Stable and from the top, so that in a tie it is not the winner a second time.
        return int(np.argsort(-self.probabilities, kind="stable")[1])

    @property
    def is_digit(self) -> bool:
        """Whether this is worth an answer at all, or rather no digit."""
        return self.confidence >= self.threshold


class BaseClassifier(ABC):
    """What reads digits: who gives pictures ten probabilities can do all the rest.

    Attributes
    ----------
    threshold : float
        The confidence from which on an answer is worth giving, 0 to 1; 0 where nobody fitted one.
    has_feature_maps : bool
        Whether `feature_maps` can be asked for.
    """

    threshold = 0.0
    has_feature_maps = False

    def probabilities(self, pictures: np.ndarray) -> np.ndarray:
        """Return the ten probabilities of each picture.

        Parameters
        ----------
        pictures : numpy.ndarray
            ``(n, 28, 28)``, values in ``[0, 1]``, ink = 1, paper = 0.

        Returns
        -------
        numpy.ndarray
            ``float32``, ``(n, 10)``; each row sums to 1.

        Raises
        ------
        ValueError
            If the shape or the range is another, or if what a function or a network of one's own
            returned are no probabilities.
        """
        return self._probabilities(_checked_pictures(pictures))

    @abstractmethod
    def _probabilities(self, pictures: np.ndarray) -> np.ndarray:
        """Do so for pictures that have been checked, ``float32``."""

    def feature_maps(self, pictures: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return what each convolution of the network finds in the pictures.

        Parameters
        ----------
        pictures : numpy.ndarray
            ``(n, 28, 28)``, values in ``[0, 1]``, ink = 1, paper = 0.

        Returns
        -------
        tuple of numpy.ndarray
            ``float32``, after ReLU, so from 0 up. Of the shipped network two: ``(n, 32, 28, 28)``
            of conv1 and ``(n, 64, 14, 14)`` of conv2.

        Raises
        ------
        WeightsError
            If the network shows none: see ``has_feature_maps``.
        ValueError
            If the shape or the range of the pictures is another.
        """
        if not self.has_feature_maps:
            raise WeightsError(self._why_no_feature_maps())
        return self._feature_maps(_checked_pictures(pictures))

    def _feature_maps(self, pictures: np.ndarray) -> tuple[np.ndarray, ...]:
        """Do so for pictures that have been checked, where there are feature maps."""
        raise NotImplementedError

    def _why_no_feature_maps(self) -> str:
        return "A function shows no feature maps: it returns probabilities and nothing else."

    def predict(self, image: ImageSource) -> Prediction:
        """Read the digit on an image.

        Parameters
        ----------
        image : path, PIL image, array, bytes or str
            See `digitlab.preprocess.read_image`.

        Returns
        -------
        Prediction
            The digit, ten probabilities and the picture the network saw.

        Raises
        ------
        ImageError
            If it is not an image that can be read.
        NothingDrawnError
            If there is nothing on it.
        """
        return self._predict(picture_from_image(image))

    def predict_strokes(self, strokes, *, size: tuple[float, float] | None = None) -> Prediction:
        """Read the digit that a pen has drawn.

        Parameters
        ----------
        strokes : sequence of strokes
            ``[[(x, y), …], …]``, x to the right, y down.
        size : (width, height), optional
            Size of the pad in the same unit.

        Returns
        -------
        Prediction
            The digit, ten probabilities and the picture the network saw.

        Raises
        ------
        StrokesError
            If the strokes are not lists of finite points.
        NothingDrawnError
            If there is no point in them.
        """
        return self._predict(picture_from_strokes(strokes, size=size))

    def _predict(self, picture: np.ndarray) -> Prediction:
        return Prediction(self.probabilities(picture[None])[0], picture, self.threshold)


def _checked_pictures(pictures: np.ndarray) -> np.ndarray:
    pictures = np.asarray(pictures, np.float32)
    if pictures.ndim != 3 or pictures.shape[1:] != (PICTURE_SIZE, PICTURE_SIZE):
        raise ValueError(f"Expected pictures of shape (n, 28, 28), got {pictures.shape}.")
    if not ((pictures >= 0) & (pictures <= 1)).all():  # so written, it refuses NaN too
        raise ValueError(
            "Expected values in [0, 1], ink = 1, paper = 0; "
            f"got {pictures.min():g} to {pictures.max():g}."
        )
    return pictures
