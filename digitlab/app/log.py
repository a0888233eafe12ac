"""The log: a line for whatever happens, never more, and not more of them than anybody can read."""

import logging
import re
import time
import traceback
from collections import defaultdict
from contextvars import ContextVar
from pathlib import Path
from typing import TextIO

from digitlab.app.sharing import RateLimit

LOG = logging.getLogger("digitlab.app")

RATE, BURST = 1, 20
"""Lines of one kind, by the place in the code that writes them: in a second, and at once."""

LONGEST = 300
"""Characters of a line."""

ADDRESS: ContextVar[str] = ContextVar("address", default="")
"""Where the request comes from that is being answered."""


class _OneLine(logging.Formatter):
    """Says in a line what happened; of an exception, what it says and where it was raised."""

    def __init__(self, *, addresses: bool, times: bool):
        super().__init__("%(asctime)s %(message)s" if times else None)
        self._addresses = addresses

    def formatException(self, ei: object) -> str:  # noqa: N802 (logging calls it so)
        """Return nothing: it is part of the line already."""
        return ""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """Return the line."""
        first = next(iter(record.message.splitlines()), "")
        # Tornado names the address of whoever has asked, in brackets behind the request.
        words = [re.sub(r" \([\da-fA-F.:]+\)", "", first)]
        if record.exc_info and record.exc_info[1]:
            error = record.exc_info[1]
            places = traceback.extract_tb(error.__traceback__)[-1:]
            where = [f"{Path(place.filename).name}, line {place.lineno}" for place in places]
            words.append(f"({'; '.join([f'{type(error).__name__}: {error}', *where])})")
        if self._addresses and ADDRESS.get():
            words.append(f"from {ADDRESS.get()}")
        record.message = " ".join(" ".join(words).split())[:LONGEST]
        return super().formatMessage(record) + getattr(record, "left_out", "")


class _Bounded(logging.Filter):
    """Lets so many lines of each kind pass, and the next one say how many were left out."""

    def __init__(self) -> None:
        super().__init__()
        self._limits: defaultdict[tuple[str, int], RateLimit] = defaultdict(
            lambda: RateLimit(rate=RATE, burst=BURST)
        )
        self._left_out: defaultdict[tuple[str, int], int] = defaultdict(int)

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether there is room for another."""
        kind, now = (record.pathname, record.lineno), time.monotonic()
        if self._limits[kind].delay(0, now=now) > 0:
            self._left_out[kind] += 1
            return False
        self._limits[kind].delay(1, now=now)
        if n := self._left_out.pop(kind, 0):
            record.left_out = f" (and {n} more like it)"
        return True


def write_log(to: TextIO, *, events: bool = False, addresses: bool = False) -> None:
    """Write what happens, from now on and in this process.

    Parameters
    ----------
    to : file
        Where to.
    events : bool
        Whether to tell, with the time, of each visit and of whatever is refused.
    addresses : bool
        Whether to say where what is told of came from.
    """
    handler = logging.StreamHandler(to)
    handler.setFormatter(_OneLine(addresses=addresses, times=events))
    handler.addFilter(_Bounded())
    logging.getLogger().handlers[:] = [handler]
    if events:
        LOG.setLevel(logging.INFO)
