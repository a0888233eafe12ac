"""The classifier: digit pictures to ten probabilities, through ONNX Runtime, without torch.

`Classifier` is the network that ships, or another in the same form. `as_classifier` gives the same
manners to whatever else can tell digits apart: a network that was trained a minute ago, a function.
"""

import contextlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from safetensors import SafetensorError, deserialize

from digitlab.classifier.base import BaseClassifier
from digitlab.classifier.prediction import Floats
from digitlab.errors import WeightsError
from digitlab.places import resource
from digitlab.preprocess import PICTURE_SIZE

__all__ = ["Classifier"]

ONNX_NAME = "digitlab.onnx"
"""Name of the network's file inside a folder of weights."""

WEIGHTS_NAME = "digitlab.safetensors"
"""Name of the weights' file beside it, for torch."""

_AT_ONCE = 8  # pictures


class Classifier(BaseClassifier):
    """A trained network that reads digits.

    Parameters
    ----------
    content : bytes
        An ONNX model from `digitlab.lab.model.save`: ``(n, 1, 28, 28)`` to log-probabilities
        ``(n, 10)`` and, where it has further outputs, the feature maps of its convolutions.
        Most people want `Classifier.load` instead.

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
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        cpu = ["CPUExecutionProvider"]
        try:
            self._session = onnxruntime.InferenceSession(content, options, providers=cpu)
        except Exception as error:  # onnxruntime's exceptions share no public base class
            raise WeightsError(f"This is not an ONNX model: {error}") from error
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if not (
            len(inputs) == 1
            and {tensor.type for tensor in (*inputs, *outputs)} == {"tensor(float)"}
            and inputs[0].shape[1:] == [1, PICTURE_SIZE, PICTURE_SIZE]
            and outputs[0].shape[1:] == [10]
            and all(len(maps.shape) == 4 for maps in outputs[1:])
            and not isinstance(inputs[0].shape[0], int)
        ):
            raise WeightsError(
                "This ONNX model is not a network of digitlab: expected float (n, 1, 28, 28) to "
                f"float (n, 10), got {_signature(inputs)} to {_signature(outputs)}."
            )
        self._input = inputs[0].name
        self._output, *self._maps = [output.name for output in outputs]
        self.threshold = self._noted_threshold()

    def _noted_threshold(self) -> float:
        """What `digitlab.lab.model.save` noted; 0 in an ONNX file that others made."""
        noted = self._session.get_modelmeta().custom_metadata_map.get("digitlab", "{}")
        try:
            return float(json.loads(noted).get("threshold", 0.0))
        except (AttributeError, TypeError, ValueError) as error:
            raise WeightsError(f"This ONNX model's metadata are damaged: {error}") from error

    @classmethod
    def load(cls, path: str | Path | None = None) -> "Classifier":
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
            If there is no such file, it is not a network of digitlab, or the weights beside it in
            the folder are those of another.
        """
        path = resource("models") if path is None else Path(path)
        file = path / ONNX_NAME if path.is_dir() else path
        try:
            classifier = cls(file.read_bytes())
            if path.is_dir():
                refuse_mixed(path)
                # An ONNX session keeps the filters of conv1 to itself.
                if (weights := path / WEIGHTS_NAME).is_file():
                    kernels = np.frombuffer(_tensors(weights)["conv1.weight"], np.float32)
                    classifier.kernels = kernels.reshape(-1, 3, 3)
            return classifier
        except WeightsError as error:
            raise WeightsError(f"{file}: {error}") from error
        except (OSError, ValueError) as error:  # ValueError: a name with a NUL
            raise WeightsError(
                f"No network at {file}: expected an ONNX file, or a folder that "
                "`digitlab train` wrote."
            ) from error

    def _probabilities(self, pictures: Floats) -> Floats:
        (log_probabilities,) = self._run([self._output], pictures)
        return np.exp(log_probabilities)

    def _feature_maps(self, pictures: Floats) -> tuple[Floats, ...]:
        # ONNX Runtime takes no names for all of them.
        return tuple(self._run(self._maps, pictures)) if self._maps else ()

    def _run(self, outputs: list[str], pictures: Floats) -> list[Floats]:
        # A few at a time, so that what is between two layers stays in the processor's cache; and
        # at least once, as no picture has an answer too.
        firsts = range(0, max(len(pictures), 1), _AT_ONCE)
        batches = (pictures[first : first + _AT_ONCE, None] for first in firsts)
        parts = [self._session.run(outputs, {self._input: batch}) for batch in batches]
        return [np.concatenate(of_output) for of_output in zip(*parts, strict=True)]


def refuse_mixed(folder: Path) -> None:
    """Refuse a folder whose two files are of different networks; one alone is fine.

    Parameters
    ----------
    folder : pathlib.Path
        A folder of weights.

    Raises
    ------
    WeightsError
        If the ONNX file does not hold the very numbers of the safetensors file. The largest tensor
        is not compared: that takes 15 ms, and no training leaves all the others as they were.
    """
    files = (folder / WEIGHTS_NAME, folder / ONNX_NAME)
    if not all(file.is_file() for file in files):
        return
    model = files[1].read_bytes()
    with contextlib.suppress(SafetensorError, ValueError):  # a damaged header, or no tensors
        # Both keep each tensor as one run of bytes.
        *others, _ = sorted(_tensors(files[0]).values(), key=len)
        if all(tensor in model for tensor in others):
            return
    raise WeightsError(
        f"{WEIGHTS_NAME} and {ONNX_NAME} in {folder} are of different networks: was "
        "`digitlab train` interrupted? Train again, or remove the one that you don't want."
    )


def _tensors(file: Path) -> dict[str, bytes]:
    """The bytes of each tensor in a safetensors file."""
    return {name: tensor["data"] for name, tensor in deserialize(file.read_bytes())}


def _signature(tensors: list[Any]) -> str:
    return ", ".join(f"{tensor.type} {tensor.shape}" for tensor in tensors) or "nothing"
