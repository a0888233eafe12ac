"""MNIST as tensors: find it, fetch and verify it, split it.

The layout on disk is torchvision's (``<folder>/MNIST/raw/train-images-idx3-ubyte`` and three more
files), so what torchvision has downloaded is used here, and the other way round. Where the files
are kept and where they come from is the business of `digitlab.lab.download`.
"""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from digitlab.drawings.drawing import CorrectedDrawing, digit_pictures
from digitlab.lab import download

__all__ = ["Digits", "Mnist", "load_mnist"]

VALIDATION_SIZE = 5_000
SPLIT_SEED = 0


@dataclass(frozen=True, eq=False)
class Digits:
    """Digit pictures with their labels, in the order of MNIST's own files.

    Attributes
    ----------
    images : torch.Tensor
        float32, shape (n, 28, 28), values in [0, 1], ink = 1, paper = 0.
    labels : torch.Tensor
        int64, shape (n,), values 0 to 9.
    """

    images: torch.Tensor
    labels: torch.Tensor

    def __len__(self) -> int:
        """Return how many digits there are."""
        return len(self.labels)

    def extended(self, *more: tuple[np.ndarray, np.ndarray]) -> "Digits":
        """Put more pictures and their labels behind these.

        Parameters
        ----------
        *more : pairs of numpy.ndarray
            Pictures, ``float32``, ``(n, 28, 28)``, in ``[0, 1]``, ink = 1; and their labels,
            ``int64``, ``(n,)``.

        Examples
        --------
        >>> three = Digits(images=torch.zeros(3, 28, 28), labels=torch.tensor([1, 4, 7]))
        >>> len(three.extended((np.zeros((2, 28, 28), np.float32), np.array([5, 5]))))
        5
        """
        tensors = (map(torch.from_numpy, arrays) for arrays in more)
        images, labels = zip((self.images, self.labels), *tensors, strict=True)
        return Digits(torch.cat(images), torch.cat(labels))

    @classmethod
    def from_drawings(cls, drawings: Iterable[CorrectedDrawing]) -> "Digits":
        """Turn corrected drawings into digits that a network can be trained or measured on.

        Parameters
        ----------
        drawings : iterable of CorrectedDrawing
            A whole `digitlab.drawings.Drawings`, or some of them. Drawings of
            no digit, and those with a doubtful label, are left out.

        Examples
        --------
        >>> seven = CorrectedDrawing([[(60, 50), (200, 50), (110, 240)]], size=(280, 280), label=7)
        >>> Digits.from_drawings([seven]).labels
        tensor([7])
        """
        return cls(*map(torch.from_numpy, digit_pictures(drawings)))

    def sha256(self) -> str:
        """Return a fingerprint, to be noted beside a network: which digits it was trained on.

        Examples
        --------
        >>> train = load_mnist().train
        >>> train.sha256()[:16]
        '802bd886ec4aba33'
        """
        fingerprint = hashlib.sha256((self.images * 255).round().byte().numpy().tobytes())
        fingerprint.update(self.labels.byte().numpy().tobytes())
        return fingerprint.hexdigest()


@dataclass(frozen=True, eq=False)
class Mnist:
    """MNIST in three parts: 55,000 to train on, 5,000 to choose by, 10,000 to report on."""

    train: Digits
    validation: Digits
    test: Digits


def load_mnist(folder: str | os.PathLike[str] | None = None, *, progress: bool = True) -> Mnist:
    """Load MNIST as tensors, fetching and verifying it first.

    The validation set is 5,000 of the 60,000 training digits, drawn once by a fixed seed, the same
    on every machine; the other 55,000 train. The 10,000 test digits are there to report by, never
    to choose by.

    Parameters
    ----------
    folder : path, optional
        Where MNIST is kept; when not given, the folder that `digitlab.lab.download` tells of.
    progress : bool
        Whether to show a progress bar while fetching.

    Returns
    -------
    Mnist
        Its parts ``train``, ``validation`` and ``test``, each a `Digits`: ``images`` float32
        (n, 28, 28) in [0, 1], ink = 1; ``labels`` int64 (n,).

    Raises
    ------
    DataError
        If MNIST is not there and no source gives it. The message says which were tried, why each
        failed, and how to put the files there by hand.

    Notes
    -----
    Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document
    recognition", Proceedings of the IEEE 86(11), 1998. See also ``data/README.md``.

    Examples
    --------
    >>> mnist = load_mnist()
    >>> [len(part) for part in (mnist.train, mnist.validation, mnist.test)]
    [55000, 5000, 10000]
    >>> mnist.test.images.shape, mnist.test.images.dtype, int(mnist.test.labels[0])
    (torch.Size([10000, 28, 28]), torch.float32, 7)
    """
    raw = download.fetch(folder, progress=progress)
    images, labels = _read(raw, "train")
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(SPLIT_SEED))
    # Sorted, so that both parts keep the order of the file and only membership is drawn.
    parts = order[VALIDATION_SIZE:].sort()[0], order[:VALIDATION_SIZE].sort()[0]
    train, validation = (_digits(images[part], labels[part]) for part in parts)
    return Mnist(train, validation, test=_digits(*_read(raw, "t10k")))


def _read(raw: Path, part: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Read a pair of IDX files as they are: uint8 (n, 28, 28) and uint8 (n,)."""
    # IDX: four bytes of magic number and four for each dimension, then the values. These files
    # have just been verified bit by bit, so their headers hold no news.
    pixels = np.fromfile(raw / f"{part}-images-idx3-ubyte", dtype=np.uint8, offset=4 + 3 * 4)
    digits = np.fromfile(raw / f"{part}-labels-idx1-ubyte", dtype=np.uint8, offset=4 + 1 * 4)
    return torch.from_numpy(pixels).view(-1, 28, 28), torch.from_numpy(digits)


def _digits(images: torch.Tensor, labels: torch.Tensor) -> Digits:
    return Digits(images=images.float().div_(255), labels=labels.long())


def sample_sheet(digits: Digits) -> Image.Image:
    """Lay out the first ten digits of each class as one picture.

    This makes ``data/sample.png``, real handwriting for those who have no MNIST at hand::

        digitlab data --sample data/sample.png

    Parameters
    ----------
    digits : Digits
        At least ten of each class.

    Returns
    -------
    PIL.Image.Image
        280 x 280 pixels, 8-bit grey, white ink on black as in MNIST; the row r of ten pictures,
        28 x 28 each, holds the digit r.

    Examples
    --------
    >>> sample_sheet(load_mnist().train).size
    (280, 280)
    """
    rows = [digits.images[digits.labels == digit][:10] for digit in range(10)]
    # (row, column, y, x) -> (row, y, column, x): pictures side by side
    sheet = torch.stack(rows).swapaxes(1, 2).reshape(280, 280)
    return Image.fromarray(sheet.mul(255).round().byte().numpy())
