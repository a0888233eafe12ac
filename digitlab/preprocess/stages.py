"""The stages from the pen to the network, one picture each, for people to look at.

The geometry itself is that of `digitlab.preprocess`; here it is only stopped on its way.
"""

import functools
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digitlab.look import PENS_ACROSS
from digitlab.preprocess.geometry import BOX_SIZE, Ink, Picture, centred, cut_out, scaled
from digitlab.preprocess.samples import checked_digit, stored_digits
from digitlab.preprocess.strokes import AnyStrokes, Size, checked_strokes, digit_from_strokes
from digitlab.preprocess.thickness import with_usual_pen

__all__ = ["Stage", "stages_from_ink", "stages_from_strokes", "typical_digit"]

_SIDE = 224  # pixels: the longer side of what is shown before it is made small
_FINE = 3  # pixels drawn for one shown, as Pillow's lines have hard edges
_CENTRED = "28 × 28 pixels, with the ink centred by its weight. This is what the network gets."


@dataclass(frozen=True, eq=False)
class Stage:
    """A picture on its way from the pen to the network.

    Attributes
    ----------
    name : str
        What was done, in a word or two.
    picture : numpy.ndarray
        ``float32``, ``(height, width)``, in ``[0, 1]``, ink = 1, paper = 0.
    caption : str
        The same in a sentence.
    """

    name: str
    picture: Ink = field(repr=False)
    caption: str


def stages_from_strokes(
    strokes: AnyStrokes, *, size: Size, pen_width: float | None = None
) -> list[Stage]:
    """Show how pen strokes become a digit picture.

    Parameters
    ----------
    strokes : sequence of strokes
        ``[[(x, y), …], …]``, x to the right, y down.
    size : (width, height)
        Size of the pad in the same unit.
    pen_width : float, optional
        Thickness of the ink on the screen, in the same unit; a fourteenth of the pad if not given.

    Returns
    -------
    list of Stage
        As drawn, cut out, scaled, centred. The picture of the last is exactly what the network
        gets: `digitlab.preprocess.picture_from_strokes`.

    Raises
    ------
    StrokesError
        If the strokes are not lists of finite points.
    NothingDrawnError
        If there is no point in them.

    Examples
    --------
    >>> stages = stages_from_strokes([[(60, 50), (200, 50), (110, 240)]], size=(280, 280))
    >>> [stage.name for stage in stages]
    ['As drawn', 'Cut out', 'Scaled', 'Centred']
    """
    paths = checked_strokes(strokes)
    digit = digit_from_strokes(paths, size=size)
    ink = _as_drawn(paths, size, min(size) / PENS_ACROSS if pen_width is None else pen_width)
    caption = "The longer side is 20 pixels now, and the line as thick as those in MNIST."
    drawn = Stage("As drawn", ink, "The ink where the pen left it.")
    return [drawn, *_ending(cut_out(ink), digit, caption)]


def stages_from_ink(found: Ink) -> list[Stage]:
    """Show how ink that was found on an image becomes a digit picture.

    Parameters
    ----------
    found : numpy.ndarray
        ``(height, width)``, in ``[0, 1]``, ink = 1.

    Returns
    -------
    list of Stage
        The ink found, with a more usual pen if its own is unusual, cut out, scaled, centred. The
        picture of the last is exactly what the network gets:
        `digitlab.preprocess.picture_from_image`.

    Raises
    ------
    NothingDrawnError
        If there is no ink at all.

    Examples
    --------
    >>> ink = np.zeros((60, 60), np.float32)
    >>> ink[10:50, 28:31] = 1
    >>> [stage.name for stage in stages_from_ink(ink)]
    ['Ink found', 'Cut out', 'Scaled', 'Centred']
    """
    ink = with_usual_pen(found)
    box = cut_out(ink)
    stages = [Stage("Ink found", _shown(found), "What differs from the paper is ink.")]
    if ink is not found:
        caption = "No pen in MNIST is so thin or so thick: the line is drawn anew."
        stages.append(Stage("Usual pen", _shown(ink), caption))
    return stages + _ending(box, scaled(box, BOX_SIZE), "The longer side is 20 pixels now.")


@functools.cache
def typical_digit(digit: int) -> Picture:
    """Return a digit as MNIST's writers wrote it: of ten stored ones, the nearest to their mean.

    Parameters
    ----------
    digit : int
        Which, 0 to 9.

    Returns
    -------
    numpy.ndarray
        A digit picture: ``float32``, ``(28, 28)``, in ``[0, 1]``, ink = 1; read-only.

    Raises
    ------
    ValueError
        If it is not one of 0 to 9.

    Examples
    --------
    >>> typical_digit(7).shape
    (28, 28)
    """
    pictures, labels = stored_digits()
    candidates = pictures[labels == checked_digit(digit)]
    nearest = candidates[np.square(candidates - candidates.mean(axis=0)).sum(axis=(1, 2)).argmin()]
    nearest.flags.writeable = False  # it is shared by all who ask
    return nearest


def _ending(box: Ink, digit: Ink, how_scaled: str) -> list[Stage]:
    """The last three stages, which are the same for all ink."""
    return [
        Stage("Cut out", _shown(box), "Only the box around all ink counts."),
        Stage("Scaled", _on_square(digit), how_scaled),
        Stage("Centred", centred(digit), _CENTRED),
    ]


def _as_drawn(paths: list[NDArray[np.float64]], size: Size, pen_width: float) -> Ink:
    """Draw the strokes where they are on the pad, or around it where they left it."""
    points = np.concatenate([*paths, [(0, 0), size]])
    corner = points.min(axis=0)
    extent = points.max(axis=0) - corner
    scale = _SIDE * _FINE / extent.max()
    width, height = (_FINE * max(1, round(length * scale / _FINE)) for length in extent)
    radius = max(pen_width * scale, _FINE) / 2
    paper = Image.new("L", (width, height))
    pen = ImageDraw.Draw(paper)
    for path in paths:
        line = [tuple(point) for point in (path - corner) * scale]
        pen.line(line, fill=255, width=round(2 * radius))
        for x, y in line:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(paper.reduce(_FINE), np.float32) / 255


def _on_square(digit: Ink) -> Ink:
    """Lay a digit on 20 × 20, so that you see how small a small one is."""
    margins = [((BOX_SIZE - side) // 2, (BOX_SIZE - side + 1) // 2) for side in digit.shape]
    return np.pad(digit.clip(0, 1).astype(np.float32), margins)


def _shown(ink: Ink) -> Ink:
    """Reduce what is larger than anybody needs to see."""
    return (scaled(ink, _SIDE) if max(ink.shape) > _SIDE else ink).clip(0, 1).astype(np.float32)
