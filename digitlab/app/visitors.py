"""Who is here: one visitor for each page that was handed out, as long as its kernel lives.

Pure bookkeeping, with a clock from outside; `digitlab.app.visits` ends the kernels of those whom
this module names.
"""

import hmac
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

RECONNECT = 120
"""Seconds that a kernel waits for its page to come back after the line broke, or a laptop slept."""

ARRIVE = 60
"""Seconds that a kernel waits for its page to connect, or to call again: see ``call.js``."""

CALL = 15
"""Seconds that a kernel waits for a page to say that it runs scripts, as most robots do not."""

YIELD = 600
"""Seconds without a stroke after which a visitor gives way to another, if there is no room."""

YIELD_UNSEEN = 10
"""The same for one without a connection: a robot, most likely, that runs no scripts."""


MOST_WEBSOCKETS = 8
"""Connections of one page: where the line breaks again and again, some are still half open."""


class NoRoomError(Exception):
    """There are as many visitors as there may be, and none of them gives way."""


@dataclass
class Visitor:
    """A page and its kernel."""

    cookie: str
    """Who asked for the page: the same for all pages of one browser."""

    active: float
    """When it last did something, on the clock's scale."""

    patience: float
    """Seconds that its kernel waits for it while it is not connected."""

    websockets: set[Any] = field(default_factory=set)
    """The page's connections."""


class Visitors(dict[str, Visitor]):
    """The visitors, by the ids of their kernels.

    Parameters
    ----------
    limit : int
        How many there may be.
    clock : callable, optional
        Tells the time in seconds.

    Examples
    --------
    >>> visitors = Visitors(limit=1)
    >>> with visitors.coming():
    ...     visitors.enter("kernel-1", cookie="secret")
    >>> visitors.owns("kernel-1", cookie="guess")
    False
    >>> visitors.leave("kernel-1")
    set()
    >>> len(visitors)
    0
    """

    def __init__(self, limit: int, *, clock: Callable[[], float] = time.monotonic):
        super().__init__()
        self.limit = limit
        self._clock = clock
        self._coming = 0

    @property
    def connected(self) -> int:
        """How many have their page connected to the kernel."""
        return sum(bool(visitor.websockets) for visitor in self.values())

    @property
    def is_full(self) -> bool:
        """Whether there is no room for another, unless somebody gives way."""
        return len(self) + self._coming >= self.limit

    def giving_way(self) -> str | None:
        """Return whose kernel to end to make room: of those idle too long, the longest idle."""
        now = self._clock()
        idle = {
            kernel_id: now - visitor.active
            for kernel_id, visitor in self.items()
            if now - visitor.active > (YIELD if visitor.websockets else YIELD_UNSEEN)
        }
        return max(idle, key=idle.__getitem__, default=None)

    @contextmanager
    def coming(self) -> Iterator[None]:
        """Keep a place for somebody who enters, or does not, within the block.

        Raises
        ------
        NoRoomError
            If there is none.
        """
        if self.is_full:
            raise NoRoomError
        self._coming += 1
        try:
            yield
        finally:
            self._coming -= 1

    def enter(self, kernel_id: str, *, cookie: str) -> None:
        """Note a new visitor."""
        self[kernel_id] = Visitor(cookie, self._clock(), CALL)

    def owns(self, kernel_id: str, *, cookie: str) -> bool:
        """Tell whether this kernel was started for whoever has this cookie."""
        visitor = self.get(kernel_id)
        return visitor is not None and hmac.compare_digest(visitor.cookie.encode(), cookie.encode())

    def touch(self, kernel_id: str, *, patience: float = 0) -> None:
        """Note that something was done. Patience only grows: see `overdue`."""
        if visitor := self.get(kernel_id):
            visitor.active = self._clock()
            visitor.patience = max(visitor.patience, patience)

    def call(self, kernel_id: str) -> None:
        """Note that the page runs scripts, and is still there."""
        self.touch(kernel_id, patience=ARRIVE)

    def connect(self, kernel_id: str, websocket: object) -> bool:
        """Note that the page has connected, or one more time, and tell whether it may."""
        visitor = self.get(kernel_id)
        if visitor is None or len(visitor.websockets) >= MOST_WEBSOCKETS:
            return False
        visitor.websockets.add(websocket)
        self.touch(kernel_id, patience=RECONNECT)
        return True

    def disconnect(self, kernel_id: str, websocket: object) -> None:
        """Note that a connection has ended."""
        if visitor := self.get(kernel_id):
            visitor.websockets.discard(websocket)
            self.touch(kernel_id)

    def leave(self, kernel_id: str) -> set[Any]:
        """Forget a visitor, if it is known, and return its connections."""
        visitor = self.pop(kernel_id, None)
        return visitor.websockets if visitor else set()

    def overdue(self) -> list[str]:
        """Return whose pages were waited for long enough."""
        now = self._clock()
        return [
            kernel_id
            for kernel_id, visitor in self.items()
            if not visitor.websockets and now - visitor.active > visitor.patience
        ]
