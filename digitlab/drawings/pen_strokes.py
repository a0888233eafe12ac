"""The pen-strokes format, in which corrected drawings are handed on: one JSON object a line.

- ``label``: 0 to 9, or null for what is no digit;
- ``source``, ``writer``: which collection, and which person in it; of what is drawn on a pad
  nobody asks, so there they are ``"digitlab"`` and ``"unknown"``;
- ``suspect``: true where the label is probably wrong, left out elsewhere;
- ``strokes``: a list of strokes, each ``[x0, y0, x1, y1, …]``, integers, x to the right, y
  **down**, the larger side of the whole drawing scaled to 1000;
- ``image``: in place of ``strokes``, what was written on paper: a grey PNG file, dark on white, as
  base64.

Here the format of others ends. Three further keys, which may be missing, hold what digitlab needs
to show a drawing just as it was:

- ``pad``: its ``size``, ``[width, height]``, and on it, in the same unit, the ``corner``,
  ``[left, top]``, and the ``extent``, or larger side, of the drawing;
- ``prediction``: the ``digit`` that the network had said, its ``confidence``, and ``is_digit``,
  false where it had asked "Not a digit?";
- ``time``: when it was corrected, in ISO 8601.

Any other key is passed over, in the parts too.
"""

import base64
import gzip
import json
import os
import zlib
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from digitlab.drawings.drawing import GRID, CorrectedDrawing, Guess, ScaledStrokes, unexpected
from digitlab.errors import StrokesError
from digitlab.places import replace_file
from digitlab.preprocess import BOX_SIZE, PICTURE_SIZE, Size, content_from_base64

_PAD = '{"size": [width, height], "corner": [left, top], "extent": larger side}'
_PREDICTION = '{"digit": 7, "confidence": 0.98, "is_digit": true}'
_IMAGE = "a PNG file as base64"
_TIME = 'such as "2025-03-14T15:09:26+00:00"'
_LARGEST = 10 * GRID  # beyond, it is certainly not scaled


def write(path: str | os.PathLike[str], drawings: Iterable[CorrectedDrawing]) -> int:
    """Write drawings to a file.

    Parameters
    ----------
    path : path
        Replaced if it is there; packed by gzip if its name ends in ``.gz``.
    drawings : iterable of CorrectedDrawing
        As `CorrectedDrawing.checked` returns them.

    Returns
    -------
    int
        How many they were.

    Raises
    ------
    OSError
        If the file cannot be written; what was there then stays.
    """
    lines = [f"{to_line(drawing)}\n" for drawing in drawings]
    content = "".join(lines).encode()
    # With no time in it, so that the same drawings make the same file.
    content = gzip.compress(content, mtime=0) if Path(path).suffix == ".gz" else content
    replace_file(Path(path), content)
    return len(lines)


def read(path: str | os.PathLike[str]) -> list[CorrectedDrawing]:
    """Read all drawings of a file; empty lines are passed over.

    Parameters
    ----------
    path : path
        Packed by gzip if its name ends in ``.gz``.

    Returns
    -------
    list of CorrectedDrawing
        Checked.

    Raises
    ------
    StrokesError
        If a line is not a drawing; the message says which line, and what is wrong with it.
    OSError
        If the file cannot be read.
    """
    content = Path(path).read_bytes()
    try:
        content = gzip.decompress(content) if Path(path).suffix == ".gz" else content
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise StrokesError(f"{path} is not a whole gzip file: {error}") from error
    drawings = []
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            if line.strip():
                drawings.append(from_line(line))
        except ValueError as error:
            raise StrokesError(f"{path}, line {number}: {error}") from error
    return drawings


def to_line(drawing: CorrectedDrawing) -> str:
    """Write a drawing as one line.

    Parameters
    ----------
    drawing : CorrectedDrawing
        As `CorrectedDrawing.checked` returns it.

    Returns
    -------
    str
        The line, without its end.

    Examples
    --------
    >>> to_line(CorrectedDrawing([[(60.0, 50.0), (60.0, 240.0)]], (280, 280), 1))[:74]
    '{"label":1,"source":"digitlab","writer":"unknown","strokes":[[0,0,0,1000]]'
    """
    content = {key: getattr(drawing, key) for key in ("label", "source", "writer")}
    if drawing.suspect:
        content["suspect"] = True
    if drawing.image is None:
        scaled = drawing.scaled
        content["strokes"] = scaled.paths
        content["pad"] = {"size": drawing.size, "corner": scaled.corner, "extent": scaled.extent}
    else:
        content["image"] = base64.b64encode(drawing.image).decode()
    if drawing.prediction is not None:
        content["prediction"] = vars(drawing.prediction)
    if drawing.time is not None:
        content["time"] = drawing.time.isoformat()
    return json.dumps(content, separators=(",", ":"))


def from_line(line: str | bytes) -> CorrectedDrawing:
    """Read a drawing from a line.

    Parameters
    ----------
    line : str or bytes
        If it does not tell the pad, the drawing is put into the middle of one that it fills as
        MNIST's digits fill their pictures: 20 in 28.

    Returns
    -------
    CorrectedDrawing
        Checked.

    Raises
    ------
    ValueError
        If it is not such a line; the message says what was found and what was expected.

    Examples
    --------
    >>> drawing = from_line('{"label": 1, "strokes": [[0, 0, 0, 1000]]}')
    >>> drawing.label, drawing.strokes, drawing.size
    (1, [[(700.0, 200.0), (700.0, 1200.0)]], (1400.0, 1400.0))
    """
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):  # of brackets within brackets there is no end
        content = None
    if not isinstance(content, dict):
        raise StrokesError('This is not a JSON object like {"label": 7, "strokes": [[…]], …}.')
    image = content.get("image")
    for key in ("label",) if image else ("label", "strokes"):
        if key not in content:
            raise StrokesError(f'"{key}" is missing.')
    paths = [] if image else _paths(content["strokes"])
    size, corner, extent = _part(content, "pad", _pad, _PAD) or _pad_around(paths)
    return CorrectedDrawing(
        strokes=ScaledStrokes(paths, corner, extent).strokes(),
        image=_part(content, "image", content_from_base64, _IMAGE),
        size=size,
        label=content["label"],
        prediction=_part(content, "prediction", _guess, _PREDICTION),
        time=_part(content, "time", datetime.fromisoformat, _TIME),
        **{key: content[key] for key in ("source", "writer", "suspect") if key in content},
    ).checked()


def _paths(strokes: Any) -> list[list[int]]:
    """Check that strokes are in the file's own form."""
    if not isinstance(strokes, list):
        raise unexpected('"strokes"', strokes, "a list of strokes", StrokesError)
    for number, path in enumerate(strokes, start=1):
        # type(), because True is an int too
        whole = isinstance(path, list) and {*map(type, path)} == {int}
        if not whole or len(path) % 2 or max(map(abs, path)) > _LARGEST:
            expected = f"integers up to {_LARGEST}, [x0, y0, x1, y1, …], the larger side {GRID}"
            raise unexpected(f"Stroke {number}", path, expected, StrokesError)
    return strokes


def _part(content: dict[str, Any], key: str, read: Callable[[Any], Any], expected: str) -> Any:
    """Read what a key holds, if it is there."""
    if (value := content.get(key)) is None:
        return None
    try:
        return read(value)
    except (AttributeError, TypeError, KeyError, ValueError, OverflowError):
        raise unexpected(f'"{key}"', value, expected, StrokesError) from None


def _pad(content: Any) -> tuple[Size, tuple[float, float], float]:
    """The pad's size, and the corner and the extent of the drawing on it."""
    left, top, extent = map(float, (*content["corner"], content["extent"]))
    return content["size"], (left, top), extent


def _pad_around(paths: list[list[int]]) -> tuple[Size, tuple[float, float], float]:
    """The same for a drawing in the middle of a pad that it fills as MNIST's fill theirs."""
    side = GRID * PICTURE_SIZE / BOX_SIZE
    points = np.concatenate(paths or [[0, 0]]).reshape(-1, 2)
    left, top = ((side - points.min(axis=0) - points.max(axis=0)) / 2).tolist()
    return (side, side), (left, top), GRID


def _guess(content: Any) -> Guess:
    return Guess(content["digit"], content["confidence"], content["is_digit"])
