"""The SQLite file of corrected drawings: whose it is, one transaction at a time, and its errors."""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from digitlab.errors import DrawingsError
from digitlab.places import beside

SCHEMA_VERSION = 2
"""Of the file; a newer digitlab may write newer ones. The first knew no images."""

_APPLICATION_ID = int.from_bytes(b"dgtl")  # what makes an SQLite file ours

STROKES_COLUMNS = ("strokes", "x", "y", "extent", "width", "height")
"""By these a drawing is known, so that each has one label, however often it comes."""

SAID_COLUMNS = ("label", "digit", "confidence", "is_digit", "time", "source", "writer", "suspect")
"""What was said of it, by a person and by a network."""

_SCHEMA = beside(__file__, "schema.sql")
_MESSAGES = beside(__file__, "messages.toml")


class DrawingsFile:
    """A file with a table of drawings.

    Any number of programs may use it at once, and any of them may be killed: what was written to
    the end stays, what was not is undone by the next who comes.

    Parameters
    ----------
    path : path
        It is created by the first `writing`.

    Examples
    --------
    >>> DrawingsFile("no such file").rows("SELECT * FROM drawings")
    []
    """

    PATIENCE = 10.0
    """How long to wait for other programs that write, in seconds."""

    def __init__(self, path: str | os.PathLike[str]):
        self.path = Path(path).absolute()

    def rows(self, query: str, values: Mapping[str, Any] | None = None) -> list[sqlite3.Row]:
        """Return what a query finds, by the names of its columns; nothing if there is no file yet.

        Raises
        ------
        DrawingsError
            If the file cannot be read or is none of ours.
        """
        with self._complaining("read"):
            if not self.path.exists():
                return []
            # Not mode=ro: to undo what a killed process began takes the right to write. Where that
            # right is missing, SQLite reads all the same.
            with self._connected("rw") as connection:
                connection.execute("BEGIN")  # so that all that follows sees one state of the file
                if not self._is_begun(connection):
                    return []
                return connection.execute(query, values or {}).fetchall()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: done at the end of the block, undone if an exception leaves it.

        Raises
        ------
        DrawingsError
            If the file cannot be created or written, or is none of ours.
        """
        with self._complaining("written"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._connected("rwc") as connection:
                connection.execute("BEGIN IMMEDIATE")
                if not self._is_begun(connection):
                    connection.execute(_SCHEMA)
                    connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
                yield connection
                connection.execute("COMMIT")

    def _connected(self, mode: str) -> closing[sqlite3.Connection]:
        """Open the file for a moment: no connection outlives a call, so threads may share this."""
        # SQLite's usual journal, not its write-ahead log, which leaves further files beside this
        # one and does not work on a home folder that comes over a network.
        connection = sqlite3.connect(
            f"{self.path.as_uri()}?mode={mode}",
            uri=True,
            timeout=self.PATIENCE,
            isolation_level=None,  # transactions are begun and ended here, by name
        )
        connection.row_factory = sqlite3.Row
        return closing(connection)

    def _is_begun(self, connection: sqlite3.Connection) -> bool:
        """Whether there is a table yet; a file that is none of ours is an error."""
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None:
            return False
        if application != _APPLICATION_ID:
            raise DrawingsError(_MESSAGES["another"].format(path=self.path))
        if version > SCHEMA_VERSION:
            known = {"version": version, "known": SCHEMA_VERSION}
            raise DrawingsError(_MESSAGES["newer"].format(path=self.path, **known))
        return True

    @contextmanager
    def _complaining(self, what: str) -> Iterator[None]:
        """Turn SQLite's errors into ours."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            name = getattr(error, "sqlite_errorname", "SQLITE_CANTOPEN")
            # The first two words: the rest is detail.
            advice = _MESSAGES["advice"].get("_".join(name.split("_")[:2]), "")
            reason = getattr(error, "strerror", None) or error  # without the path a second time
            raise DrawingsError(
                f"The drawings in {self.path} cannot be {what}: {reason}. {advice}".rstrip()
            ) from error
