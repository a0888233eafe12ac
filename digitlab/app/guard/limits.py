"""The limits: how long a client may take, how much it may send, and how many there may be."""

from collections.abc import Callable
from typing import Any

from tornado import httpserver, iostream

from digitlab.app import jupyter_internals

HEADER_TIMEOUT = 30
"""Seconds for a request's headers to arrive, and for a connection without a request."""

BODY_TIMEOUT = 20
"""Seconds for a request's body to arrive."""

MAX_FORM = 65_536
"""Largest body, in bytes, of all requests but uploads, which have a limit of their own."""


class RateLimit:
    """How fast somebody may send: in one go as much as the burst, and then no more than the rate.

    Parameters
    ----------
    rate : float
        What is allowed in a second.
    burst : float
        What is allowed at once.

    Examples
    --------
    >>> limit = RateLimit(rate=100, burst=10)
    >>> limit.delay(10, now=0.0)
    0.0
    >>> limit.delay(5, now=0.0)
    0.05
    """

    def __init__(self, *, rate: float, burst: float):
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at = 0.0

    def delay(self, amount: float, *, now: float) -> float:
        """Note that so much was sent, and return the seconds to wait before the next is read."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate) - amount
        self._at = now
        return max(0.0, -self._left / self._rate)


class BoundedServer(httpserver.HTTPServer):
    """Tornado's server with a limit to its connections."""

    def initialize(  # type: ignore[override]  # with two options beside tornado's own
        self, *arguments: Any, most: int, refused: Callable[[], None], **options: Any
    ) -> None:
        """Note the limit."""
        super().initialize(*arguments, **options)
        self._most = most
        self._refused = refused

    def handle_stream(self, stream: iostream.IOStream, address: tuple[Any, ...]) -> None:
        """Serve a connection, or hang up where there are too many."""
        if jupyter_internals.count_connections(self) >= self._most:
            self._refused()
            stream.close()
        else:
            super().handle_stream(stream, address)
