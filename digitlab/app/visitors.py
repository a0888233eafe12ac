"""Who is here: one visitor for each page that was handed out, as long as its kernel lives.

Pure bookkeeping, with a clock from outside; `digitlab.app.visits` ends the kernels of those whom
this module names.
"""

import hmac
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

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


class NoRoomError(Exception):
    """There are as many visitors as there may be, and none of them gives way."""


@dataclass
class Visitor:
    """A page and its kernel."""

    cookie: str
    """Who asked for the page: the same for all pages of one browser."""

    active: float
    """When it last did something, on the clock's scale."""

    connections: int = 0
    """Websockets of this page."""

    called: bool = False
    """Whether its script has."""

    connected_before: bool = False


class Visitors:
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
    >>> len(visitors)
    0
    """

    def __init__(self, limit: int, *, clock: Callable[[], float] = time.monotonic):
        self.limit = limit
        self._clock = clock
        self._coming = 0
        self._here: dict[str, Visitor] = {}

    def __len__(self) -> int:
        """How many there are."""
        return len(self._here)

    def __iter__(self) -> Iterator[str]:
        """Go through the ids of their kernels."""
        return iter(list(self._here))

    def __contains__(self, kernel_id: str) -> bool:
        return kernel_id in self._here

    @property
    def connected(self) -> int:
        """How many have their page connected to the kernel."""
        return sum(visitor.connections > 0 for visitor in self._here.values())

    @property
    def is_full(self) -> bool:
        """Whether there is no room for another, unless somebody gives way."""
        return len(self._here) + self._coming >= self.limit

    def giving_way(self) -> str | None:
        """Return whose kernel to end to make room: of those idle too long, the longest idle."""
        now = self._clock()
        idle = {
            kernel_id: now - visitor.active
            for kernel_id, visitor in self._here.items()
            if now - visitor.active > (YIELD if visitor.connections else YIELD_UNSEEN)
        }
        return max(idle, key=lambda kernel_id: idle[kernel_id], default=None)

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
        self._here[kernel_id] = Visitor(cookie, self._clock())

    def owns(self, kernel_id: str, *, cookie: str) -> bool:
        """Tell whether this kernel was started for whoever has this cookie."""
        visitor = self._here.get(kernel_id)
        return visitor is not None and hmac.compare_digest(visitor.cookie.encode(), cookie.encode())

    def call(self, kernel_id: str) -> None:
        """Note that the page runs scripts, and is still there."""
        if visitor := self._here.get(kernel_id):
            visitor.called = True
            visitor.active = self._clock()

    def connect(self, kernel_id: str) -> None:
        """Note that the page has connected, or one more time."""
        visitor = self._here[kernel_id]
        visitor.connections += 1
        visitor.connected_before = True
        visitor.active = self._clock()

    def disconnect(self, kernel_id: str) -> None:
        """Note that a connection has ended."""
        if visitor := self._here.get(kernel_id):
            visitor.connections -= 1
            visitor.active = self._clock()

    def touch(self, kernel_id: str) -> None:
        """Note that something was done."""
        if visitor := self._here.get(kernel_id):
            visitor.active = self._clock()

    def leave(self, kernel_id: str) -> None:
        """Forget a visitor, if it is known."""
        self._here.pop(kernel_id, None)

    def overdue(self) -> list[str]:
        """Return whose pages were waited for long enough."""
        now = self._clock()

        def patience(visitor: Visitor) -> float:
            if visitor.connected_before:
                return RECONNECT
            return ARRIVE if visitor.called else CALL

        return [
            kernel_id
            for kernel_id, visitor in self._here.items()
            if not visitor.connections and now - visitor.active > patience(visitor)
        ]
