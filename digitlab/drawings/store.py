"""Corrected drawings, kept in one local SQLite file: what a pad learns from the people at it.

A drawing is kept with its strokes, the pad's size, the label that was given, what the network had
read, and the time. No name, no address, nothing personal; and nothing leaves the file but by
`Drawings.export`. Of an image that was uploaded to a pad nothing is stored. Of a sheet of paper
that was photographed (`Drawings.from_photo`) the digits are kept, each as a small image.

Any number of programs may read and write the file at once. Once `Drawings.add` has returned, the
drawing is on the disk, whatever happens to the process; one that is killed while it writes leaves
the file as it was before.
"""

import base64
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from digitlab.classifier import BaseClassifier, Classifier, Prediction
from digitlab.drawings import pen_strokes
from digitlab.drawings.drawing import CorrectedDrawing, Guess, ScaledStrokes, digit_pictures
from digitlab.drawings.report import SheetReport, drawing_from_box
from digitlab.drawings.sqlite import SAID_COLUMNS, STROKES_COLUMNS, DrawingsFile
from digitlab.places import beside, data_path
from digitlab.preprocess import AnyStrokes, ImageSource, Size, plain_strokes

_COLUMNS = STROKES_COLUMNS + SAID_COLUMNS
_INSERT = f"INSERT INTO drawings ({', '.join(_COLUMNS)}) VALUES (:{', :'.join(_COLUMNS)})"
_INSERT += f" ON CONFLICT ({', '.join(STROKES_COLUMNS)}) DO"
_INSERT_OR_KEEP = f"{_INSERT} NOTHING"
_RENEWED = ", ".join(f"{column} = excluded.{column}" for column in SAID_COLUMNS)
_INSERT_OR_RENEW = f"{_INSERT} UPDATE SET {_RENEWED}"
_FIND = "SELECT id FROM drawings WHERE " + " AND ".join(f"{c} = :{c}" for c in STROKES_COLUMNS)
_NO_GUESS = dict.fromkeys(("digit", "confidence", "is_digit"))
_TALLY = beside(__file__, "tally.sql")


class Tally(NamedTuple):
    """How many drawings there are, and how well they were read.

    Attributes
    ----------
    kept : int
        So many drawings.
    read : int
        To so many of them a network had said something.
    right : int
        So many of these it had read right: it had said the digit, or declined what is no digit.
    """

    kept: int = 0
    read: int = 0
    right: int = 0


class Drawings:
    """The corrected drawings in a file.

    Its length is their number; to iterate over it gives each `CorrectedDrawing`, oldest first.

    Parameters
    ----------
    path : path, optional
        The file; when not given, what ``DIGITLAB_DRAWINGS`` names, or ``drawings.sqlite3`` in the
        data folder: see `digitlab.places.data_path`. It is created when something is first added.

    Raises
    ------
    DrawingsError
        By all that reads or writes: if the file cannot be read, written or created, is none of
        digitlab's, or was written by a newer one.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     drawings = Drawings(Path(folder, "drawings.sqlite3"))
    ...     _ = drawings.add([[(60, 50), (200, 50), (110, 240)]], size=(280, 280), label=7)
    ...     pictures, labels = drawings.pictures()
    >>> pictures.shape, labels
    ((1, 28, 28), array([7]))
    """

    def __init__(self, path: str | os.PathLike[str] | None = None):
        path = data_path("drawings.sqlite3", variable="DIGITLAB_DRAWINGS") if path is None else path
        self._file = DrawingsFile(path)

    @property
    def path(self) -> Path:
        """The file they are kept in; it need not exist yet."""
        return self._file.path

    def __repr__(self) -> str:
        """Say where they are."""
        return f"{type(self).__name__}({str(self.path)!r})"

    def __len__(self) -> int:
        """Return how many there are."""
        return self.total().kept

    def __iter__(self) -> Iterator[CorrectedDrawing]:
        """Go through them, oldest first."""
        return map(_drawing, self._file.rows("SELECT * FROM drawings ORDER BY id"))

    def add(
        self,
        strokes: AnyStrokes,
        *,
        size: Size,
        label: int | None,
        prediction: Prediction | Guess | None = None,
    ) -> int:
        """Keep a drawing.

        Parameters
        ----------
        strokes : sequence of strokes
            Each a sequence of points ``(x, y)``, y down.
        size : (width, height)
            The pad's size in the same unit.
        label : int or None
            The digit it really is, 0 to 9; None for what is no digit.
        prediction : Prediction, optional
            What the network said.

        Returns
        -------
        int
            Its id. If just these strokes are kept already, this is theirs: what was said of them
            before is replaced.

        Raises
        ------
        ValueError
            If these are not strokes (`StrokesError`), there are none (`NothingDrawnError`), or
            the label is no digit.
        """
        guess = None if prediction is None else Guess.of(prediction)
        now = datetime.now(UTC)
        row = _row(CorrectedDrawing(plain_strokes(strokes), size, label, guess, now).checked())
        with self._file.writing() as connection:
            connection.execute(_INSERT_OR_RENEW, row)
            # Not RETURNING id, which SQLite knows from 3.35 on: some machines have an older one.
            return int(connection.execute(_FIND, row).fetchone()["id"])

    def from_photo(
        self, photo: ImageSource, *, classifier: BaseClassifier | None = None
    ) -> SheetReport:
        """Keep the digits on the photograph of a sheet that `digitlab sheet` has printed.

        Each gets the label of its row. What the network declines is kept as ``suspect``, so
        `pictures` leaves it out.

        Parameters
        ----------
        photo : path, PIL image, array, bytes or str
            See `digitlab.preprocess.read_image`.
        classifier : BaseClassifier, optional
            Who looks whether these are digits; the shipped one when not given.

        Returns
        -------
        SheetReport
            How many there are, and a picture of them to look at.

        Raises
        ------
        ImageError
            If it is not an image that can be read, or shows too few of the sheet's markers.
        """
        # Here, not above: the pad never comes this way, and OpenCV is the largest import.
        from digitlab.drawings.sheet import boxes_from_photo

        classifier = classifier or Classifier.load()
        found = [drawing_from_box(*box, classifier) for box in boxes_from_photo(photo)]
        self._add_new(drawing.checked() for drawing in found if drawing is not None)
        return SheetReport(found)

    def remove(self, id: int) -> bool:
        """Remove a drawing, such as one that was corrected by a slip.

        Returns
        -------
        bool
            Whether there was one with this id.
        """
        if not self._file.rows("SELECT id FROM drawings WHERE id = :id", {"id": id}):
            return False
        with self._file.writing() as connection:
            return connection.execute("DELETE FROM drawings WHERE id = ?", (id,)).rowcount > 0

    def tally(self) -> dict[int | None, Tally]:
        """Count the drawings of each label that there is, 0 to 9 and then None."""
        return {row.pop("label"): Tally(**row) for row in map(dict, self._file.rows(_TALLY))}

    def total(self) -> Tally:
        """Count all drawings."""
        return Tally(*map(sum, zip(*self.tally().values(), strict=True)))

    def pictures(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the digits among them as pictures, ready for a network.

        Returns
        -------
        pictures, labels : numpy.ndarray
            As `digit_pictures` returns them, which says what is left out.
        """
        return digit_pictures(self)

    def export(self, path: str | os.PathLike[str]) -> int:
        """Write all drawings to a file in the format of `digitlab.drawings.pen_strokes`.

        Parameters
        ----------
        path : path
            The file, replaced if there is one; packed by gzip if its name ends in ``.gz``.

        Returns
        -------
        int
            How many were written.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        return pen_strokes.write(path, self)

    def load(self, path: str | os.PathLike[str]) -> int:
        """Add all drawings from a file in the format of `digitlab.drawings.pen_strokes`, or none.

        Those that are kept already, which is to say the very same strokes, stay as they are: to
        load a file twice adds nothing.

        Parameters
        ----------
        path : path
            The file; packed by gzip if its name ends in ``.gz``.

        Returns
        -------
        int
            How many were new.

        Raises
        ------
        StrokesError
            If a line is not a drawing; the message says which line, and what is wrong with it.
        OSError
            If the file cannot be read.
        """
        return self._add_new(pen_strokes.read(path))

    def _add_new(self, drawings: Iterable[CorrectedDrawing]) -> int:
        """Add drawings that are checked, but for those that are kept already; count the others."""
        rows = [_row(drawing) for drawing in drawings]
        if not rows:
            return 0
        with self._file.writing() as connection:
            before = connection.total_changes
            connection.executemany(_INSERT_OR_KEEP, rows)
            return connection.total_changes - before


def _row(drawing: CorrectedDrawing) -> dict[str, Any]:
    """What each column holds, and what is no column and passed over."""
    scaled = drawing.scaled
    # An image takes the place of the strokes: text instead of lists.
    shape = base64.b64encode(drawing.image).decode() if drawing.image else scaled.paths
    strokes = json.dumps(shape, separators=(",", ":")), *scaled.corner, scaled.extent, *drawing.size
    return {
        **vars(drawing),
        **(vars(drawing.prediction) if drawing.prediction else _NO_GUESS),
        "time": drawing.time and drawing.time.isoformat(),
        **dict(zip(STROKES_COLUMNS, strokes, strict=True)),
    }


def _drawing(row: sqlite3.Row) -> CorrectedDrawing:
    """Turn a row of the table into a drawing."""
    text, x, y, extent, width, height = (row[column] for column in STROKES_COLUMNS)
    is_image = isinstance(shape := json.loads(text), str)
    guess = Guess(row["digit"], row["confidence"], bool(row["is_digit"]))
    return CorrectedDrawing(
        strokes=[] if is_image else ScaledStrokes(shape, (x, y), extent).strokes(),
        image=base64.b64decode(shape) if is_image else None,
        size=(width, height),
        prediction=None if row["digit"] is None else guess,
        time=row["time"] and datetime.fromisoformat(row["time"]),
        suspect=bool(row["suspect"]),
        **{name: row[name] for name in ("label", "source", "writer", "id")},
    )
