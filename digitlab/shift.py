"""Pictures moved by whole pixels."""

from typing import TypeVar

import numpy as np
import torch

Pictures = TypeVar("Pictures", np.ndarray, torch.Tensor)


def shifted(pictures: Pictures, *, right: int = 0, down: int = 0) -> Pictures:
    """Move pictures by whole pixels; what leaves is lost, and paper follows.

    Parameters
    ----------
    pictures : numpy.ndarray or torch.Tensor
        One or more, ``(…, height, width)``, paper = 0.
    right, down : int
        By how many pixels; negative numbers move to the left and up.

    Returns
    -------
    numpy.ndarray or torch.Tensor
        New ones, of the same kind and shape.

    Examples
    --------
    >>> shifted(np.array([[1, 2, 3], [4, 5, 6]]), right=1)
    array([[0, 1, 2],
           [0, 4, 5]])
    >>> shifted(np.array([[1, 2, 3], [4, 5, 6]]), down=-1)
    array([[4, 5, 6],
           [0, 0, 0]])
    """
    moved = pictures * 0
    height, width = pictures.shape[-2:]
    to_rows, from_rows = _overlap(down, height)
    to_columns, from_columns = _overlap(right, width)
    moved[..., to_rows, to_columns] = pictures[..., from_rows, from_columns]
    return moved


def _overlap(by: int, size: int) -> tuple[slice, slice]:
    """Along one axis: where the part that stays comes to lie, and where it lay."""
    by = max(-size, min(by, size))
    return slice(max(by, 0), size + min(by, 0)), slice(max(-by, 0), size - max(by, 0))
