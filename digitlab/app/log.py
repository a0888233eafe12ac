"""The log: a line for whatever happens, never more, and not more of them than anybody can read."""

import logging
import re
import time
import traceback
from collections import Counter, defaultdict
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TextIO

from digitlab.app.sharing import RateLimit

LOG = logging.getLogger("digitlab.app")

RATE, BURST = 1, 20
"""Lines of one kind, by the place in the code that writes them: in a second, and at once."""

LONGEST = 300
"""Characters of a line."""

ADDRESS: ContextVar[str] = ContextVar("address", default="")
"""Where the request comes from that is being answered."""


class _Lines(logging.StreamHandler[TextIO]):
    """Writes a line for whatever happens, and no more of one kind than anybody can read."""

    def __init__(self, to: TextIO, *, addresses: bool, times: bool):
        super().__init__(to)
        self._addresses = addresses
        self._times = times
        self._limits = defaultdict[Any, RateLimit](lambda: RateLimit(rate=RATE, burst=BURST))
        self._left_out = Counter[Any]()

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether there is room for another; the next line says how many were left out."""
        kind, now = (record.pathname, record.lineno), time.monotonic()
        if self._limits[kind].delay(0, now=now) > 0:
            self._left_out[kind] += 1
            return False
        self._limits[kind].delay(1, now=now)
        record.left_out = self._left_out.pop(kind, 0)
        return True

    def format(self, record: logging.LogRecord) -> str:
        """Say what happened; of an exception, what it says and where it was raised."""
        first = next(iter(record.getMessage().splitlines()), "")
        # Tornado names the address of whoever has asked, in brackets behind the request.
        words = [re.sub(r" \([\da-fA-F.:]+\)", "", first)]
        if record.exc_info and (error := record.exc_info[1]):
            places = traceback.extract_tb(error.__traceback__)[-1:]
            where = [f"{Path(place.filename).name}, line {place.lineno}" for place in places]
            words.append(f"({'; '.join([f'{type(error).__name__}: {error}', *where])})")
        if self._addresses and ADDRESS.get():
            words.append(f"from {ADDRESS.get()}")
        line = " ".join(" ".join(words).split())[:LONGEST]
        if left_out := getattr(record, "left_out", 0):
            line += f" (and {left_out} more like it)"
        return f"{logging.Formatter().formatTime(record)} {line}" if self._times else line


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
    logging.getLogger().handlers[:] = [_Lines(to, addresses=addresses, times=events)]
    if events:
        LOG.setLevel(logging.INFO)
