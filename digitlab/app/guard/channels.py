"""The way between a page and its kernel: who may use it, for what, and how much.

A page speaks Jupyter's protocol over a websocket. The kernel at the other end runs whatever code
it is asked to run, so nothing passes but what widgets need, and only to the visitor's own kernel.
"""

import asyncio
import itertools
import json
import secrets
import struct
import time
from collections.abc import Awaitable
from http import HTTPStatus

from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.services.kernels.connection.base import serialize_msg_to_ws_v1
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
from tornado import web

COOKIE = "digitlab-visitor"
"""Tells the server that a kernel is asked for by the browser it was started for."""

PROTOCOL = "v1.kernel.websocket.jupyter.org"

MAX_MESSAGE = 11_000_000
"""Largest message that is read, in bytes: a photograph, and what is around it."""

_INWARD = {"comm_close", "comm_info_request", "comm_msg", "comm_open", "kernel_info_request"}
_OUTWARD = {
    "comm_close",
    "comm_info_reply",
    "comm_msg",
    "comm_open",
    "kernel_info_reply",
    "status",
}
_MOST_OFFSETS = 64
_PARTS = ("header", "parent header", "metadata", "content")

# A page opens this one to ask for all widgets; with "jupyter.widget" it could make new ones.
_TARGET = "jupyter.widget.control"

_GOING_AWAY = 1001
_NOT_ALLOWED = 1008


class NotAllowedError(Exception):
    """A message that no page of ours sends; the text says why."""


def read_message(frame: object) -> tuple[list[bytes], dict]:
    """Take a websocket's message apart, and make sure that it may pass.

    Parameters
    ----------
    frame : object
        What tornado received: bytes, or a str where it was sent as text.

    Returns
    -------
    parts : list of bytes
        Header, parent header, metadata, content, and buffers, if any.
    header : dict
        The first of them, parsed.

    Raises
    ------
    NotAllowedError
        If it is damaged, or not for a visitor to send.

    Examples
    --------
    >>> read_message("run this")
    Traceback (most recent call last):
    digitlab.app.guard.channels.NotAllowedError: not a binary message
    """
    if not isinstance(frame, bytes):
        raise NotAllowedError("not a binary message")
    try:
        channel, *parts = _split(frame)
        header, _, _, content = parsed = [json.loads(part) for part in parts[:4]]
    except (ValueError, RecursionError):
        raise NotAllowedError("a damaged message") from None
    for name, part in zip(_PARTS, parsed, strict=True):
        if not isinstance(part, dict):
            raise NotAllowedError(f"a damaged {name}")
    if channel != b"shell":
        raise NotAllowedError(f"a message on the channel {channel[:20]!r}")
    kind = header.get("msg_type")
    if not isinstance(kind, str) or kind not in _INWARD:
        raise NotAllowedError(f"a message of the type {str(kind)[:40]!r}")
    if not isinstance(header.get("msg_id"), str):
        raise NotAllowedError("a message without an id")
    if kind == "comm_open" and content.get("target_name") != _TARGET:
        raise NotAllowedError("the opening of a comm that pages do not open")
    return parts, header


def _split(frame: bytes) -> list[bytes]:
    """Divide a frame: the number of offsets, the offsets, then what they separate.

    Jupyter's own function believes any number, and would count to 2**64 where it is told so.
    """
    n = int.from_bytes(frame[:8], "little")
    if not len(_PARTS) + 2 <= n <= _MOST_OFFSETS or len(frame) < 8 * (n + 1):
        raise ValueError("no such number of parts")
    offsets = struct.unpack_from(f"<{n}Q", frame, 8)
    return [frame[start:stop] for start, stop in itertools.pairwise(offsets)]


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


class _OwnOnly:
    """Lets nobody but the visitor to the kernel that the address names."""

    async def prepare(self) -> None:
        """Refuse whoever has not the cookie that the page was given."""
        cookie = self.get_cookie(COOKIE, "")
        if not self.settings["visitors"].owns(self.path_kwargs["kernel_id"], cookie=cookie):
            self.settings["events"].rejected("stranger")
            self.set_status(HTTPStatus.FORBIDDEN)
            await self.finish({"error": "This kernel is not yours, or it has ended."})
        else:
            await ensure_async(super().prepare())


def visitor_cookie(handler: web.RequestHandler) -> str:
    """Return the cookie of the browser that asks for a page; set it if it has none.

    Parameters
    ----------
    handler : tornado.web.RequestHandler
        The one that answers with a page.

    Returns
    -------
    str
        Its value: nothing about the visitor, only a number that cannot be guessed.
    """
    cookie = handler.get_cookie(COOKIE, "")
    if len(cookie) != 43 or not cookie.isascii():
        cookie = secrets.token_urlsafe(32)
    # Inside a page of another site (--allow-embedding), browsers send only cookies that say
    # SameSite=None, and accept these only over HTTPS.
    secure = handler.request.protocol == "https"
    framed = secure and handler.settings["embedders"]
    handler.set_cookie(
        COOKIE, cookie, httponly=True, secure=secure, samesite="None" if framed else "Lax"
    )
    return cookie


class StateHandler(_OwnOnly, JupyterHandler):
    """What the page asks about its kernel before it connects."""

    def get(self, kernel_id: str) -> None:
        """Answer in Jupyter's words."""
        self.finish(json.dumps(self.kernel_manager.kernel_model(kernel_id)))


class LeaveHandler(_OwnOnly, JupyterHandler):
    """The goodbye of a page that is closed."""

    async def post(self, kernel_id: str) -> None:
        """End the kernel."""
        await self.settings["end_visit"](kernel_id)
        self.set_status(204)


class ChannelsConnection(ZMQChannelsWebsocketConnection):
    """Carries messages between websocket and kernel, and looks only at their headers."""

    def handle_incoming_message(self, incoming_msg: object) -> None:
        """Hand a message on to the kernel.

        Raises
        ------
        NotAllowedError
            If it is not one that widgets send.
        """
        parts, header = read_message(incoming_msg)
        if self.channels:
            if header["msg_type"] == "comm_msg":
                self.websocket_handler.events.asked(header["msg_id"])
            self.session.send_raw(self.channels["shell"], parts)

    def handle_outgoing_message(self, stream: object, outgoing_msg: list[bytes]) -> None:
        """Hand a message on to the page, unless it is none of those that widgets wait for.

        What stays behind are tracebacks, above all: they show how the server is built.
        """
        _, (_, *parts) = self.session.feed_identities(outgoing_msg)
        kind = json.loads(parts[0])["msg_type"]
        if kind not in _OUTWARD:
            return
        if kind == "status":
            if b'"busy"' in parts[3]:
                return  # a third of all messages, and no widget waits for them
            self.websocket_handler.events.answered(json.loads(parts[1]).get("msg_id"))
        self.write_message(serialize_msg_to_ws_v1(parts, stream.channel), binary=True)


class ChannelsHandler(_OwnOnly, KernelWebsocketHandler):
    """The websocket of a page."""

    @property
    def events(self):
        """Who counts what happens."""
        return self.settings["events"]

    @property
    def max_message_size(self) -> int:
        """Largest message that tornado reads."""
        return MAX_MESSAGE

    # Seconds between two pings, and to wait for the answer. Jupyter's own pings, in milliseconds,
    # are not begun: tornado would take their figures for seconds.
    ping_interval = 20.0
    ping_timeout = 20.0

    def get_compression_options(self) -> None:
        """Messages are small: to compress them costs more time than it saves."""

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """Speak the protocol that pages speak."""
        return PROTOCOL if PROTOCOL in subprotocols else None

    async def open(self, kernel_id: str) -> None:
        """Connect to the kernel."""
        self._opened = False
        if self.selected_subprotocol != PROTOCOL:
            return self.close(_NOT_ALLOWED, "unknown protocol")
        self._opened = True
        # Or the system keeps a small message back until the one before is acknowledged: 40 ms.
        self.set_nodelay(True)
        # Far more than a page has to say: one message for each answer, and at each stroke's end.
        self._messages = RateLimit(rate=300, burst=600)
        self._bytes = RateLimit(rate=1_000_000, burst=2 * MAX_MESSAGE)
        self.settings["connect"](kernel_id, self)
        await self.connection.connect()
        return None

    def on_message(self, ws_message: object) -> Awaitable[None] | None:
        """Hand a message on; the next is read when the pace allows."""
        if not self._opened:
            return None
        try:
            self.connection.handle_incoming_message(ws_message)
        except NotAllowedError as error:
            self.events.rejected("message")
            self.close(_NOT_ALLOWED, str(error))
            return None
        self.settings["visitors"].touch(self.kernel_id)
        now = time.monotonic()
        delay = max(self._messages.delay(1, now=now), self._bytes.delay(len(ws_message), now=now))
        if not delay:
            return None
        self.events.rejected("pace")
        return asyncio.sleep(delay)

    def on_close(self) -> None:
        """Note that the page is gone, for good if the browser says so."""
        if self._opened:
            super().on_close()
            self.settings["disconnect"](
                self.kernel_id, self, for_good=self.close_code == _GOING_AWAY
            )

    def end(self) -> None:
        """Tell the page that its kernel has ended, and hang up."""
        if self.connection is not None:
            self.connection._send_status_message("dead")
        self.close(_GOING_AWAY)
