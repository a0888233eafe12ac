"""The classifier: digit pictures to ten probabilities, through ONNX Runtime, without torch."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnxruntime

from digitlab.errors import WeightsError
from digitlab.preprocess import PICTURE_SIZE, picture_from_image, picture_from_strokes
from digitlab.reading import ImageSource
from digitlab.resources import resource

ONNX_NAME = "digitlab.onnx"
"""Name of the network's file inside a folder of weights."""


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


class Classifier:
    """A trained network that reads digits.

    Parameters
    ----------
    content : bytes
        An ONNX model from `digitlab.model.save`: ``(n, 1, 28, 28)`` to log-probabilities
        ``(n, 10)``. Most people want `Classifier.load` instead.

    Raises
    ------
    WeightsError
        If it is not such a model.

    Examples
    --------
    >>> classifier = Classifier.load()
    >>> classifier.predict_strokes([[(60, 50), (200, 50), (110, 240)]], size=(280, 280)).digit
    7
    """

    def __init__(self, content: bytes):
        options = onnxruntime.SessionOptions()
        # Many visitors share few cores, and one picture is too small to divide.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime's exceptions share no public base class
            raise WeightsError(f"This is not an ONNX model: {error}") from error
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if not (
            len(inputs) == len(outputs) == 1
            and inputs[0].type == outputs[0].type == "tensor(float)"
            and inputs[0].shape[1:] == [1, PICTURE_SIZE, PICTURE_SIZE]
            and outputs[0].shape[1:] == [10]
            and not isinstance(inputs[0].shape[0], int)
        ):
            raise WeightsError(
                "This ONNX model is not a network of digitlab: expected float (n, 1, 28, 28) to "
                f"float (n, 10), got {_signature(inputs)} to {_signature(outputs)}."
            )
        self._input = inputs[0]
        self._threshold = self._metadata().get("threshold", 0.0)

    def _metadata(self) -> dict:
        """What `digitlab.model.save` noted; nothing in an ONNX file that others made."""
        noted = self._session.get_modelmeta().custom_metadata_map.get("digitlab", "{}")
        try:
            return json.loads(noted)
        except json.JSONDecodeError as error:
            raise WeightsError(f"This ONNX model's metadata are damaged: {error}") from error

    @classmethod
    def load(cls, path: str | Path | None = None) -> Classifier:
        """Load a network from a folder of weights, or from an ONNX file.

        Parameters
        ----------
        path : str or pathlib.Path, optional
            A folder that `digitlab train` wrote, or an ONNX file. Default: the shipped weights.

        Returns
        -------
        Classifier
            Ready to predict.

        Raises
        ------
        WeightsError
            If there is no such file, or it is not a network of digitlab.
        """
        path = resource("models") if path is None else Path(path)
        file = path / ONNX_NAME if path.is_dir() else path
        try:
            content = file.read_bytes()
        except (OSError, ValueError) as error:  # ValueError: a name with a NUL
            raise WeightsError(
                f"No network at {file}: expected an ONNX file, or a folder that "
                "`digitlab train` wrote."
            ) from error
        try:
            return cls(content)
        except WeightsError as error:
            raise WeightsError(f"{file}: {error}") from error

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
            If the shape or the range is another.
        """
        pictures = np.asarray(pictures, np.float32)
        if pictures.ndim != 3 or pictures.shape[1:] != (PICTURE_SIZE, PICTURE_SIZE):
            raise ValueError(f"Expected pictures of shape (n, 28, 28), got {pictures.shape}.")
        if not ((pictures >= 0) & (pictures <= 1)).all():  # so written, it refuses NaN too
            raise ValueError(
                "Expected values in [0, 1], ink = 1, paper = 0; "
                f"got {pictures.min():g} to {pictures.max():g}."
            )
        (log_probabilities,) = self._session.run(None, {self._input.name: pictures[:, None]})
        probabilities = np.exp(log_probabilities)
        return probabilities / probabilities.sum(axis=1, keepdims=True)

    def predict(self, image: ImageSource) -> Prediction:
        """Read the digit on an image.

        Parameters
        ----------
        image : path, PIL image, array, bytes or str
            See `digitlab.reading.read_image`.

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
        return Prediction(self.probabilities(picture[None])[0], picture, self._threshold)


def _signature(tensors) -> str:
    return ", ".join(f"{tensor.type} {tensor.shape}" for tensor in tensors) or "nothing"
