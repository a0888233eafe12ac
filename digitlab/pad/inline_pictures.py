"""Small pictures as data URLs, so that they travel inside the HTML that shows them."""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.preprocess import Ink

FOR, AGAINST = (0, 114, 178), (213, 94, 0)
"""Blue and vermilion of Okabe & Ito, "Color universal design", 2008: no eye confuses the two.
As in the whole course, blue speaks for an answer, and vermilion against it."""

COLUMNS = 8
"""Tiles in a row of a montage."""

_TINT = 0.05  # of a tile that is empty, so that it is seen where one ends


def ink_url(ink: Ink, *, levels: int = 256) -> str:
    """Return a picture of black ink on transparent paper.

    Parameters
    ----------
    ink : numpy.ndarray
        ``(height, width)``, in ``[0, 1]``, ink = 1.
    levels : int, optional
        So many greys are kept, 2 to 256; fewer make the picture smaller to send.

    Returns
    -------
    str
        A data URL of a PNG. The paper is whatever lies behind it.

    Examples
    --------
    >>> ink_url(np.eye(2))[:22]
    'data:image/png;base64,'
    """
    alpha = 255 * np.rint(ink * (levels - 1)) / (levels - 1)
    return _url(np.stack([np.zeros_like(alpha), alpha], axis=-1), "LA")


def heat_url(strength: Ink, ink: Ink) -> str:
    """Return colour to lay over ink: blue for what speaks for the answer, vermilion against.

    Parameters
    ----------
    strength : numpy.ndarray
        ``(height, width)``, in ``[-1, 1]``: 1 is full blue, -1 full vermilion, 0 no colour.
    ink : numpy.ndarray
        ``(height, width)``, in ``[0, 1]``: where there is less ink, there is less colour.

    Returns
    -------
    str
        A data URL of a PNG.
    """
    colour = np.where(strength[..., None] > 0, FOR, AGAINST)
    return _url(np.concatenate([colour, 255 * np.abs(strength * ink)[..., None]], axis=-1), "RGBA")


def montage(maps: Ink, *, columns: int = COLUMNS) -> Ink:
    """Lay pictures out in rows, as lightly tinted tiles with a pixel between them.

    Parameters
    ----------
    maps : numpy.ndarray
        ``(n, height, width)``, in ``[0, 1]``, at least one.
    columns : int, optional
        Pictures in a row.

    Returns
    -------
    numpy.ndarray
        One picture, in ``[0, 1]``.

    Examples
    --------
    >>> montage(np.ones((3, 2, 2)), columns=2)
    array([[1., 1., 0., 1., 1.],
           [1., 1., 0., 1., 1.],
           [0., 0., 0., 0., 0.],
           [1., 1., 0., 0., 0.],
           [1., 1., 0., 0., 0.]])
    """
    n, height, width = maps.shape
    rows = -(-n // columns)
    tiles = np.zeros((rows * columns, height + 1, width + 1), maps.dtype)
    tiles[:n, :-1, :-1] = _TINT + (1 - _TINT) * maps
    sheet = tiles.reshape(rows, columns, height + 1, width + 1).swapaxes(1, 2)
    return sheet.reshape(rows * (height + 1), columns * (width + 1))[:-1, :-1]


def _url(channels: NDArray[np.floating], mode: str) -> str:
    file = io.BytesIO()
    Image.fromarray(channels.round().astype(np.uint8), mode).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
