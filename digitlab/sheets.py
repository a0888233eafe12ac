"""Sheets of paper with one digit on them: what a pipeline is measured on, as its place is known."""

import numpy as np
from PIL import Image

from digitlab.preprocess import cut_out

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
