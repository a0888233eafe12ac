"""The network: a convolutional one of 421,642 parameters, and how it is kept in files.

::

    picture (n, 1, 28, 28), [0, 1], ink = 1
      conv1 3x3, 32 -> ReLU -> max pool   (n, 32, 14, 14)          320 parameters
      conv2 3x3, 64 -> ReLU -> max pool   (n, 64,  7,  7)       18,496
      fc1 -> ReLU                         (n, 128)             401,536
      fc2 -> log-softmax                  (n, 10)                1,290
"""

import copy
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import onnx
import onnx.parser
import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows it by
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialize
from torch import nn

from digitlab.classifier.onnx import ONNX_NAME, WEIGHTS_NAME, Classifier, refuse_mixed
from digitlab.errors import WeightsError

__all__ = ["CNN"]

MEAN, DEVIATION = 0.1307, 0.3081
"""Mean and standard deviation of MNIST's training pixels, known to nobody but the network."""

PARAMETER_COUNT = 421_642


class CNN(nn.Module):
    """The convolutional network, from pictures to log-probabilities.

    Examples
    --------
    >>> network = CNN()
    >>> sum(parameter.numel() for parameter in network.parameters())
    421642
    >>> network(torch.zeros(5, 1, 28, 28)).shape
    torch.Size([5, 10])
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(64 * 7 * 7, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Return the log-probabilities of the ten digits.

        Parameters
        ----------
        pictures : torch.Tensor
            ``(n, 1, 28, 28)``, values in ``[0, 1]``, ink = 1, paper = 0.

        Returns
        -------
        torch.Tensor
            ``(n, 10)``, each row the logarithms of probabilities that sum to 1.
        """
        _, maps = self.feature_maps(pictures)  # (n, 64, 14, 14)
        x = F.max_pool2d(maps, 2)  # (n, 64, 7, 7)
        x = x.flatten(1)  # (n, 3136)
        x = F.relu(self.fc1(x))  # (n, 128)
        return F.log_softmax(self.fc2(x), dim=1)  # (n, 10)

    def feature_maps(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return what the two convolutions find in the pictures.

        Parameters
        ----------
        pictures : torch.Tensor
            ``(n, 1, 28, 28)``, values in ``[0, 1]``, ink = 1, paper = 0.

        Returns
        -------
        (torch.Tensor, torch.Tensor)
            After ReLU and before pooling, so from 0 up: ``(n, 32, 28, 28)`` of conv1 and
            ``(n, 64, 14, 14)`` of conv2.
        """
        x = (pictures - MEAN) / DEVIATION  # (n, 1, 28, 28)
        first = F.relu(self.conv1(x))  # (n, 32, 28, 28)
        x = F.max_pool2d(first, 2)  # (n, 32, 14, 14)
        return first, F.relu(self.conv2(x))  # and (n, 64, 14, 14)


def save(model: CNN, folder: str | Path, *, metadata: dict[str, Any] | None = None) -> None:
    """Write a network as safetensors and as ONNX, each with the same metadata.

    Both files are written aside and checked before they replace what was there. A folder in which
    only one could be replaced is refused by all that load it.

    Parameters
    ----------
    model : CNN
        The network.
    folder : str or pathlib.Path
        Where to; made if it is not there.
    metadata : dict, optional
        What made it: recipe, seed, figures, versions. Must be JSON.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(metadata or {}, sort_keys=True)
    # On the CPU, in float32 and in the usual memory order, whatever it was trained in.
    model = copy.deepcopy(model).cpu().float().to(memory_format=torch.contiguous_format)
    # Not save_file: the file that it makes can be read by nobody but its owner.
    content = serialize(model.state_dict(), metadata={"digitlab": text})
    with tempfile.TemporaryDirectory(prefix=".saving-", dir=folder) as name:
        aside = Path(name)
        (aside / WEIGHTS_NAME).write_bytes(content)
        _export(model, aside / ONNX_NAME, text)
        load(aside)
        Classifier.load(aside)
        for file in list(aside.iterdir()):
            file.replace(folder / file.name)


def load(folder: str | Path) -> CNN:
    """Read a network that `save` wrote.

    Parameters
    ----------
    folder : str or pathlib.Path
        A folder of weights, or the safetensors file itself.

    Returns
    -------
    CNN
        On the CPU, in evaluation mode.

    Raises
    ------
    WeightsError
        If there is no such file, it is damaged, it holds another network, or the ONNX file beside
        it in the folder does.
    """
    model = CNN()
    with _opened(folder) as (file, weights):
        state = {name: weights.get_tensor(name) for name in weights.keys()}  # noqa: SIM118
    own, others = _shapes(model.state_dict()), _shapes(state)
    if own != others:
        expected, found = (", ".join(sorted(s)) or "no more" for s in (own - others, others - own))
        raise WeightsError(f"{file} holds another network: expected {expected} but found {found}.")
    model.load_state_dict(state)
    return model.eval()


def load_metadata(folder: str | Path) -> dict[str, Any]:
    """Read what `save` noted beside the weights.

    Parameters
    ----------
    folder : str or pathlib.Path
        A folder of weights, or the safetensors file itself.

    Returns
    -------
    dict
        The metadata; empty where none was given.

    Raises
    ------
    WeightsError
        If there is no such file, or it is damaged.
    """
    with _opened(folder) as (_, weights):
        metadata: dict[str, Any] = json.loads((weights.metadata() or {}).get("digitlab", "{}"))
    return metadata


@contextmanager
def _opened(folder: str | Path) -> Iterator[tuple[Path, safe_open]]:
    """Open the safetensors file, and tell of all that is wrong with it as a `WeightsError`."""
    folder = Path(folder)
    file = folder / WEIGHTS_NAME if folder.is_dir() else folder
    if not file.is_file():
        raise WeightsError(f"No weights at {file}: expected a folder that `digitlab train` wrote.")
    try:
        with safe_open(file, framework="pt") as weights:
            if folder.is_dir():
                refuse_mixed(folder)
            yield file, weights
    except (SafetensorError, OSError, json.JSONDecodeError) as error:
        raise WeightsError(f"{file} is damaged or truncated: {error}") from error


def _shapes(state: dict[str, torch.Tensor]) -> set[str]:
    return {f"{name} {tuple(tensor.shape)}" for name, tensor in state.items()}


def _export(model: CNN, file: Path, metadata: str) -> None:
    """Write the ONNX form in one file, for any number of pictures at once."""
    # Not torch.onnx.export: it takes seconds, needs onnxscript, and knows no more of this network.
    described = Path(__file__).with_name("cnn.onnx.txt").read_text(encoding="utf-8")
    described = described.replace("$mean", str(MEAN)).replace("$deviation", str(DEVIATION))
    exported = onnx.parser.parse_model(described)
    for name, tensor in model.state_dict().items():
        weights = onnx.numpy_helper.from_array(tensor.numpy(), name.replace(".", "_"))
        exported.graph.initializer.append(weights)
    onnx.helper.set_model_props(exported, {"digitlab": metadata})
    onnx.checker.check_model(exported, full_check=True)
    onnx.save(exported, file)
