"""Whether a picture could be a digit at all: MNIST's own statistics say what one looks like."""

import numpy as np

from digitlab.preprocess.geometry import box_of

__all__ = ["could_be_digit"]

_LEAST_INK, _MOST_INK = 18, 250
"""999 of 1,000 MNIST digits have more and less ink than this, in pixels of the picture."""

_SHORTEST = 12  # pixels: the longer side of every digit is longer
_FLATTEST = 2.0  # times as wide as tall, at most
_BROADEST = 5  # pixels from the edge of the ink to the inmost of it, at most
_LEAST_EULER = -4  # 9,997 of 10,000 MNIST digits have more pieces than holes, or few more holes
_VISIBLE = 0.3  # of the darkest: what is fainter is the edge of a line


def could_be_digit(picture: np.ndarray) -> bool:
    """Whether a digit picture has as much ink, and of such a shape, as MNIST's digits have.

    A dot, a dash, a disc, a grid, a flat row of digits and an empty picture have not. A network
    that was trained on digits alone cannot tell.

    Parameters
    ----------
    picture : numpy.ndarray
        A digit picture: ``(28, 28)``, in ``[0, 1]``, ink = 1.

    Returns
    -------
    bool
        False where no digit looks like this; True says nothing more than that one might.

    Examples
    --------
    >>> picture = np.zeros((28, 28))
    >>> could_be_digit(picture)
    False
    >>> picture[4:24, 12:15] = 1  # a one
    >>> could_be_digit(picture)
    True
    """
    ink = picture > _VISIBLE
    if not ink.any() or not _LEAST_INK <= picture.sum() <= _MOST_INK:
        return False
    height, width = ink[box_of(ink)].shape
    is_grid = euler_number(picture > _VISIBLE * picture.max()) < _LEAST_EULER
    if is_grid or max(height, width) < _SHORTEST or width > _FLATTEST * height:
        return False
    # The inmost ink: what is left after so many pixels were taken from all sides.
    inside = np.zeros((picture.shape[0] + 2, picture.shape[1] + 2), bool)
    inmost = inside[1:-1, 1:-1]  # a view
    inmost |= picture > 0.5
    for _ in range(_BROADEST):
        inmost &= inside[:-2, 1:-1] & inside[2:, 1:-1] & inside[1:-1, :-2] & inside[1:-1, 2:]
    return not inmost.any()


def euler_number(line: np.ndarray) -> int:
    """Count the pieces of a line less the holes in them.

    Each pattern of 2 x 2 pixels has its share of it (Gray 1971), so nothing has to be followed.

    Parameters
    ----------
    line : numpy.ndarray
        ``bool`` or 0 and 1, of two dimensions. Pixels that touch at a corner are one piece.

    Returns
    -------
    int
        1 for a 7, 0 for a 0, -1 for an 8.

    Examples
    --------
    >>> euler_number(np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]]))
    0
    """
    around = np.pad(line, 1).astype(np.int8)
    upper, lower = around[:-1], around[1:]
    four = upper[:, :-1] + upper[:, 1:] + lower[:, :-1] + lower[:, 1:]
    across = (four == 2) & (upper[:, :-1] == lower[:, 1:])
    corners = int(np.count_nonzero(four == 1)) - int(np.count_nonzero(four == 3))
    return (corners - 2 * int(np.count_nonzero(across))) // 4
