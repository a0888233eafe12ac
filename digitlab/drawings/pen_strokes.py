"""The pen-strokes format, in which corrected drawings are handed on: one JSON object a line.

- ``label``: 0 to 9, or null for what is no digit;
- ``source``, ``writer``: which collection, and which person in it; of what is drawn on a pad
  nobody asks, so there they are ``"digitlab"`` and ``"unknown"``;
- ``suspect``: true where the label is probably wrong, left out elsewhere;
- ``strokes``: a list of strokes, each ``[x0, y0, x1, y1, …]``, integers, x to the right, y
  **down**, the larger side of the whole drawing scaled to 1000.

Here the format of others ends. Three further keys, which may be missing, hold what digitlab needs
to show a drawing just as it was:

- ``pad``: its ``size``, ``[width, height]``, and on it, in the same unit, the ``corner``,
  ``[left, top]``, and the ``extent``, or larger side, of the drawing;
- ``prediction``: the ``digit`` that the network had said, its ``confidence``, and ``is_digit``,
  false where it had asked "Not a digit?";
- ``time``: when it was corrected, in ISO 8601.

Any other key is passed over.
"""

import gzip
import json
import os
import zlib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from digitlab.drawings.drawing import GRID, CorrectedDrawing, Guess, ScaledStrokes
from digitlab.errors import StrokesError
from digitlab.preprocess import BOX_SIZE, PICTURE_SIZE

_LARGEST = 10 * GRID  # beyond, it is certainly not scaled


def write(path: str | os.PathLike, drawings: Iterable[CorrectedDrawing]) -> int:
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
        If the file cannot be written.
    """
    lines = [f"{to_line(drawing)}\n" for drawing in drawings]
    content = "".join(lines).encode()
    if _is_packed(path):
        content = gzip.compress(content, mtime=0)  # the same drawings make the same file
    Path(path).write_bytes(content)
    return len(lines)


def read(path: str | os.PathLike) -> list[CorrectedDrawing]:
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
        content = gzip.decompress(content) if _is_packed(path) else content
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
    scaled = drawing.scaled
    content: dict[str, Any] = {"label": drawing.label, "source": drawing.source}
    content["writer"] = drawing.writer
    if drawing.suspect:
        content["suspect"] = True
    content["strokes"] = scaled.paths
    content["pad"] = {"size": drawing.size, "corner": scaled.corner, "extent": scaled.extent}
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
    for key in ("label", "strokes"):
        if key not in content:
            raise StrokesError(f'"{key}" is missing.')
    paths = _paths(content["strokes"])
    pad = content.get("pad")
    scaled, size = _in_the_middle(paths) if pad is None else _on_its_pad(paths, pad)
    return CorrectedDrawing(
        strokes=scaled.strokes(),
        size=size,
        label=content["label"],
        prediction=_guess(content.get("prediction")),
        time=_time(content.get("time")),
        **{key: content[key] for key in ("source", "writer", "suspect") if key in content},
    ).checked()


def _is_packed(path: str | os.PathLike) -> bool:
    return Path(path).suffix == ".gz"


def _paths(strokes: Any) -> list[list[int]]:
    if not isinstance(strokes, list):
        raise StrokesError(f'"strokes" is {strokes!r:.80}: expected a list of strokes.')
    for number, path in enumerate(strokes, start=1):
        # type(), because True is an int too
        whole = isinstance(path, list) and all(type(value) is int for value in path)
        if not whole or not path or len(path) % 2:
            raise StrokesError(
                f"Stroke {number} is {path!r:.80}: expected integers, [x0, y0, x1, y1, …]."
            )
        if max(map(abs, path)) > _LARGEST:
            raise StrokesError(
                f"Stroke {number} reaches beyond {_LARGEST}: expected the larger side of the "
                f"drawing to be scaled to {GRID}."
            )
    return strokes


def _in_the_middle(paths: list[list[int]]) -> tuple[ScaledStrokes, tuple[float, float]]:
    side = GRID * PICTURE_SIZE / BOX_SIZE
    corner = []
    for first in (0, 1):
        values = [value for path in paths for value in path[first::2]] or [0]
        corner.append((side - min(values) - max(values)) / 2)
    return ScaledStrokes(paths, tuple(corner), GRID), (side, side)


def _on_its_pad(paths: list[list[int]], pad: Any) -> tuple[ScaledStrokes, tuple[float, float]]:
    try:
        size = pad["size"]
        left, top, extent = map(float, (*pad["corner"], pad["extent"]))
    except (TypeError, KeyError, ValueError, OverflowError):
        raise StrokesError(
            f'"pad" is {pad!r:.80}: expected '
            '{"size": [width, height], "corner": [left, top], "extent": larger side}.'
        ) from None
    return ScaledStrokes(paths, (left, top), extent), size


def _guess(content: Any) -> Guess | None:
    try:
        return None if content is None else Guess(**content)
    except TypeError:
        raise ValueError(
            f'"prediction" is {content!r:.80}: expected '
            '{"digit": 7, "confidence": 0.98, "is_digit": true}.'
        ) from None


def _time(text: Any) -> datetime | None:
    try:
        return None if text is None else datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError(
            f'"time" is {text!r:.80}: expected such as "2025-03-14T15:09:26+00:00".'
        ) from None
