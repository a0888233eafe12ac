"""What all classifiers have in common: from pictures, strokes or an image to a prediction."""

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import ArrayLike

from digitlab import preprocess
from digitlab.classifier.images import read
from digitlab.classifier.prediction import Floats, Prediction
from digitlab.classifier.reading import Reading
from digitlab.classifier.strokes import read_strokes
from digitlab.preprocess import PICTURE_SIZE, AnyStrokes, ImageSource, Size

__all__ = ["BaseClassifier"]


class BaseClassifier(ABC):
    """What reads digits: whatever gives pictures ten probabilities can do all the rest.

    Attributes
    ----------
    threshold : float
        The confidence that an answer on an image must reach, 0 to 1; 0 where nobody fitted one. Of
        what a pen drew, see `Prediction.is_digit`.
    kernels : numpy.ndarray or None
        The filters of the first convolution, ``float32``, ``(n, 3, 3)``; None where they aren't
        known.
    """

    threshold = 0.0
    kernels: Floats | None = None

    def probabilities(self, pictures: ArrayLike) -> Floats:
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
        values = self._probabilities(checked_pictures(pictures))
        return values / values.sum(axis=1, keepdims=True)

    @abstractmethod
    def _probabilities(self, pictures: Floats) -> Floats:
        """Return them for pictures that have been checked; their sum need not be 1 yet."""

    def feature_maps(self, pictures: ArrayLike) -> tuple[Floats, ...]:
        """Return what each convolution of the network finds in the pictures.

        Parameters
        ----------
        pictures : numpy.ndarray
            ``(n, 28, 28)``, values in ``[0, 1]``, ink = 1, paper = 0.

        Returns
        -------
        tuple of numpy.ndarray
            ``float32``, after ReLU, so from 0 up. Of the shipped network two: ``(n, 32, 28, 28)``
            of conv1 and ``(n, 64, 14, 14)`` of conv2. None at all of what shows none, such as a
            function.

        Raises
        ------
        ValueError
            If the shape or the range of the pictures is another.
        """
        return self._feature_maps(checked_pictures(pictures))

    def _feature_maps(self, pictures: Floats) -> tuple[Floats, ...]:
        """Return them for pictures that have been checked."""
        return ()

    def predict(self, image: ImageSource) -> Prediction:
        """Read the digit on an image.

        Parameters
        ----------
        image : path, PIL image, array, bytes or str
            See `digitlab.preprocess.read_image`.

        Returns
        -------
        Prediction
            The digit, ten probabilities and the picture the network saw. Where the image shows
            several digits, it is no digit, and its ``several`` says which: see `read`.

        Raises
        ------
        ImageError
            If it is not an image that can be read.
        NothingDrawnError
            If there is nothing on it.
        """
        return self.read(image).prediction

    def read(self, image: ImageSource) -> Reading:
        """Read all digits on an image: a number, rows of digits, a sheet.

        Parameters
        ----------
        image : path, PIL image, array, bytes or str
            See `digitlab.preprocess.read_image`.

        Returns
        -------
        Reading
            The digits in reading order, where each of them is, and their text.

        Raises
        ------
        ImageError
            If it is not an image that can be read.
        NothingDrawnError
            If there is nothing on it.
        """
        return read(image, self._predict_all)

    def predict_strokes(self, strokes: AnyStrokes, *, size: Size | None = None) -> Prediction:
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
        picture = preprocess.picture_from_strokes(strokes, size=size)
        return self._predict_all([picture], drawn=True)[0]

    def read_strokes(self, strokes: AnyStrokes, *, size: Size | None = None) -> Reading:
        """Read the digit, or the number, that a pen has drawn.

        Parameters
        ----------
        strokes, size
            As for `predict_strokes`, which raises the same errors.

        Returns
        -------
        Reading
            One digit, and of it what `predict_strokes` says; or several, where they are read more
            surely.
        """
        return read_strokes(strokes, lambda some: self._predict_all(some, drawn=True), size)

    def _predict_all(self, pictures: list[np.ndarray], *, drawn: bool = False) -> list[Prediction]:
        told = zip(self.probabilities(np.stack(pictures)), pictures, strict=True)
        return [Prediction(*one, self.threshold, drawn=drawn) for one in told]


def checked_pictures(pictures: ArrayLike) -> Floats:
    """Check that these are pictures, and return them as ``float32``.

    Raises
    ------
    ValueError
        If the shape is not ``(n, 28, 28)``, or a value is not in ``[0, 1]``.
    """
    array = np.asarray(pictures, np.float32)
    if array.ndim != 3 or array.shape[1:] != (PICTURE_SIZE, PICTURE_SIZE):
        raise ValueError(f"Expected pictures of shape (n, 28, 28), got {array.shape}.")
    if not ((array >= 0) & (array <= 1)).all():  # so written, it refuses NaN too
        raise ValueError(
            "Expected values in [0, 1], ink = 1, paper = 0; "
            f"got {array.min():g} to {array.max():g}."
        )
    return array
