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
    height, width = pictures.shape[-2:]
    right, down = max(-width, min(right, width)), max(-height, min(down, height))
    # On one side, paper is put on; on the other, as much is cut off.
    moved = torch.nn.functional.pad(torch.as_tensor(pictures), (right, -right, down, -down))
    return moved if isinstance(pictures, torch.Tensor) else moved.numpy()


SHEET_SIZE = 280
"""Side of a sheet, in pixels: that of the drawing pad."""


def on_sheet(picture: np.ndarray, *, longer_side: int, across: float, down: float) -> Image.Image:
    """Put a digit on a white sheet, as large as wanted and where it is wanted.

    Parameters
    ----------
    picture : numpy.ndarray
        A digit picture: ``(28, 28)``, in ``[0, 1]``, ink = 1.
    longer_side : int
        Of the digit on the sheet, in pixels: from 1 to `SHEET_SIZE`.
    across, down : float
        Where it is: 0 is the left edge (the upper one), 1 the right edge (the lower one).

    Returns
    -------
    PIL.Image.Image
        Mode ``"L"``, `SHEET_SIZE` by `SHEET_SIZE`, dark ink on white paper, like a screenshot.

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
    if not 1 <= longer_side <= SHEET_SIZE:
        raise ValueError(f"The longer side is from 1 to {SHEET_SIZE} pixels, not {longer_side}.")
    if not (0 <= across <= 1 and 0 <= down <= 1):
        raise ValueError(f"A place on the sheet is from 0 to 1, not {across}, {down}.")
    box = np.asarray(cut_out(np.asarray(picture)), np.float32)
    height, width = (max(1, round(length * longer_side / max(box.shape))) for length in box.shape)
    digit = Image.fromarray(255 * (1 - box)).resize((width, height), Image.Resampling.BICUBIC)
    sheet = Image.new("L", (SHEET_SIZE, SHEET_SIZE), "white")
    # Bicubic interpolation overshoots a little at edges; a sheet is not whiter than white.
    ink = Image.fromarray(np.asarray(digit).clip(0, 255).round().astype(np.uint8))
    sheet.paste(ink, (round(across * (SHEET_SIZE - width)), round(down * (SHEET_SIZE - height))))
    return sheet
