"""The limits: how long a client may take, how much it may send, and how many there may be."""

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from tornado import httpserver, iostream

from digitlab.app import jupyter_internals
from digitlab.app.sharing import gives_way

HEADER_TIMEOUT = 30
"""Seconds for a request's headers to arrive, and for a connection without a request."""

BODY_TIMEOUT = 20
"""Seconds for a request's body to arrive."""

SPARE_CONNECTIONS = 256
"""Connections beside those of the pads: as many uploads as nginx.conf lets come at once fit in."""

LONGEST_UPLOAD = 100_000_000
"""Bytes up to which an upload that is too long is still answered with the reason."""

MAX_FORM = 65_536
"""Largest body, in bytes, of all other requests."""


class BoundedServer(httpserver.HTTPServer):
    """Tornado's server with a limit to its connections.

    At the limit, one on which nothing is being answered makes room for the next, so whoever holds
    many open keeps nobody out.
    """

    def initialize(  # type: ignore[override]  # with two options beside tornado's own
        self, *arguments: Any, most: int, refused: Callable[[], None], **options: Any
    ) -> None:
        """Note the limit."""
        super().initialize(*arguments, **options)
        self._most = most
        self._refused = refused
        self._addresses: WeakKeyDictionary[iostream.IOStream, str] = WeakKeyDictionary()

    def handle_stream(self, stream: iostream.IOStream, address: tuple[Any, ...]) -> None:
        """Serve a connection, in the place of another where there are too many."""
        self._addresses[stream] = str(address[0])
        streams = jupyter_internals.http_streams(self)
        if len(streams) >= self._most:
            self._refused()
            waiting = [each for each in self._addresses if each in streams and each.reading()]
            (gives_way({each: self._addresses[each] for each in waiting}) or stream).close()
        if not stream.closed():
            super().handle_stream(stream, address)
