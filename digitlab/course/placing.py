"""Digits put elsewhere: pictures moved by whole pixels, and sheets of paper with one digit."""

from typing import TypeVar

import numpy as np
import torch
from PIL import Image

from digitlab.preprocess import cut_out

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


SHEET_SIZE = 280
"""Side of a sheet, in pixels: that of the drawing pad."""


def on_sheet(
    picture: np.ndarray, *, longer_side: int, across: float, down: float, size: int = SHEET_SIZE
) -> Image.Image:
    """Put a digit on a white sheet, as large as wanted and where it is wanted.

    Parameters
    ----------
    picture : numpy.ndarray
        A digit picture: ``(28, 28)``, in ``[0, 1]``, ink = 1.
    longer_side : int
        Of the digit on the sheet, in pixels: from 1 to ``size``.
    across, down : float
        Where it is: 0 is the left edge (the upper one), 1 the right edge (the lower one).
    size : int
        Side of the sheet, in pixels.

    Returns
    -------
    PIL.Image.Image
        Mode ``"L"``, ``size`` by ``size``, dark ink on white paper, like a screenshot.

    Raises
    ------
    NothingDrawnError
        If there is no ink on the picture.
    ValueError
        If the digit would not be on the sheet, or not all of it.

    Examples
    --------
    >>> picture = np.zeros((28, 28), np.float32)
    >>> picture[4:24, 12:16] = 1
    >>> sheet = on_sheet(picture, longer_side=100, across=0, down=1)
    >>> np.asarray(sheet)[180:, :20].max()
    np.uint8(0)
    """
    if not 1 <= longer_side <= size:
        raise ValueError(f"The longer side is from 1 to {size} pixels, not {longer_side}.")
    if not (0 <= across <= 1 and 0 <= down <= 1):
        raise ValueError(f"A place on the sheet is from 0 to 1, not {across}, {down}.")
    box = np.asarray(cut_out(np.asarray(picture)), np.float32)
    height, width = (max(1, round(length * longer_side / max(box.shape))) for length in box.shape)
    digit = Image.fromarray(255 * (1 - box)).resize((width, height), Image.Resampling.BICUBIC)
    sheet = Image.new("L", (size, size), "white")
    # Bicubic interpolation overshoots a little at edges; a sheet is not whiter than white.
    ink = Image.fromarray(np.asarray(digit).clip(0, 255).round().astype(np.uint8))
    sheet.paste(ink, (round(across * (size - width)), round(down * (size - height))))
    return sheet
