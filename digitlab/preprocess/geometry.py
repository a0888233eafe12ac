"""From the pen to the network: strokes or an image to one digit picture.

A *digit picture* is ``float32``, shape ``(28, 28)``, values in ``[0, 1]``, ink = 1, paper = 0, in
the geometry of MNIST itself. That geometry is the whole secret of recognising what people draw:
the network has never seen a digit that was not

1. cut out along the tight box of all its ink,
2. scaled, keeping its aspect, so that its longer side is 20 pixels, each pixel the average of the
   area it covers,
3. placed in 28 x 28 by whole pixels so that its centre of mass falls on pixel index 14.

`picture_from_image` does just these steps (`cut_out`, `scaled`, `centred`); only where the pen was
much thinner or thicker than any in MNIST, it makes the ink as thick as MNIST's first.
`picture_from_strokes` knows the path of the pen, so it scales the path and then draws it as thick
as MNIST's own strokes are: the answer cannot depend on how thick the pen on the screen happens to
be. `digitlab.preprocess.stages` shows all this step by step.

References
----------
.. [1] Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document
   recognition", Proceedings of the IEEE, 1998.
.. [2] C. Yadav, L. Bottou, "Cold case: the lost MNIST digits", NeurIPS 2019.
"""

import numpy as np

from digitlab.errors import NothingDrawnError

PICTURE_SIZE = 28
"""Side of a digit picture, in pixels."""

BOX_SIZE = 20
"""The longer side of the digit inside its picture, in pixels."""

CENTRE = 14.0
"""The pixel index on which the centre of mass falls. Measured on MNIST: 14.0, not 13.5."""


def picture_from_ink(ink: np.ndarray) -> np.ndarray:
    """Apply MNIST's three steps to an array of ink: cut out, scale to 20, centre its mass.

    Parameters
    ----------
    ink : numpy.ndarray
        Shape ``(height, width)``, values in ``[0, 1]``, ink = 1, paper = 0.

    Returns
    -------
    numpy.ndarray
        The digit picture: ``float32``, ``(28, 28)``, in ``[0, 1]``, ink = 1.

    Raises
    ------
    NothingDrawnError
        If there is no ink at all.

    Examples
    --------
    A picture that has MNIST's geometry already comes back as it is:

    >>> ink = np.zeros((28, 28), np.float32)
    >>> ink[4:24, 13:16] = 1
    >>> bool((picture_from_ink(ink) == ink).all())
    True
    """
    return centred(scaled(cut_out(ink), BOX_SIZE))


def cut_out(ink: np.ndarray) -> np.ndarray:
    """Cut out the tight box of all ink: MNIST's first step.

    Parameters
    ----------
    ink : numpy.ndarray
        Shape ``(height, width)``, values in ``[0, 1]``, ink = 1, paper = 0.

    Returns
    -------
    numpy.ndarray
        The part of it that has ink in its outermost rows and columns.

    Raises
    ------
    NothingDrawnError
        If there is no ink at all.

    Examples
    --------
    >>> cut_out(np.array([[0, 0, 0], [0, 1, 0], [0, 0.5, 0]]))
    array([[1. ],
           [0.5]])
    """
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        raise NothingDrawnError("There is no ink on it: draw a digit first.")
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def scaled(box: np.ndarray, side: int) -> np.ndarray:
    """Scale a box, keeping its aspect, so that its longer side is ``side``: MNIST's second step.

    Parameters
    ----------
    box : numpy.ndarray
        ``float32``, ``(height, width)``, in ``[0, 1]``, ink = 1.
    side : int
        Length of the longer side afterwards, in pixels; MNIST's is 20.

    Returns
    -------
    numpy.ndarray
        ``float32``, each pixel the average of the area that it covers.

    Examples
    --------
    >>> scaled(np.float32([[1, 0], [0, 0]]), 1)
    array([[0.25]], dtype=float32)
    """
    scale = side / max(box.shape)
    height, width = (max(1, round(length * scale)) for length in box.shape)
    return _averaging(box.shape[0], height) @ box @ _averaging(box.shape[1], width).T


def _averaging(source: int, target: int) -> np.ndarray:
    """The matrix ``(target, source)`` that averages ``source`` pixels over ``target`` areas."""
    edges = np.arange(target + 1) * (source / target)
    before = (edges[:, None] - np.arange(source)).clip(0, 1)  # so much of a pixel, of each edge
    return (np.diff(before, axis=0) * (target / source)).astype(np.float32)


def centred(digit: np.ndarray) -> np.ndarray:
    """Place a digit so that its centre of mass falls on pixel index 14: MNIST's third step.

    Parameters
    ----------
    digit : numpy.ndarray
        At most ``(28, 28)``, MNIST's are ``(20, 20)``; ink = 1, and there is some.

    Returns
    -------
    numpy.ndarray
        The digit picture: ``float32``, ``(28, 28)``, in ``[0, 1]``, ink = 1.

    Examples
    --------
    >>> np.argwhere(centred(np.ones((1, 1))))
    array([[14, 14]])
    """
    picture = np.zeros((PICTURE_SIZE, PICTURE_SIZE), np.float32)
    mass = digit.sum()
    (height, width) = digit.shape
    top, left = (
        int(np.clip(np.rint(CENTRE - centre), 0, PICTURE_SIZE - side))
        for centre, side in (
            (digit.sum(axis=1) @ np.arange(height) / mass, height),
            (digit.sum(axis=0) @ np.arange(width) / mass, width),
        )
    )
    picture[top : top + height, left : left + width] = digit.clip(0, 1)
    return picture
